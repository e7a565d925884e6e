"""8 and 4 bit weights: what is lost, how they are packed, and the layer that computes with them."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from models.visualglm.config import VisualGLMConfig
from models.visualglm.network.model import VisualGLM, empty_model
from models.visualglm.network.quantisation import (
    BITS,
    QUANTIZED,
    QuantisedLinear,
    dequantise_weight,
    pack,
    quantise_weight,
    unpack,
    use_quantised_layers,
)

WEIGHT = torch.randn(24, 32, generator=torch.Generator().manual_seed(9)).half()


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_no_weight_is_off_by_more_than_half_a_step(bits: int, dtype: torch.dtype) -> None:
    weight = WEIGHT.to(dtype)
    integers, scale = quantise_weight(weight, bits)
    assert integers.dtype == torch.int8 and scale.dtype == torch.float16
    assert integers.shape == (24, 32 * bits // 8) and scale.shape == (24,)
    error = (dequantise_weight(integers, scale, bits).float() - weight.float()).abs()
    # Half a step, and what half, with its 11 bits, cannot say of quotient and product.
    bound = scale.float()[:, None] / 2 + weight.float().abs() / 2**9
    assert bool((error <= bound).all())


@pytest.mark.parametrize("bits", BITS)
def test_rows_of_zeros_and_of_almost_nothing(bits: int) -> None:
    weight = torch.zeros(2, 4)
    weight[1] = torch.tensor([1e-9, -1e-9, 0.0, 1e-9])
    integers, scale = quantise_weight(weight, bits)
    found = dequantise_weight(integers, scale, bits)
    assert not found.isnan().any() and float(found.abs().max()) < 1e-3


def test_packing_goes_both_ways() -> None:
    numbers = torch.arange(-8, 8, dtype=torch.int8)
    pairs = torch.cartesian_prod(numbers, numbers)  # all there are
    packed = pack(pairs)
    assert packed.shape == (256, 1) and len(set(packed.flatten().tolist())) == 256
    assert torch.equal(unpack(packed), pairs)
    assert pack(torch.tensor([[1, -2]], dtype=torch.int8)).item() == 0x1E  # even column above
    with pytest.raises(ValueError, match="even"):
        pack(torch.zeros(2, 3, dtype=torch.int8))


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_the_layer_computes_with_what_the_integers_stand_for(bits: int, dtype: torch.dtype) -> None:
    layer = QuantisedLinear(32, 24, bits)
    layer.weight, layer.weight_scale = quantise_weight(WEIGHT, bits)
    layer.bias.data = torch.randn(24).to(dtype)
    x = torch.randn(3, 5, 32).to(dtype)
    dense = dequantise_weight(layer.weight, layer.weight_scale, bits).to(dtype)
    with torch.inference_mode():
        assert torch.equal(layer(x), F.linear(x, dense, layer.bias))


def test_a_cast_leaves_integers_and_their_count_alone() -> None:
    layer = QuantisedLinear(32, 24, 4).to(torch.bfloat16)
    assert layer.weight.dtype == torch.int8 and layer.bias.dtype == torch.bfloat16


def test_only_the_language_layers_are_replaced(small_config: VisualGLMConfig) -> None:
    model: VisualGLM = empty_model(small_config)
    with torch.device("meta"):
        use_quantised_layers(model, 8)
    found = [name for name, module in model.named_modules() if isinstance(module, QuantisedLinear)]
    layers = range(small_config.num_layers)
    assert found == [f"transformer.layers.{n}.{name}" for n in layers for name in QUANTIZED]


@pytest.mark.parametrize("bits", [0, 2, 16])
def test_other_bits_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="8 or 4"):
        quantise_weight(WEIGHT, bits)

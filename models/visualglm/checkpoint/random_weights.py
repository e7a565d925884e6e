"""A network with random numbers: for tests, and for memory and speed where no weights are at hand.

It says nothing sensible, and costs exactly what the real one costs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.visualglm.config import VisualGLMConfig
from models.visualglm.network.model import VisualGLM, empty_model
from models.visualglm.network.quantisation import QuantisedLinear, use_quantised_layers


def random_model(
    config: VisualGLMConfig,
    seed: int,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
    bits: int = 0,
) -> VisualGLM:
    """A VisualGLM of this shape on the device; `bits` 8 or 4 quantises the language layers.

    Made tensor by tensor where it will stay: no second copy exists at any time.
    """
    model = empty_model(config)
    if bits:
        with torch.device("meta"):
            use_quantised_layers(model, bits)
    generator = torch.Generator(device).manual_seed(seed)
    for module in model.modules():
        for name, tensor in list(module.named_parameters(recurse=False)):
            value = torch.empty(tensor.shape, dtype=dtype, device=device)
            _fill(value, isinstance(module, nn.LayerNorm) and name == "weight", generator)
            setattr(module, name, nn.Parameter(value, requires_grad=False))
        if isinstance(module, QuantisedLinear):
            _fill_quantised(module, generator, device)
    return model


def _fill(value: Tensor, gain: bool, generator: torch.Generator) -> None:
    """Numbers that keep activations near 1 whatever the width, so that half does not overflow."""
    if gain:
        value.normal_(1.0, 0.1, generator=generator)
    elif value.ndim == 1:
        value.normal_(0.0, 0.1, generator=generator)
    else:
        value.normal_(0.0, value[0].numel() ** -0.5, generator=generator)


def _fill_quantised(
    module: QuantisedLinear, generator: torch.Generator, device: torch.device | str
) -> None:
    weight = torch.empty(module.weight.shape, dtype=torch.int8, device=device)
    module.weight = weight.random_(-127, 128, generator=generator)
    top, columns = (127, weight.shape[1]) if module.bits == 8 else (7, 2 * weight.shape[1])
    scale = torch.empty(module.weight_scale.shape, dtype=torch.float16, device=device)
    module.weight_scale = scale.fill_(2 * float(columns) ** -0.5 / top)

"""Weight-only 8 and 4 bit, in the official arithmetic: symmetric, one scale per output channel.

    scale = half(max|row| / (2^(bits − 1) − 1))     q = round(w / scale)     w ≈ half(q) · scale

Only the four Linear layers of each GLM layer are quantised; embeddings and the eye stay as they
are. Two 4-bit numbers share a byte, the even column in the high nibble.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.visualglm.network.language import GLM

QUANTIZED = (
    "attention.query_key_value", "attention.dense", "mlp.dense_h_to_4h", "mlp.dense_4h_to_h",
)  # fmt: skip
BITS = (8, 4)


def quantise_weight(weight: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """A weight [N, K] as integers and scales: int8 [N, K] (8 bit) or [N, K / 2], half [N].

    Computed in the weight's own type. A row of zeros stays one.
    """
    _check(bits)
    top = 2 ** (bits - 1) - 1
    scale = (weight.abs().amax(dim=-1) / top).half()  # [N]
    # The clamp acts on rows so small that half cannot hold their scale.
    integers = (weight / scale[:, None]).round().nan_to_num(0.0).clamp(-top - 1, top)
    packed = integers.to(torch.int8)  # [N, K]
    return (pack(packed) if bits == 4 else packed), scale


def dequantise_weight(weight: Tensor, scale: Tensor, bits: int) -> Tensor:
    """The weight that the integers stand for: half [N, K]."""
    _check(bits)
    integers = unpack(weight) if bits == 4 else weight
    return integers.half() * scale[:, None]


def pack(integers: Tensor) -> Tensor:
    """int8 [N, K] of 4-bit numbers, K even → int8 [N, K / 2]."""
    if integers.shape[-1] % 2:
        raise ValueError("4-bit weights need an even number of columns")
    return (integers[:, 0::2] << 4) | (integers[:, 1::2] & 0x0F)


def unpack(packed: Tensor) -> Tensor:
    """int8 [N, K / 2] → int8 [N, K], signs restored."""
    high, low = packed >> 4, (packed << 4) >> 4  # arithmetic shifts carry the sign
    return torch.stack((high, low), dim=-1).flatten(-2)


class QuantisedLinear(nn.Module):
    """A Linear layer over 8- or 4-bit weights; the plain path, right on every device.

    Each call unpacks the whole matrix. The integers are buffers: no optimiser or cast of the
    module's type touches them.
    """

    weight: Tensor
    weight_scale: Tensor

    def __init__(self, in_features: int, out_features: int, bits: int) -> None:
        super().__init__()
        _check(bits)
        self.bits = bits
        stored = in_features if bits == 8 else in_features // 2
        self.register_buffer("weight", torch.zeros(out_features, stored, dtype=torch.int8))
        self.register_buffer("weight_scale", torch.zeros(out_features, dtype=torch.float16))
        self.bias = nn.Parameter(torch.zeros(out_features))

    def forward(self, x: Tensor) -> Tensor:
        """[..., in] → [..., out], in x's type."""
        weight = dequantise_weight(self.weight, self.weight_scale, self.bits)
        return F.linear(x, weight.to(x.dtype), self.bias)


def use_quantised_layers(model: nn.Module, bits: int) -> None:
    """Put empty quantised layers in the place of the language model's Linear layers.

    Under `torch.device("meta")` they are as empty as the rest.
    """
    for module in model.modules():
        if isinstance(module, GLM):
            for layer in module.layers:
                for name in QUANTIZED:
                    owner = layer.get_submodule(name.rpartition(".")[0])
                    old = layer.get_submodule(name)
                    if isinstance(old, nn.Linear):
                        new = QuantisedLinear(old.in_features, old.out_features, bits)
                        setattr(owner, name.rpartition(".")[2], new)


def _check(bits: int) -> None:
    if bits not in BITS:
        raise ValueError(f"weights can be quantised to 8 or 4 bit, not {bits}")

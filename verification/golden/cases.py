"""What stands before a computation of the language model: ids, a picture, a variant of the weights.

Arrays are called CASE.FIELD or CASE_VARIANT.FIELD; what CASE and VARIANT say is read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.visualglm.config import VisualGLMConfig
from models.visualglm.network.language import GLM, Attention, Block
from models.visualglm.network.rotary import rotary_tables
from verification.golden.checkpoints import FP32, HALF_COMPUTED, HALF_STORED, Checkpoints, Network
from verification.golden.report import CLOSE, HALF, Tolerance
from verification.golden.vectors import Vectors

_VARIANT = re.compile(r"(.+?)_(fp16w_fp32c|fp16w_fp16c|fp16c|literal_alpha(\d+))")


@dataclass(frozen=True)
class Variant:
    """Other weights or another arithmetic for a case; `alpha` None: the configuration's.

    `rounded_tables`: the rotary tables went through half with the weights. An official network
    that runs in float32, becomes half and then float32 again keeps its first tables, rounded.
    """

    kind: str = FP32
    alpha: float | None = None
    rounded_tables: bool = False

    @property
    def tolerance(self) -> Tolerance:
        return HALF if self.kind == HALF_COMPUTED else CLOSE


def split_variant(name: str) -> tuple[str, Variant]:
    """`text_gmask_fp16w_fp32c` → `text_gmask` and what the rest means."""
    match = _VARIANT.fullmatch(name)
    if match is None:
        return name, Variant()
    if match[3]:
        return match[1], Variant(alpha=float(match[3]) ** 0.5)
    return match[1], Variant(HALF_STORED if match[2] == HALF_STORED else HALF_COMPUTED)


@dataclass(frozen=True)
class Prompt:
    """Rows of ids without their padding, `width` ids with it, and what is spliced in.

    `pixels` [B, 3, size, size] take `image_length` places from `start` on.
    """

    rows: list[list[int]]
    width: int
    pixels: Tensor | None = None
    start: int = 0

    @property
    def padded(self) -> bool:
        return any(len(row) < self.width for row in self.rows)


@dataclass(frozen=True)
class Folder:
    """What all arrays of a file share: the file, its checkpoints, the pictures that the eye saw."""

    vectors: Vectors
    checkpoints: Checkpoints
    stem: str
    seen: Tensor | None

    @property
    def config(self) -> VisualGLMConfig:
        return self.checkpoints.config(self.stem)

    def prompt(self, case: str, ids: Tensor, attention: Tensor | None = None) -> Prompt:
        """The ids [B, S] of a case; without an attention mask, leading padding is padding."""
        if attention is None:
            attention = (ids != self.config.pad_token_id).long().cummax(dim=1).values
        rows = [row[real == 1].tolist() for row, real in zip(ids, attention, strict=True)]
        if "image" not in case:
            return Prompt(rows, ids.shape[1])
        return Prompt(rows, ids.shape[1], self._pixels(case, len(ids)), self._start(case, ids))

    def _pixels(self, case: str, count: int) -> Tensor:
        for name in (f"{case}.pixel_values", "image.pixel_values"):
            if name in self.vectors:
                return self.vectors[name][:count]
        if self.seen is None:
            raise LookupError("no pixel_values for the picture in the prompt")
        return self.seen[:count]

    def _start(self, case: str, ids: Tensor) -> int:
        """Where the picture goes: as an array says, else where there are zeros enough for it."""
        own = self.vectors.get(f"{case}.pre_image_length")
        if own is not None:
            return int(own)
        length = self.config.image_length
        usual = self.vectors.get("image.pre_image_length")
        if usual is not None and not ids[:, int(usual) : int(usual) + length].any():
            return int(usual)
        for start in range(ids.shape[1] - length + 1):
            if not ids[:, start : start + length].any():
                return start
        raise LookupError("neither pre_image_length nor zeros in the ids say where the picture is")

    def runs(self, variant: Variant, padded: bool) -> Iterator[tuple[str, Network]]:
        """Each network of the variant with each attention that can do it, one after the other.

        The fused kernel cannot do padding: a query that sees no key has no answer there.
        """
        for network in self.checkpoints.networks(self.stem, variant.kind):
            for fused in (False,) if padded else (False, True):
                set_attention(network.model, fused=fused)
                set_alpha(network.model, variant.alpha or network.config.alpha)
                if variant.rounded_tables:
                    set_rotary_tables(network.model, _rounded_tables(network))
                way = f"{network.name}, {'fused' if fused else 'official'} attention"
                try:
                    yield way, network
                finally:
                    set_rotary_tables(network.model, None)
                    set_alpha(network.model, network.config.alpha)
                    set_attention(network.model, fused=True)


def _rounded_tables(network: Network) -> tuple[Tensor, Tensor]:
    config = network.config
    cos, sin = rotary_tables(config.max_sequence_length, config.head_dim // 2, torch.float32)
    return cos.half().to(network.dtype), sin.half().to(network.dtype)


def image_embeds(network: Network, prompt: Prompt) -> Tensor | None:
    """The prompt's pictures as embeddings [B, image_length, hidden]."""
    if prompt.pixels is None:
        return None
    with torch.inference_mode():
        embeds: Tensor = network.model.image_encoder(prompt.pixels.to(network.dtype))
    return embeds


def set_rotary_tables(model: nn.Module, tables: tuple[Tensor, Tensor] | None) -> None:
    """Replace cos and sin, [length, D / 2] each, in the model's type; None: made when needed."""
    for module in model.modules():
        if isinstance(module, GLM):
            module.rotary = tables


def set_attention(model: nn.Module, *, fused: bool) -> None:
    """Choose torch's fused kernel or the official steps in every layer of the language model."""
    for module in model.modules():
        if isinstance(module, Attention):
            module.fused = fused


def set_alpha(model: nn.Module, alpha: float) -> None:
    """Replace the residual's scale: the official class has √56 whatever the depth."""
    for module in model.modules():
        if isinstance(module, Block):
            module.alpha = alpha

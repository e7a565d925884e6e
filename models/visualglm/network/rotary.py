"""Rotary position embedding (Su et al., 2021, arXiv:2104.09864), with ChatGLM-6B's peculiarities.

A head of width D is cut into halves: the first turns by position stream 0, the second by stream
1. Inside each half rotation is NeoX style (element i turns with element i + D/4).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

BASE = 10_000.0


def inverse_frequencies(width: int) -> Tensor:
    """float16 [width / 2]: the official table is rounded to half whatever the model's type."""
    exponents = torch.arange(0, width, 2, dtype=torch.float32) / width
    return (1.0 / BASE**exponents).half()


def rotary_tables(length: int, width: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """cos and sin of each position below `length`, in `dtype`: [length, width] each.

    In float16 the angles too are computed in half, as the official model does; they are off by up
    to 0.5 at position 1,000, and the weights were trained with that. Else they are float32.
    """
    work = torch.float16 if dtype == torch.float16 else torch.float32
    positions = torch.arange(length, dtype=work)
    angles = positions[:, None] * inverse_frequencies(width).to(work)  # [length, width / 2]
    angles = torch.cat((angles, angles), dim=-1)  # [length, width]
    return angles.cos().to(dtype), angles.sin().to(dtype)


@dataclass(frozen=True)
class Rotation:
    """cos and sin for the tokens at hand, one pair per stream: each [B, 1, S, D / 2]."""

    cos: tuple[Tensor, Tensor]
    sin: tuple[Tensor, Tensor]

    @classmethod
    def of(cls, tables: tuple[Tensor, Tensor], positions: Tensor) -> Rotation:
        """Look up the two streams of `positions` [B, 2, S]."""
        first, second = positions[:, None, 0], positions[:, None, 1]  # [B, 1, S]
        cos, sin = tables
        return cls((cos[first], cos[second]), (sin[first], sin[second]))

    def turn(self, x: Tensor) -> Tensor:
        """Rotate queries or keys [B, H, S, D]."""
        halves = x.chunk(2, dim=-1)  # 2 × [B, H, S, D / 2]
        turned = [
            half * cos + _quarter_turn(half) * sin
            for half, cos, sin in zip(halves, self.cos, self.sin, strict=True)
        ]
        return torch.cat(turned, dim=-1)


def _quarter_turn(x: Tensor) -> Tensor:
    """(a, b) → (−b, a) over the two halves of the last axis."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat((-b, a), dim=-1)

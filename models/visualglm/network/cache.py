"""The KV cache: keys and values of every token so far, in one tensor each for all slots.

    keys, values   [layers, slots, H, length, D]

A slot belongs to one request. It is allocated once at its full length, so that no step allocates
memory and shapes stay the same from step to step. Keys are stored after rotation.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.visualglm.config import VisualGLMConfig


class KVCache:
    """Room for `slots` sequences of up to `length` tokens each."""

    def __init__(
        self,
        config: VisualGLMConfig,
        slots: int,
        length: int,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
    ) -> None:
        shape = (config.num_layers, slots, config.num_attention_heads, length, config.head_dim)
        self.keys = torch.zeros(shape, dtype=dtype, device=device)
        self.values = torch.zeros(shape, dtype=dtype, device=device)

    @property
    def slots(self) -> int:
        return self.keys.shape[1]

    @property
    def length(self) -> int:
        return self.keys.shape[3]

    def prompt(self, slot: int, width: int, count: int = 1) -> PromptWindow:
        """For the prefill of slots `slot` … `slot + count - 1` with `width` tokens each."""
        return PromptWindow(self, slot, count, width)

    def step(self, lengths: Tensor, width: int) -> StepWindow:
        """For one more token in each of the first `len(lengths)` slots.

        `lengths` int64 [B]: tokens in each slot so far, so the index of the new one. `width`: how
        much of the slots the step has to look at, more than the longest of them.
        """
        return StepWindow(self, lengths, width)


@dataclass(frozen=True)
class PromptWindow:
    """Takes in the keys and values of whole prompts; a prompt sees nothing but itself."""

    cache: KVCache
    slot: int
    count: int
    width: int

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Store k and v [count, H, width, D] and return what to attend to: themselves."""
        rows = slice(self.slot, self.slot + self.count)
        self.cache.keys[layer, rows, :, : self.width] = k
        self.cache.values[layer, rows, :, : self.width] = v
        return k, v


@dataclass(frozen=True)
class StepWindow:
    """Takes in one token per slot, each at its own index."""

    cache: KVCache
    lengths: Tensor
    width: int

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Store k and v [B, H, 1, D] and return views of all so far, [B, H, width, D] each."""
        rows = torch.arange(len(self.lengths), device=k.device)
        keys, values = self.cache.keys[layer], self.cache.values[layer]
        keys[rows, :, self.lengths] = k[:, :, 0]
        values[rows, :, self.lengths] = v[:, :, 0]
        count = len(self.lengths)
        return keys[:count, :, : self.width], values[:count, :, : self.width]


Window = PromptWindow | StepWindow

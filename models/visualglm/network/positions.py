"""Where a token stands and what it may look at: prefix-LM mask and two position streams.

GLM reads its prompt as a whole and writes as a causal model does. A prompt ends with `[gMASK]
<sop>`; everything before `<sop>` is the context.

    ids        x0  x1  x2  [gMASK]  <sop>  y1  y2
    stream 0    0   1   2     3       3     3   3    where in the context: the answer fills the mask
    stream 1    0   0   0     0       1     2   3    how far into the answer

Each token of the context sees the whole context; `<sop>` and what follows see the context and
what stands before them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from models.visualglm.config import VisualGLMConfig


def context_length(ids: Sequence[int], config: VisualGLMConfig) -> int:
    """The number of tokens before `<sop>`; ValueError without one."""
    try:
        return list(ids).index(config.bos_token_id)
    except ValueError as error:
        raise ValueError("a prompt must hold <sop>, the beginning of the answer") from error


def mask_position(ids: Sequence[int], config: VisualGLMConfig) -> int:
    """The index of the first [gMASK], else of the first [MASK]; ValueError without either."""
    ids = list(ids)
    for mask in (config.gmask_token_id, config.mask_token_id):
        if mask in ids:
            return ids.index(mask)
    raise ValueError("a prompt must hold [gMASK] or [MASK], the place of the answer")


def position_ids(ids: Sequence[int], config: VisualGLMConfig) -> Tensor:
    """Both position streams of one sequence without padding: int64 [2, S]."""
    context, mask = context_length(ids, config), mask_position(ids, config)
    first, second = torch.arange(len(ids)), torch.zeros(len(ids), dtype=torch.int64)
    first[context:] = mask
    second[context:] = torch.arange(1, len(ids) - context + 1)
    return torch.stack((first, second))


def visibility(ids: Sequence[int], config: VisualGLMConfig) -> Tensor:
    """Which keys (last axis) each query may look at: bool [S, S], True where it may."""
    visible = torch.ones(len(ids), len(ids), dtype=torch.bool).tril()
    visible[:, : context_length(ids, config)] = True
    return visible


def left_pad(parts: Sequence[Tensor], width: int) -> Tensor:
    """Stack [..., S] tensors of different S, zeros (False) to the left: [B, ..., width]."""
    rows = [torch.nn.functional.pad(part, (width - part.shape[-1], 0)) for part in parts]
    return torch.stack(rows)


def padded_batch(
    prompts: Sequence[Sequence[int]], config: VisualGLMConfig
) -> tuple[Tensor, Tensor, Tensor]:
    """A batch padded on the left: ids [B, S], positions [B, 2, S], visibility [B, 1, S, S].

    Positions count from a prompt's own first token. Padding sees nothing and is seen by nobody.
    """
    width = max(map(len, prompts))
    ids = torch.full((len(prompts), width), config.pad_token_id)
    visible = torch.zeros(len(prompts), 1, width, width, dtype=torch.bool)
    for row, prompt in enumerate(prompts):
        start = width - len(prompt)
        ids[row, start:] = torch.tensor(list(prompt))
        visible[row, 0, start:, start:] = visibility(prompt, config)
    positions = left_pad([position_ids(prompt, config) for prompt in prompts], width)
    return ids, positions, visible

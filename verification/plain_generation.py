"""The plain generation loop: one batch from prompt to end, in a few lines that can be checked.

The engine does the same for requests that come and go; tests hold it to this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypedDict

import torch
from torch import Tensor
from typing_extensions import Unpack

from models.visualglm.engine.sampling import GREEDY, SamplingParams, draw, process
from models.visualglm.network.cache import KVCache
from models.visualglm.network.model import VisualGLM
from models.visualglm.network.positions import padded_batch


@dataclass(frozen=True)
class Step:
    """What one step gave: `tokens` int64 [B], the model's `logits` and the `scores` that the
    tokens were drawn from, [B, V] each."""

    tokens: Tensor
    logits: Tensor
    scores: Tensor


class Options(TypedDict, total=False):
    """What else a generation may have.

    `images` [B, image_length, hidden] take the places from `image_start` on (no padding then);
    `eos` defaults to the config's. `cached` False reads everything anew at each step. `forced`
    int64 [B, max_new_tokens] replaces what was drawn (teacher forcing).
    """

    images: Tensor | None
    image_start: int
    eos: int | None
    generator: torch.Generator | None
    cached: bool
    forced: Tensor | None


@torch.inference_mode()
def generate(
    model: VisualGLM,
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    params: SamplingParams = GREEDY,
    **options: Unpack[Options],
) -> Iterator[Step]:
    """Yield a Step per new token until every row has ended, or `max_new_tokens` are written.

    A row that has ended continues with padding.
    """
    images, image_start = options.get("images"), options.get("image_start", 0)
    generator, forced = options.get("generator"), options.get("forced")
    eos = options.get("eos")
    config = model.config
    eos = config.eos_token_id if eos is None else eos
    device = model.transformer.word_embeddings.weight.device
    ids, positions, visible = (x.to(device) for x in padded_batch(prompts, config))
    ended = torch.zeros(len(prompts), dtype=torch.bool, device=device)
    dtype = model.transformer.word_embeddings.weight.dtype
    width = ids.shape[1]
    cache = (
        KVCache(config, len(prompts), width + max_new_tokens, dtype, device)
        if options.get("cached", True)
        else None
    )
    x = model.embed(ids, images, image_start)
    window = cache.prompt(0, width, len(prompts)) if cache else None
    logits = model.next_logits(x, positions, visible, window)
    for number in range(max_new_tokens):
        scores = process(logits.float(), ids, params, eos)
        tokens = draw(scores, params, generator)
        if forced is not None:
            tokens = forced[:, number]
        tokens = tokens.masked_fill(ended, config.pad_token_id)
        yield Step(tokens, logits, scores)
        ended |= tokens == eos
        if bool(ended.all()) or number == max_new_tokens - 1:
            return
        ids = torch.cat((ids, tokens[:, None]), dim=1)
        positions, visible = _append(positions, visible)
        if cache:
            lengths = torch.full((len(prompts),), ids.shape[1] - 1, device=device)
            x, last = model.embed(ids[:, -1:]), cache.step(lengths, ids.shape[1])
            logits = model.next_logits(x, positions[:, :, -1:], visible[:, :, -1:], last)
        else:
            x = model.embed(ids, images, image_start)
            logits = model.next_logits(x, positions, visible)


def _append(positions: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
    """One more token: it stays at the mask in stream 0, goes on in stream 1, and sees all that
    the one before it saw, and itself."""
    last = positions[:, :, -1:].clone()
    last[:, 1] += 1
    visible = torch.nn.functional.pad(visible, (0, 1, 0, 1))  # [B, 1, S + 1, S + 1]
    visible[:, :, -1, :-1] = visible[:, :, -2, :-1]
    visible[:, :, -1, -1] = True
    return torch.cat((positions, last), dim=2), visible

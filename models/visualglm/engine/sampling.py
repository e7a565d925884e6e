"""How the next token is drawn from scores [B, V]: the official processors, in the official order.

repetition penalty → minimum length → invalid scores → temperature → top-k → top-p → draw

Each step is a function of its own and returns new scores; −inf means never.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

NEVER = float("-inf")
FALLBACK_ID = 5  # `▁`: what the official filter writes when the scores are broken
FALLBACK_SCORE = 5e4


@dataclass(frozen=True)
class SamplingParams:
    """`temperature` 0 is greedy; `top_k` 0 and `top_p` 1 keep every token. Greedy ignores both."""

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    min_length: int = 0  # tokens of prompt and answer before <eop> may come


GREEDY = SamplingParams()


def penalize_repetition(scores: Tensor, history: Tensor, penalty: float) -> Tensor:
    """Make every token of `history` int64 [B, S] less likely (Keskar et al., 2019)."""
    seen = scores.gather(1, history)
    seen = torch.where(seen < 0, seen * penalty, seen / penalty)
    return scores.scatter(1, history, seen)


def forbid_early_end(scores: Tensor, length: int, min_length: int, eos: int) -> Tensor:
    """No <eop> while the sequence has fewer than `min_length` tokens."""
    if length >= min_length:
        return scores
    scores = scores.clone()
    scores[:, eos] = NEVER
    return scores


def replace_invalid(scores: Tensor) -> Tensor:
    """A row with a NaN becomes one that writes `▁`, so that drawing from it does not fail.

    The official filter then throws away all rows of the batch; infinities pass in both.
    """
    broken = scores.isnan().any(dim=-1, keepdim=True)  # [B, 1]
    fallback = torch.zeros_like(scores)
    fallback[:, FALLBACK_ID] = FALLBACK_SCORE
    return torch.where(broken, fallback, scores)


def keep_top_k(scores: Tensor, k: int) -> Tensor:
    """Only the k best tokens, and what ties with the last of them."""
    k = min(k, scores.shape[-1])
    least = scores.topk(k).values[:, -1:]
    return scores.masked_fill(scores < least, NEVER)


def keep_top_p(scores: Tensor, p: float) -> Tensor:
    """Only the likeliest tokens that together reach the probability p (nucleus sampling)."""
    ordered, order = scores.sort(descending=False)
    unlikely = ordered.softmax(dim=-1).cumsum(dim=-1) <= 1 - p
    return scores.masked_fill(unlikely.scatter(1, order, unlikely), NEVER)


def process(scores: Tensor, history: Tensor, params: SamplingParams, eos: int) -> Tensor:
    """All steps up to the draw; `history` int64 [B, S] is prompt and answer so far."""
    if params.repetition_penalty != 1.0:
        scores = penalize_repetition(scores, history, params.repetition_penalty)
    scores = forbid_early_end(scores, history.shape[1], params.min_length, eos)
    scores = replace_invalid(scores)
    if params.temperature > 0:
        scores = scores / params.temperature
        if params.top_k > 0:
            scores = keep_top_k(scores, params.top_k)
        if params.top_p < 1.0:
            scores = keep_top_p(scores, params.top_p)
    return scores


def draw(scores: Tensor, params: SamplingParams, generator: torch.Generator | None) -> Tensor:
    """One token per row of processed scores: int64 [B]."""
    if params.temperature == 0:
        return scores.argmax(dim=-1)
    probabilities = scores.softmax(dim=-1)
    return torch.multinomial(probabilities, 1, generator=generator)[:, 0]

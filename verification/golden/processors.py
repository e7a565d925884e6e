"""sampling.npz: each step from logits to what is drawn from, alone and in a row."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from models.visualglm.engine.sampling import (
    forbid_early_end,
    keep_top_k,
    keep_top_p,
    penalize_repetition,
    replace_invalid,
)
from verification.golden.vectors import Vectors

_NUMBER = r"(\d*\.?\d+)"
_STEP = rf"(top_p|top_k|temperature|repetition)_{_NUMBER}"
_CHAIN_STEP = rf"(rep|temp|topk|topp){_NUMBER}"
_LONG = {"rep": "repetition", "temp": "temperature", "topk": "top_k", "topp": "top_p"}


def check_processors(vectors: Vectors) -> None:
    """`STEP_VALUE` acts on `scores`, `NAME_STEP_VALUE` on the array NAME."""
    vectors.given("scores", "history")
    for match in vectors.matching(rf"(?:(.+?)_)?{_STEP}"):
        with vectors.guard([match[0]]):
            before = match[1] or "scores"
            scores = vectors[before]
            vectors.given(before)
            vectors.check(match[0], _apply(match[2], match[3], scores, vectors.get("history")))
    for match in vectors.matching(r"min_length_(\d+)_eos(\d+)"):
        with vectors.guard([match[0]]):
            length = vectors["history"].shape[1]
            ours = forbid_early_end(vectors["scores"], length, int(match[1]), int(match[2]))
            vectors.check(match[0], ours)
    for match in vectors.matching(r"(invalid_.+?)_out(?:_visualglm)?"):
        with vectors.guard([match[0]]):
            vectors.given(f"{match[1]}_in")
            vectors.check(match[0], replace_invalid_officially(vectors[f"{match[1]}_in"]))
    for match in vectors.matching(rf"chain(?:_{_CHAIN_STEP})+"):
        with vectors.guard([match[0]]):
            scores = vectors["scores"]
            for step, value in re.findall(_CHAIN_STEP, match[0]):
                scores = _apply(_LONG[step], value, scores, vectors.get("history"))
            vectors.check(match[0], scores)


def _apply(step: str, value: str, scores: Tensor, history: Tensor | None) -> Tensor:
    if step == "top_p":
        return keep_top_p(scores, float(value))
    if step == "top_k":
        return keep_top_k(scores, int(value))
    if step == "temperature":
        return scores / float(value)
    if history is None:
        raise LookupError("a repetition penalty needs the array `history`")
    return penalize_repetition(scores, history, float(value))


def replace_invalid_officially(scores: Tensor) -> Tensor:
    """As the official filter: one NaN anywhere throws away the rows of the whole batch."""
    broken = scores.isnan().any()
    return replace_invalid(torch.full_like(scores, torch.nan)) if broken else scores

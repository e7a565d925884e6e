"""Draws the next token from logits; greedy at temperature 0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sampling:
    """`top_k` 0 and `top_p` 1 leave everything; `repetition_penalty` divides the logits of tokens
    that occurred (multiplies negative ones); `seed` None draws anew each time."""

    temperature: float = 0.0
    top_k: int = 40
    top_p: float = 0.95
    repetition_penalty: float = 1.0
    seed: int | None = None

    @property
    def greedy(self) -> bool:
        return self.temperature <= 0


GREEDY = Sampling()


def penalised(
    logits: NDArray[np.float32], occurred: Iterable[int], penalty: float
) -> NDArray[np.float32]:
    """A copy in which the tokens that occurred are less likely."""
    changed = logits.copy()
    seen = np.fromiter(set(occurred), np.int64)
    values = changed[seen]
    changed[seen] = np.where(values > 0, values / penalty, values * penalty)
    return changed


def draw(
    logits: NDArray[np.float32],
    allowed: NDArray[np.uint32] | None,
    sampling: Sampling,
    generator: np.random.Generator,
) -> int:
    """A token at a temperature above 0, of those whose bit is set in `allowed`."""
    scores = logits.astype(np.float64) / sampling.temperature
    if allowed is not None:
        bits = np.unpackbits(allowed.view(np.uint8), bitorder="little")[: len(scores)]
        scores[bits == 0] = -np.inf
    order = np.argsort(-scores, kind="stable")
    if sampling.top_k:
        order = order[: sampling.top_k]
    kept = scores[order]
    weights = np.exp(kept - kept[0])
    weights /= weights.sum()
    # The fewest tokens that reach top_p together; at least one.
    count = int(np.searchsorted(np.cumsum(weights), sampling.top_p)) + 1
    weights = weights[:count] / weights[:count].sum()
    return int(order[:count][generator.choice(len(weights), p=weights)])

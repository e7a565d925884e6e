"""How sure a figure is: the same figure on rows drawn again and again from the same rows.

Efron and Tibshirani, An Introduction to the Bootstrap (1993): percentile intervals. Noreen,
Computer-Intensive Methods for Testing Hypotheses (1989): whether two systems differ, by exchanging
their answers row by row. The only place that knows numpy. Shapes: R rows, M metrics, B draws.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evaluation.scoring.metrics import Counts

Array = npt.NDArray[np.float64]
Rows = Sequence[Sequence[Counts]]  # counts of one stratum: [R][M]
LEVEL = 95  # per cent


@dataclass(frozen=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """B minus A; `p` is two-sided: how often answers exchanged by chance lie as far apart."""

    value: float
    interval: Interval
    p: float


def intervals(strata: Sequence[Rows], draws: int, seed: int, name: str) -> list[list[Interval]]:
    """Per metric the intervals of precision, recall and F1, as means over the strata.

    One stratum gives the micro average. `name` keeps a group's draws its own, so that another
    group beside it does not change them.
    """
    drawn = _draw(strata, draws, seed, name)  # [B, M, 3]
    return [[_interval(drawn[:, m, k]) for k in range(3)] for m in range(drawn.shape[1])]


def differences(
    strata: Sequence[tuple[Rows, Rows]], draws: int, seed: int, name: str
) -> list[Difference]:
    """Per metric the difference in F1 of two systems on the same rows, which are drawn in pairs."""
    joint = [[[*a, *b] for a, b in zip(first, second, strict=True)] for first, second in strata]
    drawn = _draw(joint, draws, seed, name)[:, :, 2]  # [B, 2M]
    found = _scores([_counts(rows).sum(axis=0) for rows in joint])[:, 2]  # [2M]
    metrics = len(found) // 2
    apart = drawn[:, metrics:] - drawn[:, :metrics]  # [B, M]
    gained = found[metrics:] - found[:metrics]  # [M]
    exchanged = _exchanged(strata, draws, seed, name)  # [B, M]
    return [
        Difference(float(gained[m]), _interval(apart[:, m]), _p_value(gained[m], exchanged[:, m]))
        for m in range(metrics)
    ]


def _counts(rows: Rows) -> Array:
    return np.asarray(rows, dtype=np.float64)  # [R, M, 3]


def _draw(strata: Sequence[Rows], draws: int, seed: int, name: str) -> Array:
    """Scores of every draw, [B, M, 3]; rows are drawn within their stratum."""
    random = np.random.default_rng([seed, zlib.crc32(name.encode())])
    sums = []
    for rows in strata:
        counts = _counts(rows)
        size, metrics, _ = counts.shape
        often = random.multinomial(size, np.full(size, 1 / size), size=draws)  # [B, R]
        total = often @ counts.reshape(size, -1)  # [B, 3M]
        sums.append(total.reshape(draws, metrics, 3))
    return _scores(sums)


def _exchanged(strata: Sequence[tuple[Rows, Rows]], draws: int, seed: int, name: str) -> Array:
    """The difference in F1 of every draw, [B, M], where each row's two answers may change sides."""
    random = np.random.default_rng([seed, zlib.crc32(name.encode()), 1])
    firsts, seconds = [], []
    for one, other in strata:
        a, b = _counts(one), _counts(other)
        size, metrics, _ = a.shape
        flips = random.integers(0, 2, (draws, size)).astype(np.float64)  # [B, R]
        moved = (flips @ (b - a).reshape(size, -1)).reshape(draws, metrics, 3)
        firsts.append(a.sum(axis=0) + moved)
        seconds.append(b.sum(axis=0) - moved)
    apart: Array = _scores(seconds)[:, :, 2] - _scores(firsts)[:, :, 2]
    return apart


def _scores(sums: Sequence[Array]) -> Array:
    """Precision, recall and F1 of each stratum's sums, [..., M, 3], averaged over the strata."""
    scores = []
    for total in sums:
        right, predicted, gold = np.moveaxis(total, -1, 0)
        precision = right / np.maximum(predicted, 1)  # nothing predicted: nothing right either
        recall = right / np.maximum(gold, 1)
        both = precision + recall
        f1 = 2 * precision * recall / np.where(both > 0, both, 1)
        scores.append(np.stack([precision, recall, f1], axis=-1))
    return np.asarray(np.mean(scores, axis=0), dtype=np.float64)


def _interval(values: Array) -> Interval:
    tail = (100 - LEVEL) / 2
    low, high = np.percentile(values, [tail, 100 - tail])
    return Interval(float(low), float(high))


def _p_value(gained: float, exchanged: Array) -> float:
    """Never 0: that many draws cannot say more than one in that many."""
    as_far = int((np.abs(exchanged) >= abs(gained) - 1e-12).sum())
    return (as_far + 1) / (len(exchanged) + 1)

"""Two runs on the rows that both have: the difference of every figure, and what chance could do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evaluation.gold.grouping import by_source
from evaluation.report.report import Report, RowReport, add, mean
from evaluation.scoring.bootstrap import Difference, differences
from evaluation.scoring.metrics import METRICS, TASKS, score
from knowledge.items import PromptType
from knowledge.text.spans import Lang

DRAWS = 5000

Pair = tuple[RowReport, RowReport]


@dataclass(frozen=True)
class Compared:
    """One metric of one task and language: F1 of both runs, and B minus A."""

    task: PromptType
    lang: Lang
    mean: bool
    rows: int
    metric: str
    first: float
    second: float
    difference: Difference


@dataclass(frozen=True)
class Comparison:
    """`apart`: rows that one run lacks, or that the two were judged by different gold."""

    common: int
    apart: int
    compared: tuple[Compared, ...]


def compare(first: Report, second: Report, seed: int) -> Comparison:
    """Compare B (`second`) with A (`first`); the same reports and seed give the same figures."""
    others = {(row.id, row.gold_mark): row for row in second.rows}
    pairs = [
        (row, others[row.id, row.gold_mark])
        for row in first.rows
        if (row.id, row.gold_mark) in others
    ]
    apart = len(first.rows) + len(second.rows) - 2 * len(pairs)
    return Comparison(len(pairs), apart, tuple(_compare(pairs, seed)))


def _compare(pairs: Sequence[Pair], seed: int) -> Iterator[Compared]:
    for task in TASKS:
        for lang in sorted({a.lang for a, _ in pairs if a.task == task}):
            rows = [pair for pair in pairs if pair[0].task == task and pair[0].lang == lang]
            yield from _group([rows], task, lang, seed)
            sources = list(by_source(rows, lambda pair: pair[0].source).values())
            if len(sources) > 1:
                yield from _group(sources, task, lang, seed)


def _group(
    strata: Sequence[Sequence[Pair]], task: PromptType, lang: Lang, seed: int
) -> Iterator[Compared]:
    metrics = METRICS[task]
    counts = [
        (
            [[a.counts[metric] for metric in metrics] for a, _ in rows],
            [[b.counts[metric] for metric in metrics] for _, b in rows],
        )
        for rows in strata
    ]
    name = f"{task} {lang} {len(strata)}"
    apart = differences(counts, DRAWS, seed, name)
    for m, metric in enumerate(metrics):
        first, second = (
            mean(score(add(row[m] for row in both[side])) for both in counts) for side in (0, 1)
        )
        yield Compared(
            task=task,
            lang=lang,
            mean=len(strata) > 1,
            rows=sum(map(len, strata)),
            metric=metric,
            first=first.f1,
            second=second.f1,
            difference=apart[m],
        )

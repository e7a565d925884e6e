"""The figures of a run: by task, language and source, and row by row; written as report.json."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from errors import InputError
from evaluation.gold.grouping import by_source
from evaluation.gold.rows import GoldRow
from evaluation.scoring.bootstrap import intervals
from evaluation.scoring.judge import Judged
from evaluation.scoring.metrics import METRICS, TASKS, Counts, Score, score
from evaluation.scoring.mistakes import Kind, tally
from knowledge.items import PromptType
from knowledge.text.spans import Lang
from wording import message

FILE = "report.json"
DRAWS = 1000

Range = tuple[float, float]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Figure(_Frozen):
    """A metric of a group; the ranges are 95% intervals. Counts are sums over all rows."""

    precision: float
    recall: float
    f1: float
    precision_range: Range
    recall_range: Range
    f1_range: Range
    right: int
    predicted: int
    gold: int


class FormSum(_Frozen):
    """Rows with a valid answer; located strings by status; how many are not where they claim."""

    valid: int
    verbatim: int
    normalised: int
    inferred: int
    broken: int


class Cost(_Frozen):
    """Sums over the rows that said; `unknown`: rows that did not tell their tokens."""

    seconds: float
    prompt_tokens: int
    completion_tokens: int
    unknown: int


class Group(_Frozen):
    """Rows that belong together. `mean`: figures are unweighted means over the group's sources."""

    name: str
    task: PromptType
    lang: Lang | None
    source: str | None
    mean: bool
    rows: int
    metrics: dict[str, Figure]
    mistakes: dict[Kind, int]
    form: FormSum
    cost: Cost


class RowReport(_Frozen):
    """What `compare` needs of a row; `gold_mark` names the text and gold that it was judged by."""

    id: str
    task: PromptType
    lang: Lang
    source: str
    gold_mark: str
    counts: dict[str, Counts]
    mistakes: dict[Kind, int]
    form: FormSum
    seconds: float
    prompt_tokens: int | None
    completion_tokens: int | None
    warnings: int
    error: str | None


class Report(_Frozen):
    """A whole run; `about` tells how it was made."""

    about: dict[str, Any]
    groups: tuple[Group, ...]
    rows: tuple[RowReport, ...]


def build(judged: Sequence[Judged], about: Mapping[str, Any], seed: int) -> Report:
    """Sum up a run; the same rows and seed give the same figures."""
    return Report(
        about=dict(about),
        groups=tuple(_groups(judged, seed)),
        rows=tuple(_row(one) for one in judged),
    )


def read_report(folder: Path) -> Report:
    """The report of an earlier run; InputError where there is none."""
    path = folder / FILE
    try:
        return Report.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(
            message("errors.evaluation_no_report", path=path, folder=folder)
        ) from error
    except ValidationError as error:
        raise InputError(message("errors.evaluation_old_report", path=path)) from error


def _groups(judged: Sequence[Judged], seed: int) -> Iterator[Group]:
    """From the whole of a task down to its sources."""
    for task in TASKS:
        whole = [one for one in judged if one.row.task == task]
        if not whole:
            continue
        yield from _both(whole, task, None, seed)
        for lang in sorted({one.row.lang for one in whole}):
            spoken = [one for one in whole if one.row.lang == lang]
            yield from _both(spoken, task, lang, seed)
            for source, rows in by_source(spoken, lambda one: one.row.source).items():
                name = f"{task} {lang} {source}"
                yield _group(name, [rows], task, lang, source, seed)


def _both(
    rows: Sequence[Judged], task: PromptType, lang: Lang | None, seed: int
) -> Iterator[Group]:
    """The micro average, and the mean over sources where there are several."""
    name = f"{task} {lang}" if lang else task
    yield _group(name, [rows], task, lang, None, seed)
    sources = list(by_source(rows, lambda one: f"{one.row.lang} {one.row.source}").values())
    if len(sources) > 1:
        yield _group(f"{name} mean over sources", sources, task, lang, None, seed)


def _group(
    name: str,
    strata: Sequence[Sequence[Judged]],
    task: PromptType,
    lang: Lang | None,
    source: str | None,
    seed: int,
) -> Group:
    rows = [one for stratum in strata for one in stratum]
    return Group(
        name=name,
        task=task,
        lang=lang,
        source=source,
        mean=len(strata) > 1,
        rows=len(rows),
        metrics=_figures(strata, task, seed),
        mistakes=tally(task, [outcome for one in rows for outcome in one.outcomes]),
        form=_form(rows),
        cost=_cost(rows),
    )


def _figures(strata: Sequence[Sequence[Judged]], task: PromptType, seed: int) -> dict[str, Figure]:
    metrics = METRICS[task]
    counts = [[[one.counts[metric] for metric in metrics] for one in rows] for rows in strata]
    # By the sizes, so that a language with one source has the same intervals as that source.
    ranges = intervals(counts, DRAWS, seed, f"{task} {[len(rows) for rows in strata]}")
    figures = {}
    for m, metric in enumerate(metrics):
        sums = [add(row[m] for row in rows) for rows in counts]
        found = mean(score(total) for total in sums)
        precision, recall, f1 = ((bound.low, bound.high) for bound in ranges[m])
        figures[metric] = Figure(
            **found._asdict(),
            precision_range=precision,
            recall_range=recall,
            f1_range=f1,
            **add(sums)._asdict(),
        )
    return figures


def add(counts: Iterable[Counts]) -> Counts:
    return Counts(*(sum(column) for column in zip(*counts, strict=True)))


def mean(scores: Iterable[Score]) -> Score:
    return Score(*(sum(column) / len(column) for column in zip(*scores, strict=True)))


def _form(rows: Iterable[Judged]) -> FormSum:
    forms = [one.form for one in rows]
    return FormSum(
        valid=sum(form.valid for form in forms),
        verbatim=sum(form.verbatim for form in forms),
        normalised=sum(form.normalised for form in forms),
        inferred=sum(form.inferred for form in forms),
        broken=sum(len(form.broken) for form in forms),
    )


def _cost(rows: Iterable[Judged]) -> Cost:
    predictions = [one.prediction for one in rows]
    return Cost(
        seconds=round(sum(one.seconds for one in predictions), 3),
        prompt_tokens=sum(one.prompt_tokens or 0 for one in predictions),
        completion_tokens=sum(one.completion_tokens or 0 for one in predictions),
        unknown=sum(
            one.prompt_tokens is None or one.completion_tokens is None for one in predictions
        ),
    )


def gold_mark(row: GoldRow) -> str:
    """Two runs can be compared in a row only where they were judged by the same."""
    judged_by = row.model_dump_json(include={"text", "entity", "gold", "aliases"})
    return hashlib.sha256(judged_by.encode()).hexdigest()[:16]


def _row(one: Judged) -> RowReport:
    return RowReport(
        id=one.row.id,
        task=one.row.task,
        lang=one.row.lang,
        source=one.row.source,
        gold_mark=gold_mark(one.row),
        counts=dict(one.counts),
        mistakes=tally(one.row.task, one.outcomes),
        form=_form([one]),
        seconds=one.prediction.seconds,
        prompt_tokens=one.prediction.prompt_tokens,
        completion_tokens=one.prediction.completion_tokens,
        warnings=len(one.prediction.warnings),
        error=one.prediction.error,
    )

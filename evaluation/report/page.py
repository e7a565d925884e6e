"""report.html: the figures, and every row with its text marked. One file, no script, no network.

Texts and answers come from anywhere: all of them go through `markup`, which escapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from evaluation.gold.grouping import by_source
from evaluation.gold.units import Unit
from evaluation.report.highlight import highlight
from evaluation.report.report import Figure, Group, Report
from evaluation.scoring.judge import Judged
from evaluation.scoring.metrics import METRICS, SHARES, TASKS
from evaluation.scoring.mistakes import KINDS
from knowledge.items import PromptType
from markup.html import Html, document, element, join, policy_for
from wording import Lang, text

_STYLE = Html(Path(__file__).with_name("page.css").read_text(encoding="utf-8"))
_POLICY = policy_for(_STYLE)
_LANG: Lang = "en"  # so are the names of the metrics and of the kinds of errors
_text = partial(text, _LANG)


def render(report: Report, judged: Sequence[Judged]) -> str:
    """The whole page."""
    tasks = [task for task in TASKS if any(group.task == task for group in report.groups)]
    opened, closed = document(
        _LANG,
        _text("report.evaluation.of_model", model=report.about.get("model", "")),
        _STYLE,
        _POLICY,
        element("h1", _text("report.evaluation")),
        _about(report),
        *(_figures(task, report) for task in tasks),
        _mistakes(tasks, report),
        _form(report),
        _rows(judged),
    )
    return opened + closed


def _about(report: Report) -> Html:
    lines: list[Html] = []
    for name, value in report.about.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        lines += [element("dt", name), element("dd", shown)]
    return element("dl", *lines)


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Html | str]]) -> Html:
    """A table whose first column names the row and whose others are numbers."""
    numbers = (element("th", name, scope="col", class_="number") for name in heads[1:])
    head = element("tr", element("th", heads[0], scope="col"), *numbers)
    lines = [
        element(
            "tr",
            element("th", row[0], scope="row"),
            *(element("td", cell, class_="number") for cell in row[1:]),
        )
        for row in rows
    ]
    table = element(
        "table", element("caption", caption), element("thead", head), element("tbody", *lines)
    )
    return element("div", table, class_="scroll")


def _figures(task: PromptType, report: Report) -> Html:
    metrics = METRICS[task]
    rows: list[list[Html | str]] = [
        [group.name, str(group.rows), *(_cell(name, group.metrics[name]) for name in metrics)]
        for group in report.groups
        if group.task == task
    ]
    caption = _text("report.evaluation.figures")
    heads = [*_group_heads(), *(name.replace("_", " ") for name in metrics)]
    title = element("h2", f"{task}: {_text(f'knowledge.task.{task}')}")
    return element("section", title, _table(caption, heads, rows))


def _group_heads() -> tuple[str, str]:
    return _text("report.evaluation.group"), _text("report.evaluation.rows_head")


def _cell(metric: str, figure: Figure) -> Html:
    low, high = figure.f1_range
    sides = f"P {100 * figure.precision:.1f} R {100 * figure.recall:.1f}"
    return join(
        (
            f"{100 * figure.f1:.1f} [{100 * low:.0f}–{100 * high:.0f}]",
            element("small", sides) if metric not in SHARES else None,
        )
    )


def _plain(report: Report) -> list[Group]:
    return [group for group in report.groups if not group.mean]


def _mistakes(tasks: Sequence[PromptType], report: Report) -> Html:
    tables = []
    for task in tasks:
        kinds = KINDS[task]
        rows = [
            [group.name, *(str(group.mistakes[kind]) for kind in kinds)]
            for group in _plain(report)
            if group.task == task
        ]
        tables.append(_table("", [task, *kinds], rows))
    return element("section", element("h2", _text("report.evaluation.mistakes")), *tables)


def _form(report: Report) -> Html:
    columns = (
        "report.evaluation.valid",
        "knowledge.status.verbatim",
        "knowledge.status.normalised",
        "knowledge.status.inferred",
        "report.evaluation.misplaced",
        "report.evaluation.seconds",
        "report.evaluation.seconds_a_row",
        "report.evaluation.prompt_tokens",
        "report.evaluation.completion_tokens",
    )
    heads = [*_group_heads(), *map(_text, columns)]
    rows = []
    for group in _plain(report):
        form, cost = group.form, group.cost
        rows.append(
            [group.name, str(group.rows), str(form.valid), str(form.verbatim),
             str(form.normalised), str(form.inferred), str(form.broken), f"{cost.seconds:.1f}",
             f"{cost.seconds / group.rows:.1f}", f"{cost.prompt_tokens:,}",
             f"{cost.completion_tokens:,}"]
        )  # fmt: skip
    table = _table(_text("report.evaluation.form_note"), heads, rows)
    return element("section", element("h2", _text("report.evaluation.form")), table)


def _rows(judged: Sequence[Judged]) -> Html:
    marks: list[Html | str] = []
    for mark in ("right", "wrong", "missed"):
        marks += [" · "] if marks else []
        marks.append(element("mark", _text(f"report.evaluation.mark.{mark}"), class_=mark))
    legend = element("p", *marks)
    groups = by_source(judged, lambda one: f"{one.row.task} {one.row.lang} {one.row.source}")
    sections = [
        element(
            "details",
            element("summary", name, " ", element("small", _row_count(rows))),
            *(_row(one) for one in rows),
        )
        for name, rows in groups.items()
    ]
    return element("section", element("h2", _text("report.evaluation.rows")), legend, *sections)


def _row_count(rows: Sequence[Judged]) -> str:
    return _text("report.evaluation.row_count", count=len(rows))


def _row(one: Judged) -> Html:
    right = sum(outcome.kind == "right" for outcome in one.outcomes)
    wrong = sum(outcome.kind != "right" for outcome in one.outcomes)
    failed = None
    if one.prediction.error:
        failed = element("span", " ", _text("report.evaluation.failed"), class_="bad")
    seconds = f"{one.prediction.seconds:.1f}"
    outcome = _text("report.evaluation.outcome", right=right, wrong=wrong, seconds=seconds)
    counted = element("small", " ", outcome)
    return element(
        "details",
        element("summary", one.row.id, counted, failed),
        *_remarks(one),
        highlight(one),
        _outcomes(one),
    )


def _remarks(one: Judged) -> Iterator[Html]:
    if one.row.entity:
        entity = _text("knowledge.field.entity") + _text("knowledge.colon")
        yield element("p", entity, element("b", one.row.entity))
    if one.prediction.error:
        yield element("p", one.prediction.error, class_="bad")
    for line in (*one.form.broken, *one.prediction.warnings):
        yield element("p", line)


def _outcomes(one: Judged) -> Html | None:
    if not one.outcomes:
        return element("p", _text("report.evaluation.nothing"))
    sides = (_text("report.evaluation.predicted"), _text("report.evaluation.gold"))
    head = element("tr", *(element("th", name) for name in ("", *sides)))
    lines = [
        element(
            "tr",
            element("th", outcome.kind, scope="row"),
            element("td", _unit_cell(outcome.predicted)),
            element("td", _unit_cell(outcome.gold)),
        )
        for outcome in one.outcomes
    ]
    return element("div", element("table", element("tbody", head, *lines)), class_="scroll")


def _unit_cell(unit: Unit | None) -> str:
    return " · ".join(unit) if unit else "–"

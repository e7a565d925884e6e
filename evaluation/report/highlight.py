"""A row's text with marks: what the answer found rightly, what wrongly, and what it missed."""

from __future__ import annotations

from collections.abc import Iterator

from evaluation.gold.units import Unit
from evaluation.scoring.form_check import located
from evaluation.scoring.judge import Judged
from knowledge.items import PromptType
from markup.html import Html, element
from markup.marks import Mark, marked
from wording import text

_MANY = 50  # places of one missed string: "a" need not be marked everywhere


def highlight(judged: Judged) -> Html:
    """The text with its marks: `right`, `wrong`, `missed`, one inside the other where they meet."""
    row = judged.row
    return element("p", marked(row.text, _marks(judged)), class_="text", lang=row.lang)


def _mark(start: int, end: int, kind: str) -> Mark:
    return Mark(start, end, kind, text("en", f"report.evaluation.mark.{kind}"))


def _marks(judged: Judged) -> Iterator[Mark]:
    task, source = judged.row.task, judged.row.text
    right: set[str] = set()
    missed: set[str] = set()
    for outcome in judged.outcomes:
        if outcome.kind == "right" and outcome.predicted:
            right.update(strings_of(task, outcome.predicted))
        elif outcome.gold and (outcome.kind in ("missed", "boundary")):
            missed.update(strings_of(task, outcome.gold))
    answer = judged.prediction.answer
    found: set[str] = set()
    for string in located(task, answer["knowledge"]) if answer else ():
        name, start, end = string["text"], string["start"], string["end"]
        found.add(name)
        if task == "KE3" and name == judged.row.entity:
            continue  # it was asked for, not found
        kind = "right" if name in right else "wrong"
        spans = string.get("mentions") or ([] if start is None else [(start, end)])
        for first, last in spans:
            if 0 <= first < last <= len(source):
                yield _mark(first, last, kind)
    for name in sorted(missed - found):
        yield from (_mark(at, at + len(name), "missed") for at in _everywhere(source, name))


def _everywhere(source: str, name: str) -> Iterator[int]:
    at = source.find(name)
    for _ in range(_MANY):
        if at < 0:
            return
        yield at
        at = source.find(name, at + len(name))


def strings_of(task: PromptType, unit: Unit) -> tuple[str, ...]:
    """The strings of a raw unit that stand in the text."""
    return (unit[0], unit[2]) if task == "KE1" else (unit[1],)

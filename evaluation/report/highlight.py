"""A row's text with marks: what the answer found rightly, what wrongly, and what it missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Literal

from evaluation.gold.units import Unit
from evaluation.scoring.form_check import located
from evaluation.scoring.judge import Judged
from knowledge.items import PromptType
from markup import Html, element, join
from wording import text

Mark = Literal["right", "wrong", "missed"]
Place = tuple[int, int, Mark]
_ORDER: tuple[Mark, ...] = ("right", "wrong", "missed")
_MANY = 50  # places of one missed string: "a" need not be marked everywhere


def highlight(judged: Judged) -> Html:
    """The text, each stretch of it with its marks; where several meet, right goes before wrong."""
    source, places = judged.row.text, list(_places(judged))
    borders = sorted({0, len(source), *(border for place in places for border in place[:2])})
    pieces: list[Html] = []
    for start, end in pairwise(borders):
        kinds = {mark for first, last, mark in places if first <= start and end <= last}
        if "right" in kinds:
            kinds.discard("wrong")
        names = [mark for mark in _ORDER if mark in kinds]
        piece = source[start:end]
        if names:
            pieces.append(element("mark", piece, class_=" ".join(names), title=_title(names)))
        else:
            pieces.append(join((piece,)))
    return element("p", *pieces, class_="text", lang=judged.row.lang)


def _title(marks: Iterable[Mark]) -> str:
    return ", ".join(text("en", f"report.evaluation.mark.{mark}") for mark in marks)


def _places(judged: Judged) -> Iterator[Place]:
    task, text = judged.row.task, judged.row.text
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
            continue  # it was told, not found
        mark: Mark = "right" if name in right else "wrong"
        spans = string.get("mentions") or ([] if start is None else [(start, end)])
        for first, last in spans:
            if 0 <= first < last <= len(text):
                yield first, last, mark
    for name in sorted(missed - found):
        yield from ((at, at + len(name), "missed") for at in _everywhere(text, name))


def _everywhere(text: str, name: str) -> Iterator[int]:
    at = text.find(name)
    for _ in range(_MANY):
        if at < 0:
            return
        yield at
        at = text.find(name, at + len(name))


def strings_of(task: PromptType, unit: Unit) -> tuple[str, ...]:
    """The strings of a raw unit that stand in the text."""
    return (unit[0], unit[2]) if task == "KE1" else (unit[1],)

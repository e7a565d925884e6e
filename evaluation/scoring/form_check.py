"""Whether an answer keeps the contract's word on offsets, whatever it says.

`verbatim` must stand at its place, `normalised` must have a place inside the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.predictions import Prediction
from knowledge.items import PromptType


@dataclass(frozen=True)
class Form:
    """Counts of located strings; `broken` tells of each that is not where it claims to be."""

    valid: bool
    verbatim: int
    normalised: int
    inferred: int
    broken: tuple[str, ...]


def check_form(text: str, prediction: Prediction) -> Form:
    """Look every string of an answer up in the text that it was drawn from."""
    if prediction.answer is None:
        return Form(False, 0, 0, 0, ())
    counts = {"verbatim": 0, "normalised": 0, "inferred": 0}
    broken: list[str] = []
    for string in located(prediction.task, prediction.answer["knowledge"]):
        status = string["status"]
        counts[status] += 1
        if not _stands(text, string):
            place = f"{string['start']}–{string['end']}"
            broken.append(f"{string['text']!r} is not {status} at {place}")
    return Form(True, broken=tuple(broken), **counts)


def located(task: PromptType, knowledge: Any) -> Iterator[Mapping[str, Any]]:
    """Every string of an answer that has, or lacks, a place in the text."""
    if task == "KE1":
        for triple in knowledge["triples"]:
            yield triple["head"]
            yield triple["tail"]
    elif task == "KE2":
        for entities in knowledge["entities"].values():
            yield from entities
    else:
        for card in knowledge if isinstance(knowledge, list) else [knowledge]:
            if card["entity"] is not None:
                yield card["entity"]
            for fact in card["facts"]:
                yield fact["value"]


def _stands(text: str, string: Mapping[str, Any]) -> bool:
    start, end = string["start"], string["end"]
    places = [(start, end), *string.get("mentions", [])]
    if string["status"] == "inferred":
        return start is None and end is None
    inside = all(
        isinstance(first, int) and isinstance(last, int) and 0 <= first < last <= len(text)
        for first, last in places
    )
    return inside and (string["status"] == "normalised" or text[start:end] == string["text"])

"""Answers for the tests of the knowledge base: their strings are found in their texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from knowledge.items import PromptType
from knowledge.record import read_record
from storage.knowledge_base.records import Arrival

ORIGIN = "tests"


def located(text: str, said: str) -> dict[str, Any]:
    at = text.find(said)
    if at < 0:
        return {"text": said, "start": None, "end": None, "status": "inferred"}
    return {"text": said, "start": at, "end": at + len(said), "status": "verbatim"}


def arrival(
    name: str, text: str, task: PromptType, knowledge: Any, model: str = "Embedded"
) -> Arrival:
    row = {"id": name, "text": text, "prompt_type": task, "lang": "zh", "model": model}
    return Arrival(read_record({**row, "knowledge": knowledge}), ORIGIN)


def triples(name: str, text: str, *said: tuple[str, str, str], model: str = "Embedded") -> Arrival:
    """KE1; the whole text is the sentence."""
    whole = {"start": 0, "end": len(text)}
    items = [
        {"head": located(text, head), "relation": relation, "tail": located(text, tail),
         "evidence": whole, "confidence": 0.9}
        for head, relation, tail in said
    ]  # fmt: skip
    return arrival(name, text, "KE1", {"triples": items}, model)


def entities(name: str, text: str, classes: Mapping[str, Sequence[str]]) -> Arrival:
    """KE2."""
    listed = {label: [located(text, one) for one in found] for label, found in classes.items()}
    return arrival(name, text, "KE2", {"entities": listed})


def facts(
    name: str,
    text: str,
    entity: str,
    said: Sequence[tuple[str, str]] = (),
    aliases: Sequence[str] = (),
) -> Arrival:
    """KE3."""
    card = {
        "entity": located(text, entity),
        "aliases": [located(text, alias) for alias in aliases],
        "facts": [
            {"key": key, "value": located(text, value), "evidence": None} for key, value in said
        ],
    }
    return arrival(name, text, "KE3", card)

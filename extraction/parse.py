"""Reads a model's answer while it is being written and gives out each item once it is complete.

Takes what models really write: the compact arrays and the objects of `form`, in a code fence or
after a sentence of prose. Knows nothing of the text or of places in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jiter

from extraction.knowledge import PromptType


@dataclass(frozen=True)
class RawTriple:
    head: str
    relation: str
    tail: str


@dataclass(frozen=True)
class RawEntity:
    label: str
    text: str
    confidence: float | None = None


@dataclass(frozen=True)
class RawFact:
    entity: str
    key: str
    value: str


RawItem = RawTriple | RawEntity | RawFact

_OPENING = re.compile(r"[\[{]\s*[\[{\"}\]]")


class AnswerParser:
    """Feed it the pieces of an answer; it returns the items that each piece completed.

    `ended` says whether the JSON value is closed; what follows it is ignored.
    """

    def __init__(self, prompt_type: PromptType) -> None:
        self._prompt_type = prompt_type
        self._buffer = ""
        self._begin: int | None = None  # where the JSON value begins in the buffer
        self._scanned = 0
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._given = 0
        self.ended = False

    @property
    def begun(self) -> bool:
        """Whether any JSON has been seen."""
        return self._begin is not None

    def feed(self, piece: str, logprob: float | None = None) -> list[RawItem]:
        """Raises ValueError where the answer is not JSON."""
        if self.ended:
            return []
        self._buffer += piece
        if self._begin is None:
            opening = _OPENING.search(self._buffer)
            if opening is None:
                return []
            self._begin = self._scanned = opening.start()
        self._scan()
        text = self._buffer[self._begin : self._scanned if self.ended else None]
        if not self.ended and not self._in_string:
            # A number or a name that is still being written is not yet what it will be.
            text = re.sub(r"[^\s\[\]{}\",:]+$", "", text)
        value = jiter.from_json(text.encode("utf-8", "replace"), partial_mode=not self.ended)
        items = list(_items(self._prompt_type, value))
        new, self._given = items[self._given :], max(self._given, len(items))
        return new

    def _scan(self) -> None:
        """Follow brackets and strings up to the end of the value."""
        while self._scanned < len(self._buffer) and not self.ended:
            char = self._buffer[self._scanned]
            self._scanned += 1
            if self._in_string:
                if self._escaped:
                    self._escaped = False
                elif char == "\\":
                    self._escaped = True
                elif char == '"':
                    self._in_string = False
            elif char == '"':
                self._in_string = True
            elif char in "[{":
                self._depth += 1
            elif char in "]}":
                self._depth -= 1
                self.ended = self._depth == 0


def _items(prompt_type: PromptType, value: Any) -> Iterator[RawItem]:
    """The complete items of a value that may still be growing."""
    if prompt_type == "KE1":
        for row in _rows(value, "triples"):
            strings = _strings(row, ("head", "relation", "tail"))
            if strings:
                yield RawTriple(*strings)
    elif prompt_type == "KE2":
        yield from _entities(value)
    else:
        for card in _rows(value, "entities"):
            if isinstance(card, dict) and isinstance(card.get("entity"), str):
                for row in _rows(card, "facts"):
                    strings = _strings(row, ("key", "value"))
                    if strings:
                        yield RawFact(card["entity"].strip(), *strings)


def _entities(value: Any) -> Iterator[RawItem]:
    if not isinstance(value, dict):
        return
    if set(value) == {"entities"} and isinstance(value["entities"], dict):
        value = value["entities"]
    for label, names in value.items():
        for name in names if isinstance(names, list) else []:
            if isinstance(name, str) and name.strip():
                yield RawEntity(label, name.strip())


def _rows(value: Any, name: str) -> list[Any]:
    rows = value.get(name) if isinstance(value, dict) else value
    return rows if isinstance(rows, list) else []


def _strings(row: Any, names: tuple[str, ...]) -> list[str] | None:
    """The row's strings once all are there and none is blank; numbers are taken as written."""
    if isinstance(row, dict):
        values = [row.get(name) for name in names]
    elif isinstance(row, list) and len(row) == len(names):
        values = row
    else:
        return None
    strings = [str(v).strip() for v in values if isinstance(v, str | int | float)]
    return strings if len(strings) == len(names) and all(strings) else None

"""What a model says, item by item, before it is located in the text."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.items import Assertion


@dataclass(frozen=True)
class RawTriple:
    head: str
    relation: str
    tail: str
    confidence: float | None = None
    assertion: Assertion = "stated"


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
    confidence: float | None = None
    assertion: Assertion = "stated"


RawItem = RawTriple | RawEntity | RawFact

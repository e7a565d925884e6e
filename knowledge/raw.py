"""What a model says, item by item, before it is located in the text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RawTriple:
    head: str
    relation: str
    tail: str
    confidence: float | None = None


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


RawItem = RawTriple | RawEntity | RawFact

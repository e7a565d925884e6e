"""What is read out of a knowledge base, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Thing:
    """An entity or a literal, as it is named elsewhere; `kind` is name or literal."""

    id: str
    name: str
    kind: str


@dataclass(frozen=True)
class Label:
    """A class that sources give an entity."""

    label: str
    sources: int


@dataclass(frozen=True)
class Found:
    """An entity in a list; `matched` is its name that holds what was sought."""

    id: str
    name: str
    sources: int
    classes: tuple[Label, ...]
    matched: str | None = None


@dataclass(frozen=True)
class Sentence:
    """Where a source says something: its sentence, empty where that is not in the text."""

    source: str
    text: str
    start: int | None
    end: int | None


@dataclass(frozen=True)
class Name:
    """One spelling. `rule` is how it came to the entity: exact, normalised, alias, short form,
    person."""

    text: str
    sources: int
    rule: str


@dataclass(frozen=True)
class Join:
    """Why two names are one: what a source says, or a person. `holds` is False where several
    claim the name, so that it joins none of them."""

    name: str
    other: str
    rule: str
    relation: str
    holds: bool
    other_id: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Triple:
    """A folded triple with its support: how many sources state it, and their sentences.

    `planned` is how many of its statements say that it is to come.
    """

    head: Thing
    relation: str
    relations: tuple[str, ...]
    tail: Thing
    support: int
    statements: int
    corrected: int
    planned: int
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Card:
    """An entity with the most supported of what is said of it; `triples_total` says of how many."""

    id: str
    name: str
    kind: str
    sources: int
    names: tuple[Name, ...]
    classes: tuple[Label, ...]
    joins: tuple[Join, ...]
    triples: tuple[Triple, ...]
    triples_total: int


@dataclass(frozen=True)
class Neighbourhood:
    """The triples around an entity; `whole` is False where the limit left some out."""

    id: str
    nodes: tuple[Thing, ...]
    triples: tuple[Triple, ...]
    whole: bool


@dataclass(frozen=True)
class SourceHead:
    """A source in a list, with a piece of its text around what was sought."""

    id: str
    origin: str
    characters: int
    piece: str


@dataclass(frozen=True)
class Mention:
    """A string of an answer about a source."""

    entity: Thing
    text: str
    label: str
    start: int | None
    end: int | None
    status: str
    confidence: float | None
    correction: str | None
    prompt_type: str
    model: str


@dataclass(frozen=True)
class Statement:
    """A triple or fact of an answer about a source."""

    kind: str
    head: Thing
    head_text: str
    relation: str
    tail: Thing
    tail_text: str
    evidence: Sentence
    confidence: float | None
    correction: str | None
    model: str
    assertion: str


@dataclass(frozen=True)
class Source:
    """A source with all that was found in it."""

    id: str
    origin: str
    added: str
    text: str
    mentions: tuple[Mention, ...]
    statements: tuple[Statement, ...]
    corrections: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Page:
    """Some rows of a list; `next` asks for those behind them."""

    rows: tuple[Any, ...]
    next: str | None

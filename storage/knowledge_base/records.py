"""What is given to a knowledge base, and what it says of itself, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from knowledge.corrections import Correction
from knowledge.record import Record

MAX_NAME = 600  # characters of a source's id: every database can index it


@dataclass(frozen=True)
class Arrival:
    """An answer with its source: `record.id` names the source, `origin` is where it came from.

    Corrections are applied in the record already.
    """

    record: Record
    origin: str
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True)
class Counts:
    """What an import did: sources that were new, changed or as they were, and the answers.

    `withheld` are items of these that the base does not state, since their text does not.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    answers: int = 0
    withheld: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.added + other.added,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.answers + other.answers,
            self.withheld + other.withheld,
        )


@dataclass(frozen=True)
class Decision:
    """What a person said of names: `split` (from its like or from all) or `merge`."""

    id: int
    action: str
    name: str
    other: str
    sources: tuple[str, ...]
    made: datetime


@dataclass(frozen=True)
class Status:
    """How much a base holds."""

    name: str
    sources: int
    answers: int
    corrections: int
    entities: int
    names: int
    statements: int
    decisions: int

"""What came of a document: one outcome for each task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from knowledge.items import PromptType
from knowledge.text.spans import Lang

Outcome = Literal["done", "partial", "failed"]


@dataclass(frozen=True)
class Unit:
    """The outcome of one task over one document; `line` is its answer, if it has one.

    `content` and `recipe` mark what the answer was made of, `detail` says what is missing and why.
    `characters` are those of the text.
    """

    type: PromptType
    content: bytes
    lang: Lang | None
    recipe: bytes
    outcome: Outcome
    detail: str | None = None
    line: bytes | None = None
    items: int | None = None
    characters: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True)
class StoredOutcome:
    """What is known of a task's outcome from before."""

    content: bytes
    lang: Lang | None
    recipe: bytes
    outcome: Outcome
    shard: int | None


@dataclass(frozen=True)
class Known:
    """A document that was seen before; `place` is where."""

    number: int
    place: str
    stored: dict[PromptType, StoredOutcome] = field(default_factory=dict)

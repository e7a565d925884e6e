"""What is remembered, as frozen values: conversations, their turns, and corrections of answers.

Knows nothing of the database that keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from knowledge.corrections import Correction, Json


@dataclass(frozen=True)
class NewTurn:
    """A question with its answer or, where there is none, with the error that came instead.

    `request` holds the fields that were sent, without the text. `answer` and `error` are in the
    JSON of the HTTP contract. Times in milliseconds.
    """

    text: str
    request: Json
    model: str
    answer: Json | None = None
    error: Json | None = None
    elapsed_ms: int | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True)
class Turn:
    """A turn that is kept; `position` counts from 1."""

    position: int
    created: datetime
    said: NewTurn
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True)
class Conversation:
    """`updated` is when it was last used: a turn or a correction came, or it was begun."""

    id: str
    title: str
    created: datetime
    updated: datetime
    size: int = 0  # turns
    turns: tuple[Turn, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Page:
    """Conversations by last use, without their turns; `next` asks for those behind them."""

    conversations: tuple[Conversation, ...]
    next: str | None

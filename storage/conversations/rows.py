"""Between the rows of the tables and the records: both directions, and the text to search in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Row

from knowledge.corrections import Correction, Json
from knowledge.text.normalising import fold
from storage.conversations.records import Conversation, NewTurn, Turn

MAX_TITLE = 200  # characters
_TITLE_OF_TEXT = 60

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


def moment(microseconds: int) -> datetime:
    return _EPOCH + microseconds * _MICROSECOND


def microseconds(when: datetime) -> int:
    return (when - _EPOCH) // _MICROSECOND


def title_of(text: str) -> str:
    """What a conversation without a title is called by its first question."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= _TITLE_OF_TEXT else line[: _TITLE_OF_TEXT - 1] + "…"


def searchable(*texts: str) -> str:
    """Folded as strings of answers are: width, case and like marks make no difference."""
    return "\n".join(fold(text)[0] for text in texts)


def turn_values(said: NewTurn) -> dict[str, Any]:
    """The columns of a turn, but for its place and time."""
    response = str((said.answer or {}).get("response", ""))
    return {
        "text": said.text,
        "request": dict(said.request),
        "model": said.model,
        "answer": said.answer,
        "error": said.error,
        "elapsed_ms": said.elapsed_ms,
        "prompt_tokens": said.prompt_tokens,
        "completion_tokens": said.completion_tokens,
        "search": searchable(said.text, response),
    }


def turn_of(row: Row[Any], made: Iterable[Correction]) -> Turn:
    said = NewTurn(
        text=row.text,
        request=row.request,
        model=row.model,
        answer=row.answer,
        error=row.error,
        elapsed_ms=row.elapsed_ms,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
    )
    return Turn(row.position, moment(row.created), said, tuple(made))


def correction_of(row: Row[Any]) -> Correction:
    before: Json | None = row.before
    after: Json | None = row.after
    return Correction(row.kind, before, after, moment(row.created))


def conversation_of(row: Row[Any], size: int, made: Iterable[Turn] = ()) -> Conversation:
    return Conversation(
        id=row.id,
        title=row.title,
        created=moment(row.created),
        updated=moment(row.updated),
        size=size,
        turns=tuple(made),
    )

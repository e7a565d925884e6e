"""A document of the input as it comes, and how it is read from a row.

Broken documents come too, with `error`: every document has an outcome.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wording import message

MAX_ID = 1000  # characters, as in the formats of export/
MAX_TEXT = 64_000_000  # bytes of a line, or characters of a cell: beyond it no one document is


@dataclass(frozen=True)
class Fields:
    """Where id, text and KE3's entity stand in a row; `id_asked`: the user named the first."""

    id: str = "id"
    text: str = "text"
    entity: str | None = None
    id_asked: bool = False


@dataclass(frozen=True)
class Entry:
    """One document, with one of `text`, `file` and `error`.

    `place` names where it stands and is its id where it has none. `at` is how much of the input's
    `size` was read when it came.
    """

    place: str
    at: int
    id: str | None = None
    text: str | None = None
    file: Path | None = None
    entity: str | None = None
    error: str | None = None


class Input(Protocol):
    """Documents in an order that is the same every time; `size` in bytes, rows or files."""

    @property
    def size(self) -> int: ...

    def __iter__(self) -> Iterator[Entry]: ...


def entry_of(row: dict[str, object], fields: Fields, place: str, at: int) -> Entry:
    """The document in a row; what is missing or of another type is its error."""
    try:
        id_ = _id(row.get(fields.id), fields)
    except ValueError as error:
        return Entry(place, at, error=error.args[0])
    text = row.get(fields.text)
    entity = row.get(fields.entity) if fields.entity else None
    wrong: str | None = None
    if fields.text not in row:
        named = ", ".join(name[:40] for name in list(row)[:10]) or message("errors.none_found")
        wrong = message("errors.corpus_field_missing", field=fields.text, names=named)
    elif not isinstance(text, str):
        wrong = message("errors.corpus_field_no_string", field=fields.text, kind=_kind(text))
    elif not text.strip():
        wrong = message("errors.corpus_field_empty", field=fields.text)
    elif entity is not None and not isinstance(entity, str):
        wrong = message("errors.corpus_field_no_string", field=fields.entity, kind=_kind(entity))
    if wrong is not None:
        return Entry(place, at, id_, error=wrong)
    return Entry(place, at, id_, str(text), entity=str(entity) if entity else None)


def is_special(path: Path) -> bool:
    """Whether it is neither a file nor a folder: to open it may take forever."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False  # who opens it will say what is wrong
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def whole(text: str) -> str:
    """Without half characters, which neither a file nor the database takes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _id(value: object, fields: Fields) -> str | None:
    """The id of a row, None where it has none; ValueError says what is wrong with it."""
    if value is None:
        if fields.id_asked:
            raise ValueError(message("errors.corpus_id_missing", field=fields.id))
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError(message("errors.corpus_id_type", field=fields.id))
    id_ = str(value)
    if not id_ or len(id_) > MAX_ID or any("\ud800" <= char <= "\udfff" for char in id_):
        raise ValueError(message("errors.corpus_id_length", field=fields.id, limit=MAX_ID))
    return id_


def _kind(value: object) -> str:
    names = {
        type(None): "null",
        bool: message("errors.kind_boolean"),
        dict: message("errors.kind_object"),
        list: message("errors.kind_list"),
    }
    return names.get(type(value), message("errors.kind_number"))

"""Reads `schema`: the classes, relations or keys that a user narrows an answer to."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Annotated, Any

from pydantic import Field

from errors import InputError
from wording import message

MAX_LABELS = 200
MAX_LENGTH = 100
MAX_NOTE = 500

Name = Annotated[str, Field(min_length=1, max_length=MAX_LENGTH)]
Note = Annotated[str, Field(max_length=MAX_NOTE)]
# What `read_labels` takes.
LabelsForm = (
    str
    | Annotated[list[Name], Field(min_length=1, max_length=MAX_LABELS)]
    | Annotated[dict[Name, Note], Field(min_length=1, max_length=MAX_LABELS)]
)


def read_labels(value: Any) -> dict[str, str]:
    """Label → description ("" where there is none).

    Takes a list of names, an object of name → description, either as JSON text, or a plain line
    of names between commas. Raises InputError with the field `schema`.
    """
    if value is None or value == "":
        return {}
    if isinstance(value, str):
        value = _from_text(value)
    if isinstance(value, list):
        value = {name: "" for name in value if isinstance(name, str)} if _names(value) else None
    if not isinstance(value, dict) or not all(isinstance(note, str) for note in value.values()):
        raise InputError(message("errors.schema_form"), field="schema")
    labels = {name.strip(): note.strip() for name, note in value.items()}
    if not labels or len(labels) > MAX_LABELS:
        raise InputError(message("errors.schema_count", limit=MAX_LABELS), field="schema")
    for name in labels:
        if not name or len(name) > MAX_LENGTH or not name.isprintable():
            raise InputError(message("errors.schema_name", limit=MAX_LENGTH), field="schema")
    for name, note in labels.items():
        if len(note) > MAX_NOTE or not _is_text(note):
            raise InputError(
                message("errors.schema_note", name=name, limit=MAX_NOTE),
                field="schema",
            )
    return labels


def _is_text(note: str) -> bool:
    """Without control characters and half characters, save line ends and tabs."""
    return all(unicodedata.category(char) not in ("Cc", "Cs") or char in "\n\r\t" for char in note)


def _names(value: list[Any]) -> bool:
    return all(isinstance(name, str) for name in value)


def _from_text(text: str) -> Any:
    if text.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(
                message("errors.schema_not_json", reason=str(error)), field="schema"
            ) from error
    return [name for name in re.split(r"[,，、;；\n]", text) if name.strip()]

"""What a file gave, and the limits that hold for files of every kind."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from errors import TextlessDocument, TooLarge
from wording import message

FILE = "file"  # the field of the request that every complaint about a file names
MAX_CHARACTERS = 1_000_000  # fifty times what a request reads by default; a browser still shows it

_BLANK_LINES = re.compile("\\A(?:[ \t\u3000]*[\r\n\f\v])+")


@dataclass(frozen=True)
class Document:
    """The text of a file, lines ended by "\\n".

    `text` is None for a table of several columns of which none was chosen; `columns` names them.
    `encoding` is what the bytes were decoded from, None where the format itself knows. `pages`
    counts the pages of a PDF; `textless_pages` are the numbers, from 1, of those without text.
    `hidden_text_pages` are those with text that a reader cannot see, which is left out. `warnings`
    say what of the file is not in the text.
    """

    text: str | None
    encoding: str | None = None
    pages: int | None = None
    textless_pages: tuple[int, ...] = ()
    columns: tuple[str, ...] = field(default=())
    hidden_text_pages: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The fields that say something, in the form of POST /documents."""
        found: dict[str, Any] = {"text": self.text, "characters": len(self.text or "")}
        for name in ("encoding", "pages", "textless_pages", "columns", "warnings"):
            if getattr(self, name):
                found[name] = getattr(self, name)
        return found


def check_text(text: str, why_none: str = message("errors.documents_no_text")) -> str:
    """The text without blank lines around it; a tab at its beginning is an empty cell.

    TextlessDocument with `why_none` for an empty one, TooLarge for one that nobody could handle.
    """
    text = _BLANK_LINES.sub("", text).lstrip(" \u3000").rstrip("\r\n\f\v \t\u3000")
    if not text:
        raise TextlessDocument(why_none, field=FILE)
    if len(text) > MAX_CHARACTERS:
        raise too_long()
    return text


def too_long() -> TooLarge:
    """More characters than MAX_CHARACTERS."""
    return TooLarge(message("errors.documents_too_long", limit=MAX_CHARACTERS), field=FILE)

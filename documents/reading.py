"""A file → its text, by the ending of its name. The other modules each know one kind."""

from __future__ import annotations

import re

from documents.decoding import decode
from documents.document import FILE, Document, check_text
from documents.sandbox import read_apart
from documents.tables import read_table
from errors import InputError, UnsupportedMedia
from wording import message

# A comment, or code, in which the same characters are no comment.
_COMMENT = re.compile(
    r"^(?P<code>(?P<fence>```|~~~).*?^(?P=fence))|(?P<line>`[^`\n]+`)|<!--.*?-->", re.M | re.S
)
ENDINGS = (".txt", ".md", ".csv", ".tsv", ".pdf", ".docx")


def read(name: str, data: bytes, column: str | None = None) -> Document:
    """The text of a file; `column` is which one of a table, by name or number from 1.

    Raises, with the field `file` or `column`: UnsupportedMedia for other endings of `name`,
    UnreadableDocument or one of its kinds, TooLarge, DeadlineExceeded, InputError. How many bytes a
    file may have is the caller's affair.
    """
    ending = "." + name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in ENDINGS:
        key = "errors.documents_type" if ending else "errors.documents_no_ending"
        endings = {"endings": ", ".join(ENDINGS[:-1]), "last": ENDINGS[-1]}
        raise UnsupportedMedia(message(key, ending=ending[:20], **endings), field=FILE)
    if ending in (".csv", ".tsv"):
        return read_table(data, column, *(["\t"] if ending == ".tsv" else []))
    if column is not None:
        raise InputError(message("errors.documents_no_columns"), field="column")
    if ending in (".txt", ".md"):
        text, encoding = decode(data)
        shown = without_comments(text) if ending == ".md" else text
        left_out = message("warnings.documents_comments")
        return Document(check_text(shown), encoding, warnings=(left_out,) if shown != text else ())
    return read_apart(ending.removeprefix("."), data)


def without_comments(text: str) -> str:
    """A Markdown text without its HTML comments, which no reader of the page sees."""
    return _COMMENT.sub(lambda found: found["code"] or found["line"] or "", text)

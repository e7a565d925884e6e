"""The text that a command works on: standard input, a text file, or a document."""

from __future__ import annotations

from typing import IO

import click

from cli.language import say
from documents.decoding import characters
from documents.document import Document
from documents.reading import read
from errors import InputError, TooLarge
from settings import Settings
from wording import message

DOCUMENTS = (".pdf", ".docx", ".csv", ".tsv")
_PDF = b"%PDF-"


def read_text(file: IO[bytes], settings: Settings, column: str | None = None) -> str:
    """All of `file`: the text of a document, else what is there, as it stands.

    The encoding of a text is found as that of a document is. `column` is which one of a table.
    Raises InputError or one of its kinds, TooLarge above KEX_MAX_CHARS or KEX_MAX_FILE_BYTES.
    """
    name = _name(file)
    data = file.read(settings.max_file_bytes + 1) if name else file.read()
    if not name and data.startswith(_PDF):
        name = "stdin.pdf"
    if name:
        text = _document(name, data, settings, column)
    elif column is not None:
        raise InputError(message("errors.documents_no_columns"), field="column")
    else:
        text = characters(data)[0]
    if len(text) > settings.max_chars:
        raise TooLarge(
            message("errors.cli_input_too_long", length=len(text), limit=settings.max_chars),
            field="user_input",
        )
    return text


def utf8(data: bytes, field: str) -> str:
    """The text; InputError where it is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            message("errors.cli_not_utf8", field=field, start=error.start), field=field
        ) from error


def _name(file: IO[bytes]) -> str:
    """The name of a file whose ending is that of a document, else nothing."""
    name = str(getattr(file, "name", ""))
    return name if name.lower().endswith(DOCUMENTS) else ""


def _document(name: str, data: bytes, settings: Settings, column: str | None) -> str:
    if len(data) > settings.max_file_bytes:
        limit = settings.max_file_bytes
        raise TooLarge(message("errors.corpus_file_too_large", limit=limit), field="FILE")
    document = read(name, data, column)
    if document.text is None:
        columns = ", ".join(document.columns)
        raise InputError(message("errors.cli_choose_column", columns=columns), field="column")
    _warn(document)
    return document.text


def _warn(document: Document) -> None:
    """Say on stderr what of the file is not in its text."""
    for warning in document.warnings:
        click.echo(say("warning", message=warning), err=True)
    if document.textless_pages:
        pages = ", ".join(map(str, document.textless_pages))
        click.echo(say("warning", message=message("warnings.cli_textless", pages=pages)), err=True)

"""CSV and TSV: one column of a table as a text, a cell a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from documents.decoding import decode
from documents.document import FILE, Document, check_text
from errors import InputError, TextlessDocument, UnreadableDocument
from wording import message

MAX_COLUMNS = 1000
DELIMITERS = ",;\t|"  # of .csv files, in order of preference


def read_table(data: bytes, column: str | None, delimiters: str = DELIMITERS) -> Document:
    """The cells of `column` below the first line, which names the columns; blank ones left out.

    `column` is a name of `columns`, or a number from 1. Without one, a table of several columns
    gives no text. Raises InputError (field `column`) for a column that is not there.
    """
    text, encoding = decode(data)
    check_text(text)
    delimiter = delimiter_of(text, delimiters)
    rows = _rows(text, delimiter)
    columns = _names(next(rows, []))
    if column is None and len(columns) > 1:
        return Document(None, encoding, columns=columns)
    place = _place(column, columns) if column is not None else 0
    cells = (row[place].strip() for row in rows if len(row) > place)
    found = check_text(
        "\n".join(cell for cell in cells if cell),
        message("errors.documents_column_empty")
        if len(columns) > 1
        else message("errors.documents_rows_empty"),
    )
    return Document(found, encoding, columns=columns)


def delimiter_of(text: str, delimiters: str = DELIMITERS) -> str:
    """The one that parts the first line into the most cells; of equals the first."""
    return max(delimiters, key=lambda one: _width(text, one))


def _width(text: str, delimiter: str) -> int:
    """Cells of the first line if this is what stands between them; 0 if it cannot be."""
    try:
        return len(next(csv.reader(_lines(text), delimiter=delimiter), []))
    except csv.Error:
        return 0


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows that are not blank."""
    try:
        for row in csv.reader(_lines(text), delimiter=delimiter, strict=True):
            if any(cell.strip() for cell in row):
                yield row
    except csv.Error as error:
        raise UnreadableDocument(
            message("errors.documents_table_unreadable", reason=str(error)), field=FILE
        ) from error


def _lines(text: str) -> io.StringIO:
    # Other than str.splitlines it ends a line at "\n" alone, which is what CSV means.
    return io.StringIO(text.lstrip("\n"), newline="\n")


def _names(row: list[str]) -> tuple[str, ...]:
    """A name for each column that no other has; blank and repeated ones get their number."""
    if len(row) > MAX_COLUMNS:
        raise UnreadableDocument(
            message("errors.documents_too_many_columns", limit=MAX_COLUMNS), field=FILE
        )
    if not row:
        raise TextlessDocument(message("errors.documents_table_empty"), field=FILE)
    names: list[str] = []
    for number, cell in enumerate(row, start=1):
        name = " ".join(cell.split())
        while not name or name in names:
            name = f"{name} #{number}".strip()
        names.append(name)
    return tuple(names)


def _place(column: str, columns: tuple[str, ...]) -> int:
    wanted = " ".join(column.split())
    if wanted in columns:
        return columns.index(wanted)
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:9]) <= len(columns):
        return int(wanted) - 1
    shown = ", ".join(name[:40] for name in columns[:20]) + (", …" if len(columns) > 20 else "")
    raise InputError(
        message(
            "errors.documents_no_column", wanted=wanted[:40], columns=shown, count=len(columns)
        ),
        field="column",
    )

"""CSV and TSV: one column of a table as a text, a cell a line."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from documents.decoding import decode
from documents.document import FILE, Document, check_text
from errors import InputError, TextlessDocument, UnreadableDocument
from wording import Message, message

MAX_COLUMNS = 1000
DELIMITERS = ",;\t|"  # of .csv files, in order of preference
MAX_CELL = 64_000_000  # characters; what a text may have is the caller's affair
REREAD = 500_000_000  # characters that are read again after quotation marks that nobody closed
MAX_NAMED = 20  # rows that a warning names
_SEP_LINE = re.compile(r'"?sep=([^"\r\n])"?[ \t]*(?:\r\n|\n|\r|$)', re.IGNORECASE)
csv.field_size_limit(MAX_CELL)  # of the process: Python's 131,072 are less than a book


@dataclass(frozen=True)
class Row:
    """Cells, or why they cannot be read, and the lines that they stand in, from 1."""

    first: int
    last: int
    cells: tuple[str, ...] = ()
    error: str = ""

    @property
    def blank(self) -> bool:
        """Whether there is nothing in it."""
        return not self.error and not any(cell.strip() for cell in self.cells)


def read_table(data: bytes, column: str | None, delimiters: str = DELIMITERS) -> Document:
    """The cells of `column` below the first line, which names the columns; blank ones left out.

    `column` is a name of `columns`, or a number from 1. Without one, a table of several columns
    gives no text. Raises InputError (field `column`) for a column that is not there.
    """
    text, encoding = decode(data)
    check_text(text)
    stated, body = split_sep(text)
    start = len(body) - len(body.lstrip("\n"))
    delimiter = stated or delimiter_of(body[start:], delimiters)
    above = text[: len(text) - len(body) + start].count("\n")
    rows = (row for row in table_rows(_lines(body[start:]), delimiter) if not row.blank)
    columns = _names(_first(rows))
    if column is None and len(columns) > 1:
        return Document(None, encoding, columns=columns)
    place = _place(column, columns) if column is not None else 0
    cells: list[str] = []
    lost: list[Row] = []
    for row in rows:
        if row.error:
            lost.append(row)
            continue
        # In a table of one column a comma is a comma, though nobody has put quotation marks.
        cell = delimiter.join(row.cells) if len(columns) == 1 else _cell(row, place)
        if cell.strip():
            cells.append(cell.strip())
    if lost and not cells:
        raise _unreadable(lost[0])
    empty = "errors.documents_column_empty" if len(columns) > 1 else "errors.documents_rows_empty"
    found = check_text("\n".join(cells), message(empty))
    warnings = (_lost(lost, above),) if lost else ()
    return Document(found, encoding, columns=columns, warnings=warnings)


def _cell(row: Row, place: int) -> str:
    return row.cells[place] if len(row.cells) > place else ""


def _first(rows: Iterator[Row]) -> tuple[str, ...]:
    row = next(rows, None)
    if row is not None and row.error:
        raise _unreadable(row)
    return row.cells if row is not None else ()


def _unreadable(row: Row) -> UnreadableDocument:
    return UnreadableDocument(
        message("errors.documents_table_unreadable", reason=row.error), field=FILE
    )


def _lost(rows: list[Row], above: int) -> Message:
    """What is said of rows that cannot be read; `above` lines stand above the table."""
    places = [(row.first + above, row.last + above) for row in rows[:MAX_NAMED]]
    shown = ", ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in places)
    more = ", …" if len(rows) > MAX_NAMED else ""
    return message("warnings.documents_rows_lost", count=len(rows), lines=shown + more)


def split_sep(text: str) -> tuple[str | None, str]:
    """The delimiter that a first line `sep=;` states, as Excel writes it, and the text below it."""
    first = _SEP_LINE.match(text)
    return (first[1], text[first.end() :]) if first else (None, text)


def delimiter_of(text: str, delimiters: str = DELIMITERS) -> str:
    """The one that parts the first line into the most cells; of equals the first."""
    return max(delimiters, key=lambda one: _width(text, one))


def _width(text: str, delimiter: str) -> int:
    """Cells of the first line if this is what stands between them; 0 if it cannot be."""
    try:
        return len(next(csv.reader(_lines(text), delimiter=delimiter), []))
    except csv.Error:
        return 0


def table_rows(lines: Iterable[str], delimiter: str) -> Iterator[Row]:
    """Every row; one that cannot be read costs no other one.

    A quotation mark that nobody closed would take in the rows below: they are read once more, by
    themselves. `REREAD` bounds how much that may be.
    """
    source = _Source(iter(lines))
    while True:
        source.begin()
        reader = csv.reader(source, delimiter=delimiter, strict=True)
        try:
            cells = next(reader, None)
        except csv.Error as error:
            first, last = source.give_back()
            yield Row(first, last, error=str(error))
            continue
        if cells is None:
            return
        yield Row(source.first, source.number, tuple(cells))


class _Source:
    """Lines that can be given back; those of the row that is being read are kept."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._left = REREAD
        self.number = 0
        self.first = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._taken.append(line)
        self.number += 1
        return line

    def begin(self) -> None:
        """The next line begins a row."""
        self._taken = []
        self.first = self.number + 1

    def give_back(self) -> tuple[int, int]:
        """All lines of the row but its first one come again; which lines do not."""
        size = sum(map(len, self._taken))
        if size > self._left:
            return self.first, self.number
        self._left -= size
        self._again.extendleft(reversed(self._taken[1:]))
        self.number = self.first
        return self.first, self.first


def _lines(text: str) -> io.StringIO:
    # Other than str.splitlines it ends a line at "\n" alone, which is what CSV means.
    return io.StringIO(text, newline="\n")


def _names(row: tuple[str, ...]) -> tuple[str, ...]:
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

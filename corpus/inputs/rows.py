"""Documents in the rows of a JSON Lines or CSV file, read as a stream, however long it is."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from corpus.inputs.entry import MAX_TEXT, Entry, Fields, entry_of
from documents.decoding import decode
from documents.tables import DELIMITERS, delimiter_of, split_sep, table_rows
from errors import InputError
from wording import message

SAMPLE = 64_000  # bytes by which a table's encoding is told
_CODECS = {"UTF-8": "utf-8-sig", "UTF-16": "utf-16", "GB18030": "gb18030"}


class JsonlInput:
    """A JSON object a line, in UTF-8; blank lines are none."""

    def __init__(self, path: Path, fields: Fields) -> None:
        self._path = path
        self._fields = fields
        self.size = path.stat().st_size

    def __iter__(self) -> Iterator[Entry]:
        at = number = 0
        with self._path.open("rb") as file:
            while line := file.readline(MAX_TEXT):
                number += 1
                at += len(line)
                whole = True
                while not line.endswith(b"\n") and (rest := file.readline(MAX_TEXT)):
                    whole = False
                    at += len(rest)
                    line = rest  # only to find its end
                place = f"{self._path.name}:{number}"
                if not whole:
                    yield Entry(
                        place, at, error=message("errors.corpus_line_too_long", limit=MAX_TEXT)
                    )
                elif line.strip():
                    yield self._entry(line, place, at, first=number == 1)

    def _entry(self, line: bytes, place: str, at: int, first: bool) -> Entry:
        try:
            row = json.loads(line.decode("utf-8-sig" if first else "utf-8"))
        except UnicodeDecodeError:
            return Entry(place, at, error=message("errors.corpus_line_not_utf8"))
        except (ValueError, RecursionError) as error:
            return Entry(place, at, error=message("errors.corpus_line_not_json", reason=str(error)))
        if not isinstance(row, dict):
            return Entry(place, at, error=message("errors.corpus_line_no_object"))
        return entry_of(row, self._fields, place, at)


class CsvInput:
    """A table whose first line names the columns, in UTF-8, UTF-16 with a mark, or GB18030."""

    def __init__(self, path: Path, fields: Fields) -> None:
        self._path = path
        self._fields = fields
        self.size = path.stat().st_size
        with path.open("rb") as file:
            sample = file.read(SAMPLE)
        # A sample ends anywhere; its last line may be half a character.
        whole = sample if len(sample) < SAMPLE else sample[: sample.rfind(b"\n") + 1]
        if whole.startswith((b"\xff\xfe", b"\xfe\xff")):
            whole = whole[: len(whole) // 2 * 2]
        text, encoding = decode(whole)
        self._codec = _CODECS[encoding]
        delimiters = "\t" if path.suffix.lower() == ".tsv" else DELIMITERS
        stated, body = split_sep(text)
        self._skip = int(stated is not None)
        self._delimiter = stated or delimiter_of(body, delimiters)
        head = next(table_rows(io.StringIO(body, newline=""), self._delimiter), None)
        check_columns([name.strip() for name in head.cells] if head else [], fields)

    def __iter__(self) -> Iterator[Entry]:
        with self._path.open("rb") as raw:
            # What is no character comes through as half a one, and is one row's error.
            text = io.TextIOWrapper(raw, self._codec, errors="surrogateescape", newline="")
            yield from self._rows(raw, text)

    def _rows(self, raw: IO[bytes], text: IO[str]) -> Iterator[Entry]:
        if self._skip:
            text.readline()
        rows = table_rows(text, self._delimiter)
        columns = [name.strip() for name in next(rows).cells]
        for row in rows:
            place = f"{self._path.name}:{row.first + self._skip}"
            if row.error:
                reason = message("errors.corpus_row_unreadable", reason=row.error)
                yield Entry(place, raw.tell(), error=reason)
            elif not row.blank:
                yield self._entry(columns, row.cells, place, raw.tell())

    def _entry(self, columns: list[str], row: tuple[str, ...], place: str, at: int) -> Entry:
        if any("\ud800" <= char <= "\udfff" for cell in row for char in cell):
            return Entry(place, at, error=message("errors.corpus_row_bytes"))
        if len(row) > len(columns):
            reason = message("errors.corpus_row_cells", cells=len(row), columns=len(columns))
            return Entry(place, at, error=reason)
        cells: dict[str, object] = dict(zip(columns, row, strict=False))
        cells[self._fields.id] = cells.get(self._fields.id) or None  # a blank cell is no id
        return entry_of(cells, self._fields, place, at)


def check_columns(columns: list[str], fields: Fields) -> None:
    """InputError naming the option to change where a column that was asked for is not there."""
    shown = ", ".join(name[:40] for name in columns[:20]) or message("errors.none_found")
    requested = [("--text-field", fields.text), ("--entity-field", fields.entity)]
    if fields.id_asked:
        requested.append(("--id-field", fields.id))
    for option, name in requested:
        if name is not None and name not in columns:
            raise InputError(
                message("errors.corpus_no_column", name=name, columns=shown, option=option),
                field=option,
            )

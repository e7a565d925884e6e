"""JSON Lines and one JSON array: the lossless forms, and the reader of the first.

A line is an answer as POST /get_response gives it, behind the `id` and the `text` it was made from.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn

from errors import InputError
from knowledge.record import Record, read_record
from wording import message

# Line ends to JavaScript's and Python's splitlines, though not to JSON; they stand in strings only.
_LINE_ENDS = {ord(char): f"\\u{ord(char):04x}" for char in "\x85\u2028\u2029"}


def write_jsonl(records: Iterable[Record]) -> Iterator[str]:
    """One line a record."""
    for record in records:
        yield one_line(record.to_json()) + "\n"


def write_json(records: Iterable[Record]) -> Iterator[str]:
    """One array with a record a line."""
    before = "[\n"
    for record in records:
        yield before + one_line(record.to_json())
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def read_jsonl(lines: Iterable[bytes]) -> Iterator[Record]:
    """The records of a file that is open in binary; blank lines are passed over.

    Raises InputError naming the line and the field.
    """
    for number, line in enumerate(lines, start=1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            raise InputError(message("errors.export_line_not_utf8", number=number)) from error
        if not text:
            continue
        try:
            yield read_record(json.loads(text, parse_constant=_refuse_constant))
        except InputError as error:
            raise InputError(
                message("errors.export_line", number=number, reason=error.message),
                field=error.field,
            ) from error
        except (ValueError, RecursionError) as error:
            raise InputError(
                message("errors.export_line_not_json", number=number, reason=str(error))
            ) from error


def one_line(value: Mapping[str, Any]) -> str:
    """The JSON of an answer with its text, without a line end in it for any reader of lines."""
    return json.dumps(value, ensure_ascii=False).translate(_LINE_ENDS)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")

"""Reads `spans`: the parts of a text that a user wants read, as those that failed before."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from pydantic import BaseModel, Field

from errors import InputError
from knowledge.text.spans import Span
from wording import message

MAX_SPANS = 200

_Offset = Annotated[int, Field(ge=0)]


class PartForm(BaseModel):
    """A part by its offsets, as an element of an answer's `failed` has them."""

    start: _Offset
    end: _Offset


# What `read_spans` takes.
SpansForm = (
    str
    | Annotated[list[tuple[_Offset, _Offset] | PartForm], Field(min_length=1, max_length=MAX_SPANS)]
)

_RANGE = re.compile(r"\s*(\d{1,9})\s*[-–]\s*(\d{1,9})\s*")


def read_spans(value: Any) -> tuple[Span, ...]:
    """The spans of a list of pairs, of such a list as JSON text, or of a line "0-800,1600-2400".

    Raises InputError with the field `spans`. Whether they fit a text is for `check_spans`.
    """
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        value = _from_text(value)
    if not isinstance(value, list) or not 0 < len(value) <= MAX_SPANS:
        raise InputError(message("errors.spans_count", limit=MAX_SPANS), field="spans")
    spans = []
    for pair in value:
        if isinstance(pair, dict):  # an element of an answer's `failed`
            pair = [pair.get("start"), pair.get("end")]
        whole = isinstance(pair, list) and all(type(offset) is int for offset in pair)
        if not whole or len(pair) != 2:
            raise InputError(message("errors.spans_form"), field="spans")
        spans.append(Span(pair[0], pair[1]))
    return tuple(spans)


def check_spans(spans: tuple[Span, ...], start: int, end: int) -> None:
    """InputError unless the spans lie in order and apart within `start` and `end`."""
    at = 0
    for span in spans:
        if not at <= span.start < span.end <= end:
            raise InputError(
                message("errors.spans_invalid", start=span.start, end=span.end, length=end),
                field="spans",
            )
        at = span.end
    if spans and at <= start:
        raise InputError(message("errors.spans_outside"), field="spans")


def _from_text(text: str) -> Any:
    if text.lstrip()[:1] == "[":
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(
                message("errors.spans_not_json", reason=str(error)), field="spans"
            ) from error
    ranges = [_RANGE.fullmatch(part) for part in text.split(",")]
    return [[int(found[1]), int(found[2])] if found else None for found in ranges]

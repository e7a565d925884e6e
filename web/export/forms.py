"""Validates the body of POST /export: a format, and answers in the form they were given in.

Every complaint names its field, down to `answers.0.knowledge.triples.2.head`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from flask import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from errors import TooLarge
from export.formats import FormatName, iris_of
from export.iris import Iris
from knowledge.record import AnswerForm, Record, read_record
from settings import Settings
from validation import ReadAs, input_error
from web.body import read_json
from wording import message

MAX_ANSWERS = 1000


class ExportForm(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: FormatName
    answers: Annotated[
        list[Annotated[Any, ReadAs(AnswerForm)]], Field(min_length=1, max_length=MAX_ANSWERS)
    ]
    base_iri: str | None = None


@dataclass(frozen=True)
class Export:
    """What to write, and how."""

    format: FormatName
    records: tuple[Record, ...]
    iris: Iris


def read_export(request: Request, settings: Settings) -> Export:
    """The export that a request asks for.

    Raises InputError (400), TooLarge (413) or UnsupportedMedia (415).
    """
    fields = _validate(read_json(request, "answers", large=True))
    iris = iris_of(fields.format, fields.base_iri)
    records = tuple(_record(value, number, settings) for number, value in enumerate(fields.answers))
    return Export(fields.format, records, iris)


def _record(value: Any, number: int, settings: Settings) -> Record:
    at = f"answers.{number}"
    record = read_record(value, f"{at}.")
    if len(record.text) > settings.max_chars:
        raise TooLarge(
            message(
                "errors.web_export_text_too_long",
                at=at,
                length=len(record.text),
                limit=settings.max_chars,
            ),
            field=f"{at}.text",
        )
    return record


def _validate(raw: dict[str, Any]) -> ExportForm:
    try:
        return ExportForm.model_validate(raw)
    except ValidationError as error:
        raise input_error(error, remedy=message("errors.export_remedy")) from error

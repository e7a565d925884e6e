"""The form of a request: what its fields may be, and the first complaint as an InputError."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from validation import input_error

F = TypeVar("F", bound=BaseModel)


class Form(BaseModel):
    """A JSON object with these fields and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def validate(form: type[F], raw: Mapping[str, Any], at: str = "") -> F:
    """The form; InputError names its first wrong field, with `at` before the name."""
    try:
        return form.model_validate(raw)
    except ValidationError as error:
        raise input_error(error, at) from error

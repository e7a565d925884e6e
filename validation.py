"""From pydantic's complaints to an InputError, and the checks that every string needs.

Validators raise `ValueError(message(…))`; pydantic's own complaints that users meet have keys
`errors.pydantic_<type>`, the others stay in pydantic's English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import GetJsonSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, ErrorDetails

from errors import InputError
from wording import Message, message, table

_SURROGATE = re.compile("[\ud800-\udfff]")
_COUNTED = ("min_length", "max_length")  # what chooses the plural form


@dataclass(frozen=True)
class ReadAs:
    """In `Annotated[Any, ReadAs(kind)]`: a value that its own module reads later, in its own words.

    Changes nothing in validation; JSON schemas, as in `/openapi.json`, describe `kind`.
    """

    kind: Any

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(TypeAdapter(self.kind).core_schema)


@dataclass(frozen=True)
class Fault:
    """A complaint of pydantic: the path to the field and the reason, a Message where possible."""

    path: tuple[int | str, ...]
    reason: str

    @property
    def field(self) -> str:
        return ".".join(str(part) for part in self.path)


def first_fault(
    error: ValidationError,
    choose: Callable[[Sequence[ErrorDetails]], ErrorDetails] = lambda faults: faults[0],
) -> Fault:
    """The first complaint, or the one that `choose` takes."""
    details = choose(error.errors(include_url=False))
    return Fault(tuple(details["loc"]), _reason(details))


def input_error(
    error: ValidationError, at: str = "", *, default: str = "", remedy: str = ""
) -> InputError:
    """InputError that names the first wrong field.

    `at` goes before the name of the field, `default` is the name where the value as a whole is
    wrong, `remedy` says what to send instead.
    """
    fault = first_fault(error)
    field = (at + fault.field).rstrip(".")[:100] or default
    return field_error(field, fault.reason, remedy)


def field_error(field: str, reason: str, remedy: str = "") -> InputError:
    """InputError for a field with a reason that has no full stop."""
    if remedy:
        text = message("errors.field_invalid_remedy", field=field, reason=reason, remedy=remedy)
    else:
        text = message("errors.field_invalid", field=field, reason=reason)
    return InputError(text, field=field)


def check_text(name: str, value: str, field: str | None = None) -> None:
    """InputError for a NUL character or half a character; `name` is what the message names."""
    reason = text_fault(value)
    if reason is not None:
        text = message("errors.field_invalid", field=name, reason=reason)
        raise InputError(text, field=field or name)


def text_fault(value: str) -> Message | None:
    """Why the string is not a text that can be stored and sent, or None."""
    if "\x00" in value:
        return message("errors.nul_character")
    if has_surrogate(value):
        return message("errors.lone_surrogate")
    return None


def has_surrogate(value: str) -> bool:
    """Whether it holds half a character, which JSON can spell and UTF-8 cannot."""
    return _SURROGATE.search(value) is not None


def _reason(details: ErrorDetails) -> str:
    context: Mapping[str, Any] = details.get("ctx", {})
    if details["type"] == "value_error":
        raised = context.get("error")
        if isinstance(raised, ValueError) and raised.args and isinstance(raised.args[0], str):
            return raised.args[0]
        return details["msg"].removeprefix("Value error, ")
    key = f"errors.pydantic_{details['type']}"
    if key not in table("en"):
        return details["msg"]
    values = {name: _value(name, value) for name, value in context.items()}
    for name in _COUNTED:
        if name in context:
            values["count"] = context[name]
    return message(key, **values)


def _value(name: str, value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)  # as pydantic writes it
    if name == "expected" and isinstance(value, str) and " or " in value:
        first, _, last = value.rpartition(" or ")
        return message("errors.pydantic_or", first=first, last=last)
    return value

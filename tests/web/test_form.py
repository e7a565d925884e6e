"""Forms of JSON: these fields and no others, of these types and no others."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import Field, ValidationError

from errors import InputError
from web.form import Form, validate
from wording import Message


class _Part(Form):
    size: int = Field(ge=1)


class _Whole(Form):
    name: str
    kind: Literal["a", "b"] = "a"
    share: float | None = None
    parts: list[_Part] = Field(default_factory=list)


def test_what_fits_is_typed_and_has_its_defaults() -> None:
    got = validate(_Whole, {"name": "x", "parts": [{"size": 2}], "share": 1})
    assert got == _Whole(name="x", kind="a", share=1.0, parts=[_Part(size=2)])
    with pytest.raises(ValidationError):
        got.name = "y"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("raw", "field", "reason"),
    [
        ({}, "name", "Field required"),
        ({"name": None}, "name", "valid string"),
        ({"name": 5}, "name", "valid string"),
        ({"name": True}, "name", "valid string"),
        ({"name": "x", "colour": 1}, "colour", "Extra inputs"),
        ({"name": "x", "kind": "c"}, "kind", "'a' or 'b'"),
        ({"name": "x", "share": "1"}, "share", "valid number"),
        ({"name": "x", "parts": {}}, "parts", "valid list"),
        ({"name": "x", "parts": ({"size": 1},)}, "parts", "valid list"),
        ({"name": "x", "parts": [{"size": 1}, {"size": "2"}]}, "parts.1.size", "valid integer"),
        ({"name": "x", "parts": [{"size": 1.5}]}, "parts.0.size", "valid integer"),
        ({"name": "x", "parts": [{"size": True}]}, "parts.0.size", "valid integer"),
        ({"name": "x", "parts": [{"size": 0}]}, "parts.0.size", "greater than or equal to 1"),
        ({"name": 1, "kind": 1}, "name", "valid string"),  # the first of several
    ],
)
def test_the_first_fault_names_its_field(raw: dict[str, Any], field: str, reason: str) -> None:
    for at in ("", "answers.3."):
        with pytest.raises(InputError) as caught:
            validate(_Whole, raw, at)
        error = caught.value
        assert (error.status, error.field) == (400, at + field)
        assert reason in error.message
        assert isinstance(error.message, Message) and field in error.message.to("zh")


def test_a_long_name_is_cut() -> None:
    with pytest.raises(InputError) as caught:
        validate(_Whole, {"name": "x", "y" * 5000: 1})
    assert caught.value.field == "y" * 100
    assert len(caught.value.message) < 300

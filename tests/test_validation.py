"""Complaints of pydantic as errors that name a field, in both languages; unusable texts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from errors import InputError
from validation import check_text, field_error, first_fault, has_surrogate, input_error, text_fault
from wording import Message, localised, message


class _Item(BaseModel):
    size: int = Field(1, ge=1, le=9)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field("ab", min_length=2, max_length=3, pattern="^[a-z]+$")
    kind: Literal["a", "b", "c"] = "a"
    share: float = Field(0, lt=1.5, allow_inf_nan=False)
    items: list[_Item] = Field(default_factory=list, max_length=2)
    names: Annotated[list[str], Field(min_length=1)] = ["a"]
    pair: tuple[str, str] = ("a", "b")
    table: dict[str, int] = Field(default_factory=dict)
    even: int = 0
    odd: int = 1

    @field_validator("even")
    @classmethod
    def _check_even(cls, value: int) -> int:
        if value % 2:
            raise ValueError(message("errors.not_boolean"))
        return value

    @field_validator("odd")
    @classmethod
    def _check_odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("is even")
        return value


def fault_of(raw: Any) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        _Model.model_validate(raw)
    return caught.value


@pytest.mark.parametrize(
    ("raw", "path", "english", "chinese"),
    [
        ({"colour": 1}, ("colour",), "Extra inputs are not permitted", None),
        ({"name": 1}, ("name",), "Input should be a valid string", "应为字符串"),
        ({"name": "a"}, ("name",), "String should have at least 2 characters", "至少应有 2 个字符"),
        ({"name": "abcd"}, ("name",), "String should have at most 3 characters", None),
        ({"name": "AB"}, ("name",), "String should match pattern '^[a-z]+$'", None),
        ({"kind": "d"}, ("kind",), "Input should be 'a', 'b' or 'c'", "应为 'a', 'b' 或 'c'"),
        ({"share": 2}, ("share",), "Input should be less than 1.5", "应小于 1.5"),
        ({"share": float("nan")}, ("share",), "Input should be a finite number", None),
        ({"items": 1}, ("items",), "Input should be a valid list", "应为列表"),
        ({"items": [{"size": 0}]}, ("items", 0, "size"),
         "Input should be greater than or equal to 1", None),
        ({"items": [{}] * 3}, ("items",), "List should have at most 2 items", "最多可有 2 项"),
        ({"names": []}, ("names",), "List should have at least 1 item, not 0",
         "至少应有 1 项，现有 0 项"),
        ({"even": 3}, ("even",), str(message("errors.not_boolean")),
         message("errors.not_boolean").to("zh")),
        ({"table": []}, ("table",), "Input should be a JSON object", None),
    ],
)  # fmt: skip
def test_a_fault_has_a_path_and_a_reason_in_both_languages(
    raw: Any, path: tuple[int | str, ...], english: str, chinese: str | None
) -> None:
    fault = first_fault(fault_of(raw))
    assert fault.path == path
    assert fault.field == ".".join(str(part) for part in path)
    assert str(fault.reason) == english
    assert isinstance(fault.reason, Message)
    if chinese is not None:
        assert fault.reason.to("zh") == chinese
    assert fault.reason.to("zh") != english


def test_a_reason_without_a_text_of_ours_stays_as_it_is() -> None:
    assert first_fault(fault_of({"odd": 2})).reason == "is even"
    assert localised(first_fault(fault_of({"odd": 2})).reason, "zh") == "is even"


def test_which_fault_is_chosen() -> None:
    error = fault_of({"name": 1, "kind": "d"})
    assert first_fault(error).field == "name"
    assert first_fault(error, lambda faults: faults[-1]).field == "kind"


def test_the_error_names_the_field_and_the_remedy() -> None:
    error = input_error(fault_of({"items": [{"size": 0}]}), "answers.3.", remedy="send less")
    assert (error.status, error.field) == (400, "answers.3.items.0.size")
    assert error.message == (
        "answers.3.items.0.size: Input should be greater than or equal to 1; send less."
    )
    assert isinstance(error.message, Message)
    assert error.message.to("zh") == "answers.3.items.0.size：应大于或等于 1；send less。"


def test_the_value_as_a_whole_has_the_default_name() -> None:
    assert input_error(fault_of(5), default="body").field == "body"
    assert input_error(fault_of(5), "answers.3.", default="body").field == "answers.3"
    assert input_error(fault_of({"name": 1}), default="body").field == "name"


def test_a_long_name_is_cut() -> None:
    assert input_error(fault_of({"x" * 500: 1})).field == "x" * 100


def test_an_error_of_a_field_without_a_remedy() -> None:
    error = field_error("KEX_PORT", "is no number")
    assert (error.message, error.field) == ("KEX_PORT: is no number.", "KEX_PORT")


@pytest.mark.parametrize("text", ["", "鲁迅", "😀", "a\tb\r\nc", "\ufffd", "\ufeff", "\U0010ffff"])
def test_texts_that_can_be_stored(text: str) -> None:
    assert text_fault(text) is None
    assert not has_surrogate(text)
    check_text("user_input", text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("a\x00b", "errors.nul_character"),
        ("\ud800", "errors.lone_surrogate"),
        ("a\udfff", "errors.lone_surrogate"),
        ("\ud83d\ude00", "errors.lone_surrogate"),  # two halves are no character in a string
        ("\x00\ud800", "errors.nul_character"),
    ],
)
def test_texts_that_cannot_be_stored(text: str, key: str) -> None:
    assert text_fault(text) == message(key)
    assert has_surrogate(text) == any("\ud800" <= one <= "\udfff" for one in text)
    for field in (None, "examples"):
        with pytest.raises(InputError) as caught:
            check_text("examples.0", text, field)
        assert caught.value.field == (field or "examples.0")
        assert caught.value.message == f"examples.0: {message(key)}."

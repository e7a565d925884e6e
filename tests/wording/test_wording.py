"""The tables of both languages have the same keys and placeholders; a Message changes language."""

from __future__ import annotations

import pickle
from string import Formatter

import pytest

from wording import localised, message, table


def forms(text: object) -> list[str]:
    return list(text.values()) if isinstance(text, dict) else [str(text)]


def placeholders(text: object) -> set[str]:
    return {name for form in forms(text) for _, name, _, _ in Formatter().parse(form) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert table("en").keys() == table("zh").keys()


@pytest.mark.parametrize("key", table("en"))
def test_both_languages_have_the_same_placeholders(key: str) -> None:
    assert placeholders(table("en")[key]) == placeholders(table("zh")[key])


def test_a_message_is_english_and_says_itself_in_chinese() -> None:
    said = message("errors.entity_too_long", limit=200)
    assert said == "entity is longer than 200 characters."
    assert said.to("zh") == "entity 超过 200 个字符。"


def test_messages_inside_of_values_follow_the_language() -> None:
    said = message("errors.entity_too_long", limit=3)
    outer = message("errors.entity_too_long", limit=said)
    assert said.to("zh") in outer.to("zh")
    assert localised({"warnings": [said], "n": 1}, "zh") == {"warnings": [said.to("zh")], "n": 1}


def test_a_message_survives_another_process() -> None:
    said = message("errors.entity_too_long", limit=3)
    assert pickle.loads(pickle.dumps(said)).to("zh") == said.to("zh")  # noqa: S301


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        message("errors.no_such_key")

from __future__ import annotations

from typing import Any

import pytest

from conversation.chat import DESCRIBE, MAX_TURNS, Chat, Turn, make_chat, turns_of
from errors import InputError, TooLarge
from models.base import Image, Message

PICTURE = Image(b"png", "image/png")


def chat(question: str, history: tuple[Turn, ...] = (), **more: Any) -> Chat:
    given: dict[str, Any] = {"max_chars": 50, "max_tokens": 9, "lang": "en", **more}
    return make_chat(question, history, **given)


def test_a_talk_in_rounds() -> None:
    history = (Turn("Hi", "Hello"), Turn("Who?", "Kex"))
    made = chat("Why?", history)
    assert [message.role for message in made.messages] == ["user", "assistant"] * 2 + ["user"]
    assert turns_of((*made.messages, Message("assistant", "So."))) == (
        *history,
        Turn("Why?", "So."),
    )
    assert (made.temperature, made.max_tokens) == (0.8, 9)


def test_the_picture_belongs_to_the_first_thing_said() -> None:
    made = chat("And now?", (Turn("What is it?", "A duck."),), image=PICTURE)
    assert [message.images for message in made.messages] == [(PICTURE,), (), ()]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_picture_without_a_word_is_described(lang: Any) -> None:
    assert chat(" \n", image=PICTURE, lang=lang).messages[-1].content == DESCRIBE[lang]


@pytest.mark.parametrize(
    ("question", "history", "field"),
    [
        ("", (), "user_input"),
        (" \n", (Turn("a", "b"),), "user_input"),
        ("a\x00", (), "user_input"),
        ("a", (Turn("b", "c\x00"),), "history"),
    ],
)
def test_what_cannot_be_asked(question: str, history: tuple[Turn, ...], field: str) -> None:
    with pytest.raises(InputError) as caught:
        chat(question, history)
    assert caught.value.field == field


def test_the_bounds_hold_for_history_and_question_together() -> None:
    assert chat("a" * 20, (Turn("b" * 10, "c" * 20),))
    with pytest.raises(TooLarge) as caught:
        chat("a" * 21, (Turn("b" * 10, "c" * 20),))
    assert caught.value.field == "history"
    turns = (Turn("", ""),) * MAX_TURNS
    assert chat("a", turns)
    with pytest.raises(TooLarge) as caught:
        chat("a", (*turns, Turn("", "")))
    assert str(MAX_TURNS) in caught.value.message

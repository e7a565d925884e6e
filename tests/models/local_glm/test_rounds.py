from __future__ import annotations

from pathlib import Path

import pytest

from errors import InputError, TooLarge
from models.base import Image, Message
from models.local_glm.rounds import Talk, fit_talk, read_talk, shortcomings
from models.visualglm.text.tokenizer import Tokenizer

FIRST, SECOND = Image(b"1", "image/png"), Image(b"2", "image/png")


@pytest.fixture(scope="module")
def tokenizer(tiny_glm: Path) -> Tokenizer:
    return Tokenizer(tiny_glm / "ice_text.model")


def test_messages_become_rounds() -> None:
    talk = read_talk(
        [
            Message("system", "Be brief."),
            Message("user", "one", (FIRST,)),
            Message("user", "two"),
            Message("assistant", "three"),
            Message("user", "four", (SECOND,)),
        ]
    )
    assert talk == Talk("Be brief.", (("one\ntwo", "three"),), "four", SECOND, 1)


def test_a_talk_may_begin_with_an_answer() -> None:
    talk = read_talk([Message("assistant", "hello"), Message("user", "hi")])
    assert (talk.history, talk.query) == ((("", "hello"),), "hi")


@pytest.mark.parametrize("messages", [[], [Message("user", "a"), Message("assistant", "b")]])
def test_the_last_word_is_the_users(messages: list[Message]) -> None:
    with pytest.raises(InputError, match="last message") as caught:
        read_talk(messages)
    assert caught.value.field == "messages"


def test_the_system_text_outlives_dropped_rounds(tokenizer: Tokenizer) -> None:
    history = tuple((f"question {n} " * 5, "answer " * 5) for n in range(10))
    talk = Talk("Rules apply.", history, "last question")
    whole, none = fit_talk(tokenizer, talk, 4, 5000)
    assert none == 0
    prompt, dropped = fit_talk(tokenizer, talk, 4, len(whole.ids) // 2)
    text = tokenizer.decode(prompt.ids)
    assert len(prompt.ids) <= len(whole.ids) // 2
    assert 0 < dropped < 10
    assert "Rules apply." in text
    assert "question 9" in text
    assert "question 0" not in text


def test_a_question_that_is_too_long_alone_is_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(TooLarge) as caught:
        fit_talk(tokenizer, Talk("", (), "word " * 500), 4, 100)
    assert caught.value.field == "user_input"


def test_what_was_left_out_is_said() -> None:
    talk = Talk("", (), "?", SECOND, 1)
    assert shortcomings(Talk("", (), "?"), 0) is None
    assert "oldest round was" in str(shortcomings(talk, 1))
    assert "one image" in str(shortcomings(talk, 1))

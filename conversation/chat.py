"""A talk with a model, fully specified: what the edges hand to `converse`.

Knows nothing of HTTP, nor of knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from errors import InputError, TooLarge
from models.base import Image, Message, Sampling
from validation import check_text
from wording import message

Lang = Literal["zh", "en"]

MAX_TURNS = 100
OWN_WAY = Sampling()  # the model draws as it likes
TEMPERATURE = 0.8  # as in the official VisualGLM demos, where a request does not say

# What the official demo asks of a picture that comes without a question.
DESCRIBE: Mapping[Lang, str] = {"zh": "描述这张图片。", "en": "Describe this image."}


@dataclass(frozen=True)
class Turn:
    """A question and its answer."""

    question: str
    answer: str
    cut: bool = False  # the answer was not written to its end


@dataclass(frozen=True)
class Chat:
    """What was said so far, the question last, and how the answer shall be.

    `lang` is the language of what is said about the answer, not of the answer. `json_schema`
    (root: an object) holds it to a form.
    """

    messages: tuple[Message, ...]
    max_tokens: int
    lang: Lang = "en"
    temperature: float = TEMPERATURE
    sampling: Sampling = OWN_WAY
    json_schema: Mapping[str, Any] | None = None


def make_chat(
    question: str,
    history: Sequence[Turn] = (),
    image: Image | None = None,
    *,
    max_chars: int,
    max_tokens: int,
    lang: Lang,
    temperature: float | None = None,
    sampling: Sampling = OWN_WAY,
) -> Chat:
    """A talk in rounds about at most one picture, which belongs to the first thing that was said.

    `max_chars` bounds history and question together, in characters. Raises InputError where
    there is no question and no picture that it could be about, and TooLarge.
    """
    if not question.strip():
        if image is None:
            raise InputError(message("errors.chat_question_empty"), field="user_input")
        question = DESCRIBE[lang]
    check_text("user_input", question)
    for turn in history:
        check_text("history", turn.question + turn.answer)
    _check_length(question, history, max_chars)
    return Chat(
        messages=messages_of(history, question, image),
        max_tokens=max_tokens,
        lang=lang,
        temperature=TEMPERATURE if temperature is None else temperature,
        sampling=sampling,
    )


def messages_of(history: Sequence[Turn], question: str, image: Image | None) -> tuple[Message, ...]:
    """The talk so far and the question; the picture belongs to the first message."""
    messages: list[Message] = []
    for turn in history:
        messages += [Message("user", turn.question), Message("assistant", turn.answer)]
    messages.append(Message("user", question))
    if image is not None:
        messages[0] = Message("user", messages[0].content, (image,))
    return tuple(messages)


def turns_of(messages: Sequence[Message]) -> tuple[Turn, ...]:
    """The rounds of a talk that `make_chat` made, and of its answer."""
    return tuple(
        Turn(question.content, answered.content)
        for question, answered in zip(messages[::2], messages[1::2], strict=False)
    )


def _check_length(question: str, history: Sequence[Turn], max_chars: int) -> None:
    if len(history) > MAX_TURNS:
        raise TooLarge(
            message("errors.chat_too_many_turns", count=len(history), limit=MAX_TURNS),
            field="history",
        )
    before = sum(len(turn.question) + len(turn.answer) for turn in history)
    if before + len(question) > max_chars:
        raise TooLarge(
            message("errors.chat_too_long", length=before + len(question), limit=max_chars),
            field="history" if history else "user_input",
        )

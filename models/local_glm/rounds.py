"""A conversation as VisualGLM knows it: rounds of question and answer, and one picture in front.

Knows the tokenizer's prompt format through `models.visualglm.text.chat`; nothing of tensors or
engines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from errors import InputError
from models.base import Image, Message
from wording import joined, message

if TYPE_CHECKING:
    from models.visualglm.text.chat import Prompt
    from models.visualglm.text.tokenizer import Tokenizer


# The official demos' way of drawing, where a request does not say.
TOP_P, TOP_K, REPETITION_PENALTY = 0.4, 100, 1.2


@dataclass(frozen=True)
class Talk:
    """`system` has no place of its own in the official prompt: it opens the first question.

    `image` is the latest of the conversation; `other_images` counts those before it.
    """

    system: str
    history: tuple[tuple[str, str], ...]
    query: str
    image: Image | None = None
    other_images: int = 0


def read_talk(messages: Sequence[Message]) -> Talk:
    """Messages as rounds; questions (or answers) in a row become one.

    Raises InputError unless the last message is the user's.
    """
    if not messages or messages[-1].role != "user":
        raise InputError(message("errors.glm_last_message"), field="messages")
    system = [message.content for message in messages if message.role == "system"]
    images = [image for message in messages for image in message.images]
    rounds: list[tuple[list[str], list[str]]] = []
    for one in messages:
        if one.role == "user":
            if not rounds or rounds[-1][1]:
                rounds.append(([], []))
            rounds[-1][0].append(one.content)
        elif one.role == "assistant":
            if not rounds:  # an answer to nothing
                rounds.append(([], []))
            rounds[-1][1].append(one.content)
    paired = [("\n".join(question), "\n".join(answered)) for question, answered in rounds]
    return Talk(
        system="\n\n".join(system),
        history=tuple(paired[:-1]),
        query=paired[-1][0],
        image=images[-1] if images else None,
        other_images=max(len(images) - 1, 0),
    )


def fit_talk(tokenizer: Tokenizer, talk: Talk, image_length: int, limit: int) -> tuple[Prompt, int]:
    """The prompt of at most `limit` tokens, and how many of the oldest rounds it lacks.

    The system text is never dropped with them. Raises TooLarge when the last question alone is
    too long.
    """
    from models.visualglm.text.chat import fit_history

    places = image_length if talk.image is not None else None
    history, query = list(talk.history), talk.query
    opening = f"{talk.system}\n\n" if talk.system else ""
    if history:
        history[0] = (opening + history[0][0], history[0][1])
    else:
        query = opening + query
    prompt, dropped = fit_history(tokenizer, query, history, places, limit)
    if dropped and opening:
        fitting = talk.history[dropped:]
        prompt, more = fit_history(tokenizer, opening + talk.query, fitting, places, limit)
        dropped += more
    return prompt, dropped


def shortcomings(talk: Talk, dropped: int) -> str | None:
    """What the answer did not take notice of, in a sentence, or None."""
    parts = []
    if dropped:
        parts.append(message("warnings.glm_rounds_left_out", count=dropped))
    if talk.other_images:
        parts.append(message("warnings.glm_one_picture"))
    return joined("sentences", parts)

"""The one way of a talk: chat → model → text, as a stream of events."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from conversation.chat import Chat, turns_of
from errors import ModelFailed, Unprocessable
from models.base import Finish, GenerateRequest, Message, Model, Progress, Text, Usage
from models.progress import Stage, Standing, Token, load
from models.stop_strings import StopStrings
from wording import message


@dataclass(frozen=True)
class Answer:
    """The whole answer to `chat`; `elapsed_ms` in milliseconds since the talk was taken up."""

    chat: Chat
    text: str
    model: str
    reason: Literal["stop", "length"]
    usage: Usage
    elapsed_ms: int
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The 200 answer of the HTTP contract."""
        said = (*self.chat.messages, Message("assistant", self.text))
        return {
            "response": self.text,
            "prompt_type": "Chat",
            "model": self.model,
            "history": [[turn.question, turn.answer] for turn in turns_of(said)],
            "usage": self.usage.to_json(),
            "elapsed_ms": self.elapsed_ms,
            "warnings": list(self.warnings),
        }


Event = Stage | Token | Answer


@dataclass
class _Reply:
    """The answer as far as it has come."""

    pieces: list[str] = field(default_factory=list)
    finish: Finish | None = None

    def say(self, text: str) -> Iterator[Token]:
        if text:
            self.pieces.append(text)
            yield Token(text)


def converse(chat: Chat, model: Model) -> Generator[Event, None, None]:
    """Answer the last message; the last event is an Answer. Closing the iterator stops the model.

    Raises KexError.
    """
    began = time.monotonic()
    if any(message.images for message in chat.messages) and not model.capabilities.images:
        raise Unprocessable(
            message("errors.model_reads_text_only", model=model.name),
            field="image",
        )
    yield from load(model)
    reply = _Reply()
    yield from _read(chat, model, reply)
    finish = reply.finish
    if finish is None:
        raise ModelFailed(message("errors.chat_broke_off", model=model.name))
    yield Answer(
        chat=chat,
        text="".join(reply.pieces),
        model=model.name,
        reason=finish.reason,
        usage=finish.usage,
        elapsed_ms=round(1000 * (time.monotonic() - began)),
        warnings=tuple(_warnings(chat, reply, finish)),
    )


def _read(chat: Chat, model: Model, reply: _Reply) -> Iterator[Event]:
    """Pass on what the model says, up to a stop string: not every model minds them itself."""
    stop = StopStrings(chat.sampling.stop)
    standing = Standing()
    stream = model.generate(_request(chat))
    try:
        for chunk in stream:
            if isinstance(chunk, Finish):
                reply.finish = chunk
                yield from reply.say(stop.flush())
                return
            if isinstance(chunk, Text) and (text := stop.feed(chunk.text)):
                yield from reply.say(text)
            else:  # also for text held back: a chance to leave
                stage = standing.after(chunk if isinstance(chunk, Progress) else Progress())
                yield Stage("writing", None) if reply.pieces else stage
            if stop.hit:
                # What it cost is said only at the end, which the model does not reach now.
                reply.finish = Finish("stop", Usage())
                return
    finally:
        stream.close()


def _request(chat: Chat) -> GenerateRequest:
    return GenerateRequest(
        messages=chat.messages,
        max_tokens=chat.max_tokens,
        temperature=chat.temperature,
        json_schema=chat.json_schema,
        sampling=chat.sampling,
    )


def _warnings(chat: Chat, reply: _Reply, finish: Finish) -> Iterator[str]:
    if finish.warning:
        yield finish.warning
    if finish.reason == "length":
        yield (message("warnings.chat_length", max_tokens=chat.max_tokens))
    elif not reply.pieces:
        yield message("warnings.chat_empty")

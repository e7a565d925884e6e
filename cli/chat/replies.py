"""One reply of a model, read chunk by chunk onto the terminal; knows nothing of commands."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from rich.status import Status

from cli.chat.wording import Wording
from cli.terminal import Interrupt, harmless, remark, show_share, waiting, write
from conversation.chat import Turn, messages_of
from errors import KexError
from models.base import (
    Chunk,
    Finish,
    GenerateRequest,
    Image,
    Model,
    Progress,
    Sampling,
    Text,
)
from models.thread_stream import pump
from wording import localised


@dataclass(frozen=True)
class Limits:
    """How long replies may be, in tokens, and how they are drawn."""

    max_length: int
    max_tokens: int | None
    temperature: float
    sampling: Sampling


@dataclass
class Reply:
    """A reply as far as it has come; seconds are those of the monotonic clock."""

    text: str = ""
    finish: Finish | None = None
    error: KexError | None = None
    interrupted: bool = False
    began: float = field(default_factory=time.monotonic)
    first: float | None = None

    @property
    def cut(self) -> bool:
        return self.finish is None or self.finish.reason == "length"


def build_request(
    turns: Sequence[Turn], question: str, image: Image | None, limits: Limits
) -> GenerateRequest:
    """The talk so far and the question; the picture belongs to the first thing that was said."""
    return GenerateRequest(
        messages=messages_of(turns, question, image),
        # A model that does not know max_length is bounded by its reply alone.
        max_tokens=min(limits.max_tokens or limits.max_length, limits.max_length),
        temperature=limits.temperature,
        sampling=limits.sampling,
        max_length=limits.max_length,
    )


def load(model: Model, texts: Wording) -> None:
    """Load the model, with a sign of life on stderr; raises Unavailable."""
    if model.state().status == "ready":
        return
    text = texts.loading.format(model=model.name)
    with waiting(text) as status:
        for _ in pump(lambda _: model.load(), name=f"load-{model.name}"):
            show_share(status, text, model.state().progress)


def read_reply(
    model: Model,
    request: GenerateRequest,
    texts: Wording,
    *,
    label: str = "",
    interrupt: Interrupt | None = None,
) -> Reply:
    """Write a reply to stdout as it comes, after `label`; an error is kept in what is returned."""
    reply = Reply()
    try:
        with closing(model.generate(request)) as stream:
            with waiting(texts.reading) as status:
                pieces = _pieces(stream, reply, texts, status, interrupt)
                first = next(pieces, "")
            if first:
                write(label + first)
            for piece in pieces:
                write(piece)
    except KexError as error:
        reply.error = error
    if reply.text and not reply.text.endswith("\n"):
        write("\n")
    return reply


def _pieces(
    stream: Generator[Chunk, None, None],
    reply: Reply,
    texts: Wording,
    status: Status,
    interrupt: Interrupt | None,
) -> Iterator[str]:
    share: float | None = None  # of the prompt; a mere sign of life does not reset it
    for chunk in stream:
        if isinstance(chunk, Text):
            # Many models begin with a space or a newline that is no part of what they say.
            piece = harmless(chunk.text if reply.text else chunk.text.lstrip())
            if piece:
                reply.first = reply.first or time.monotonic()
                reply.text += piece
                yield piece
        elif isinstance(chunk, Progress) and not reply.text:
            share = share if chunk.done is None else chunk.done
            show_share(status, texts.reading, share)
        elif isinstance(chunk, Finish):
            reply.finish = chunk
            return
        if interrupt is not None and interrupt.requested:
            reply.interrupted = True
            return


def tell_end(reply: Reply, texts: Wording, *, verbose: bool) -> None:
    """Say on stderr what a whole reply's last chunk says of it."""
    if reply.finish is None:
        return
    if reply.finish.reason == "length":
        remark(texts.length)
    if reply.finish.warning:
        remark(texts.warning.format(message=localised(reply.finish.warning, texts.lang)))
    if verbose:
        remark(_speed(reply, reply.finish, texts))


def _speed(reply: Reply, finish: Finish, texts: Wording) -> str:
    now = time.monotonic()
    first = reply.first or now
    written = finish.usage.completion_tokens
    unknown = texts.speed_unknown
    return texts.speed.format(
        prompt=unknown if finish.usage.prompt_tokens is None else finish.usage.prompt_tokens,
        completion=unknown if written is None else written,
        first=first - reply.began,
        # The first token is the end of the waiting time, the others are what comes after it.
        rate=f"{(written - 1) / (now - first):.1f}" if written and now > first else unknown,
    )

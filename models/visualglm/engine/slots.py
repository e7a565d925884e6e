"""What the engine is asked, what it answers, and what it keeps of each request while it runs."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, field
from typing import Literal, Protocol

import torch
from torch import Tensor

from models.visualglm.engine.sampling import GREEDY, SamplingParams


class Constraint(Protocol):
    """Holds one answer to a form: a grammar, for instance."""

    @property
    def finished(self) -> bool:
        """The form is complete: nothing may follow."""
        ...

    def mask(self) -> Tensor:
        """Which tokens may come next: bool [V] on the CPU."""
        ...

    def accept(self, token: int) -> None:
        """Take notice of the token that was written."""
        ...


@dataclass(frozen=True)
class Picture:
    """`pixels` float32 [3, size, size]; `start` the place of its first token in the prompt;
    `digest` tells this picture from others, so that it is encoded once."""

    pixels: Tensor
    start: int
    digest: bytes


@dataclass(frozen=True)
class Request:
    """A prompt as token ids, and how to go on from it."""

    ids: tuple[int, ...]
    max_new_tokens: int
    params: SamplingParams = GREEDY
    seed: int | None = None
    picture: Picture | None = None
    constraint: Constraint | None = None


@dataclass(frozen=True)
class Reading:
    """The prompt is being read; `share` of it in [0, 1]."""

    share: float


@dataclass(frozen=True)
class Token:
    """A token of the answer, written `at` that moment of the monotonic clock; never <eop>."""

    id: int
    at: float = field(default_factory=time.monotonic, compare=False)


@dataclass(frozen=True)
class End:
    """The end of an answer. `stop`: the model ended it or its form is complete.

    `broken`: the network's scores were no numbers somewhere, so it means nothing from there on.
    """

    reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int
    broken: bool = False


Event = Reading | Token | End | Exception


class Generation:
    """One request on its way: its reader waits for events, its engine puts them."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._cancelled = threading.Event()

    def next(self, seconds: float) -> Reading | Token | End | None:
        """The next event, or None after that many silent seconds; raises what the engine met."""
        try:
            event = self._events.get(timeout=seconds)
        except queue.Empty:
            return None
        if isinstance(event, Exception):
            raise event
        return event

    def cancel(self) -> None:
        """Nobody reads any more: the engine frees the slot at its next step."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def put(self, event: Event) -> None:
        self._events.put(event)


@dataclass
class Slot:
    """A place in the cache while a request holds it.

    `history` int64 [length of the slot], prompt and answer; the last of them is not in the cache
    yet. `mask` is where stream 0 stays, `context` where the answer begins.
    """

    generation: Generation
    history: Tensor
    mask: int
    context: int
    filled: int  # tokens in the history
    written: int = 0  # tokens of the answer
    generator: torch.Generator | None = None
    broken: bool = False  # see End

    @property
    def cached(self) -> int:
        """Tokens in the cache, so the index of the one to read next."""
        return self.filled - 1

    @property
    def position(self) -> tuple[int, int]:
        """Both position streams of the last token."""
        return self.mask, self.cached - self.context + 1

    def append(self, token: int) -> None:
        self.history[self.filled] = token
        self.filled += 1
        self.written += 1

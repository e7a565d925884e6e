"""Runs a model for one HTTP request: for a whole answer, or piece by piece as an event stream.

Both watch the client while they work: when it has gone, the model is stopped.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TypeVar

from conversation import converse
from errors import Busy, DeadlineExceeded, KexError, Stopping
from extraction import extractor
from models.progress import Stage
from models.registry import NAMES
from web.errors import unexpected
from wording import message

log = logging.getLogger(__name__)

NO_MODEL = ""  # the gate of work that needs none
RETRY_SECONDS = 10  # where it is not known how long requests take
MOST_RETRY_SECONDS = 120
WEIGHT_OF_LAST = 0.2  # of the last request in the moving average of times
PING_SECONDS = 2.0
PING = ": ping\n\n"

Answer = extractor.Answer | converse.Answer
Event = extractor.Event | converse.Event
E = TypeVar("E", bound=Event)
E_contra = TypeVar("E_contra", bound=Event, contravariant=True)
A = TypeVar("A", bound=Answer)
T = TypeVar("T")


class ClientGone(Exception):
    """The client has closed its connection; there is nobody to answer."""


class Wire(Protocol[E_contra]):
    """How events are written into a stream of server-sent events."""

    def event(self, event: E_contra) -> str:
        """The event as it goes out; empty for a stage that this stream does not tell."""
        ...

    def error(self, error: KexError) -> str: ...

    def left(self) -> None:
        """The client is gone, and there will be no answer."""
        ...


class Places:
    """The gate in front of a model, or of the work that needs none: so many places for requests.

    A model's engine serves some of them at a time; the others wait in its line, in order. `taken`
    and `refused` count those under way and those that found no place.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0
        self.refused = 0
        self._seconds = float(RETRY_SECONDS)  # that a place is held, by the last requests
        self._closed = False
        self._lock = threading.Lock()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Holds one. Raises Busy when there is none, Stopping when the gate is closed."""
        self._take()
        began = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self.taken -= 1
                held = time.monotonic() - began
                self._seconds += WEIGHT_OF_LAST * (held - self._seconds)

    def _take(self) -> None:
        with self._lock:
            if self._closed:
                raise Stopping(message("errors.web_stopping"), retry_after=RETRY_SECONDS)
            if self.taken < self.limit:
                self.taken += 1
                return
            self.refused += 1
            seconds = min(max(1, math.ceil(self._seconds)), MOST_RETRY_SECONDS)
        raise Busy(
            message("errors.web_busy", limit=self.limit, seconds=seconds), retry_after=seconds
        )

    def close(self) -> None:
        """Refuse new requests."""
        with self._lock:
            self._closed = True


class Runner:
    """Limits simultaneous requests and their time, and stops when the client is gone.

    Each model has a gate of `places`, so that a slow model does not block the others; work without
    a model has a gate, too. `timeout` is in seconds. The work is a generator that has not begun; it
    is always closed, which stops the model.
    """

    def __init__(self, places: int, timeout: float) -> None:
        self.gates: Mapping[str, Places] = {name: Places(places) for name in (NO_MODEL, *NAMES)}
        self._timeout = timeout
        self.stopping = False

    @property
    def taken(self) -> int:
        """The requests under way."""
        return sum(gate.taken for gate in self.gates.values())

    def close(self) -> None:
        """Refuse new requests; those under way go on."""
        self.stopping = True
        for gate in self.gates.values():
            gate.close()

    def whole(
        self,
        events: Generator[Event, None, None],
        kind: type[A],
        gone: Callable[[], bool],
        model: str = NO_MODEL,
    ) -> A:
        """The answer, of this kind, that the events end with. Raises KexError, or ClientGone."""
        with self.gates[model].place():
            for event in self._watched(events, gone):
                if isinstance(event, kind):
                    return event
        raise unexpected()

    def run(self, work: Callable[[], T]) -> T:
        """What a piece of work gives that ends by itself and needs no model. Raises Busy."""
        with self.gates[NO_MODEL].place():
            return work()

    def stream(
        self,
        events: Generator[E, None, None],
        wire: Wire[E],
        gone: Callable[[], bool],
        model: str = NO_MODEL,
    ) -> Iterator[str]:
        """The events as `wire` writes them. A full house raises Busy before the first one."""
        stream = self._stream(events, wire, gone, model)
        next(stream)  # takes the place, or raises Busy while the status can still be 503
        return stream

    def _stream(
        self,
        events: Generator[E, None, None],
        wire: Wire[E],
        gone: Callable[[], bool],
        model: str,
    ) -> Iterator[str]:
        stage = ""
        over = False
        spoke = time.monotonic()
        with self.gates[model].place():
            yield ": kex\n\n"
            try:
                for event in self._watched(events, gone):
                    written = wire.event(event)
                    over = isinstance(event, Answer)
                    if isinstance(event, Stage):
                        if written in ("", stage):  # a comment keeps the line open
                            if time.monotonic() - spoke < PING_SECONDS:
                                continue
                            written = PING
                        else:
                            stage = written
                    yield written
                    spoke = time.monotonic()
            except ClientGone:
                return
            except KexError as error:
                over = True
                yield wire.error(error)
            except Exception as error:
                over = True
                log.exception("unexpected %s", type(error).__name__)
                yield wire.error(unexpected(error))
            finally:  # also where the server found the connection broken, and closed this
                if not over:
                    wire.left()

    def pieces(
        self,
        text: Iterator[str],
        gone: Callable[[], bool],
        late: str,
        last: Callable[[KexError], str] | None = None,
        model: str = NO_MODEL,
    ) -> Iterator[str]:
        """A text as it is written: an export, or what a model generates for another server.

        Up to its first piece Busy or DeadlineExceeded can still be the answer. Later `last` writes
        the error as the last piece; without it the connection breaks, so that half a file is not
        taken for a whole one. `late` is the key of the message after the deadline; it gets
        `timeout`.
        """
        stream = self._pieces(text, gone, late, last, model)
        next(stream, "")
        return stream

    def _pieces(
        self,
        text: Iterator[str],
        gone: Callable[[], bool],
        late: str,
        last: Callable[[KexError], str] | None,
        model: str,
    ) -> Iterator[str]:
        deadline = time.monotonic() + self._timeout
        with self.gates[model].place():
            for number, piece in enumerate(text):
                if gone():
                    log.info("the client left; its stream is stopped")
                    return
                if time.monotonic() > deadline:
                    error = DeadlineExceeded(message(late, timeout=self._timeout))
                    if number == 0 or last is None:
                        raise error
                    yield last(error)
                    return
                if number == 0:
                    yield ""
                yield piece

    def _watched(
        self, events: Generator[E, None, None], gone: Callable[[], bool]
    ) -> Generator[E, None, None]:
        """The events, until the client leaves or the time is up."""
        deadline = time.monotonic() + self._timeout
        try:
            for event in events:
                if gone():
                    log.info("the client left; the model is stopped")
                    raise ClientGone
                if time.monotonic() > deadline and not isinstance(event, Answer):
                    raise DeadlineExceeded(
                        message("errors.web_answer_timeout", timeout=self._timeout)
                    )
                yield event
        finally:
            events.close()  # stops the model

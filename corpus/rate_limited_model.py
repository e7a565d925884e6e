"""The model as a corpus uses it: so many requests at a time over all documents, within a budget,
and with patience while the service asks for some or cannot be reached.

Looks to the extraction like any other model.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Sequence
from contextlib import closing

from corpus.budget import Ledger
from errors import BudgetReached, KexError, ModelFailed, RateLimited, Unavailable
from models.base import (
    Capabilities,
    Chunk,
    Finish,
    GenerateRequest,
    Message,
    Model,
    ModelState,
    Progress,
    Text,
    Usage,
)
from wording import message

BEAT = 0.1  # seconds between two looks at whether it is a request's turn
FIRST_PAUSE = 1.0  # seconds, doubled each time
LONGEST_PAUSE = 30.0
FAILURES = 40  # requests in a row that break down: it is the service then, and not the texts


class RateLimitedModel:
    """A model with `places`; implements `models.base.Model`.

    A failure that is not the document's (a service that is gone, a limit on requests) is waited out
    for `patience` seconds. After that `given_up` says why; every further request fails with it.
    """

    def __init__(self, model: Model, places: int, ledger: Ledger, patience: float) -> None:
        self._model = model
        self._free = threading.BoundedSemaphore(places)
        self._ledger = ledger
        self._patience = patience
        self._resting_until = 0.0
        self._failures = 0  # in a row
        self.given_up: KexError | None = None

    def report(self, spent: tuple[int, int], gone: str | None) -> None:
        """What another process has made of a text: the tokens, and why its model is gone, if so."""
        self._ledger.book(*spent)
        if gone is not None and self.given_up is None:
            self.given_up = Unavailable(gone)

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def capabilities(self) -> Capabilities:
        return self._model.capabilities

    def state(self) -> ModelState:
        return self._model.state()

    def load(self) -> None:
        self._model.load()

    def warm(self, prefixes: Sequence[tuple[Message, ...]]) -> None:
        self._model.warm(prefixes)

    def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        return self._model.count_tokens(texts)

    def close(self) -> None:
        self._model.close()

    def generate(self, request: GenerateRequest) -> Generator[Chunk, None, None]:
        began, pause = time.monotonic(), FIRST_PAUSE
        while True:
            while not self._free.acquire(timeout=BEAT):
                yield Progress()
                self._check()
            said = False
            try:
                with closing(self._charged(request)) as chunks:
                    for chunk in chunks:
                        said = said or isinstance(chunk, Text)
                        yield chunk
                self._failures = 0
                return
            except ModelFailed as error:  # perhaps of this text
                self._failures += 1
                if self._failures >= FAILURES and self.given_up is None:
                    self.given_up = Unavailable(
                        message(
                            "errors.corpus_failed_in_row", failures=FAILURES, reason=error.message
                        )
                    )
                raise
            except (RateLimited, Unavailable) as error:
                pause = max(pause, error.retry_after or 0)
                late = time.monotonic() + pause - began > self._patience
                if said or late or self.given_up:
                    # What was said cannot be unsaid, and the next one would fare no better.
                    self.given_up = self.given_up or error
                    raise
                self._resting_until = time.monotonic() + pause  # for all: they ask the same one
                pause = min(2 * pause, LONGEST_PAUSE)
            finally:
                self._free.release()
            yield from self._rest()

    def _rest(self) -> Generator[Chunk, None, None]:
        while time.monotonic() < self._resting_until:
            time.sleep(BEAT)
            yield Progress()
            self._check()

    def _check(self) -> None:
        if self.given_up is not None:
            raise self.given_up

    def _charged(self, request: GenerateRequest) -> Generator[Chunk, None, None]:
        """One try, booked however it ends."""
        yield from self._rest()
        self._check()
        while (number := self._begin(request)) is None:
            time.sleep(BEAT)
            yield Progress()
            self._check()
        usage, said, reached = Usage(), 0, False
        try:
            with closing(self._model.generate(request)) as chunks:
                for chunk in chunks:
                    reached = True
                    if isinstance(chunk, Finish):
                        usage = chunk.usage
                    elif isinstance(chunk, Text):
                        said += len(chunk.text)
                    yield chunk
        except (RateLimited, Unavailable):
            if not said:
                usage = Usage(0, 0)  # refused or broken down before it began
            raise
        finally:
            if not reached and usage == Usage():
                usage = Usage(0, 0)
            self._ledger.end(number, request, usage, said)

    def _begin(self, request: GenerateRequest) -> int | None:
        try:
            return self._ledger.begin(request)
        except OverflowError:
            self.given_up = BudgetReached(message("errors.corpus_budget"))
            raise self.given_up from None

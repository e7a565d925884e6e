"""Runs several generators at a time and gives out what they yield in order, first one first.

Knows nothing of what they do.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from contextvars import copy_context
from typing import Generic, TypeVar

T = TypeVar("T")

BEAT = 0.1  # seconds between two looks at who has finished
JOIN = 2.0  # seconds for all to stop; each looks at every event of its own

Begin = Callable[[int], Generator[T, None, None] | None]


def in_order(
    count: int, begin: Begin[T], limit: int, fleeting: type[object]
) -> Generator[tuple[int, T], None, None]:
    """(index, event) of the generators `begin(0)` … `begin(count - 1)`, up to `limit` at a time.

    `begin` is called in this thread, when a place is free; None leaves the index out. Events of the
    first unfinished one come at once, those of later ones are kept, but for `fleeting` ones.
    Closing stops all and waits for their threads.
    """
    if limit <= 1 or count <= 1:
        for index in range(count):
            generator = begin(index)
            if generator is not None:
                with closing(generator):
                    for event in generator:
                        yield index, event
        return
    workers: list[_Worker[T] | None] = []
    try:
        for index in range(count):
            while True:
                _fill(workers, count, begin, limit, fleeting)
                worker = workers[index]
                if worker is None:
                    break
                worker.first = True
                try:
                    next_one = worker.events.get(timeout=BEAT)
                except queue.Empty:
                    continue
                if isinstance(next_one, _End):
                    if next_one.error is not None:
                        raise next_one.error
                    break
                yield index, next_one
    finally:
        _stop([worker for worker in workers if worker is not None])


def _fill(
    workers: list[_Worker[T] | None],
    count: int,
    begin: Begin[T],
    limit: int,
    fleeting: type[object],
) -> None:
    while len(workers) < count and sum(w is not None and not w.over for w in workers) < limit:
        generator = begin(len(workers))
        workers.append(None if generator is None else _Worker(generator, fleeting))


class _End:
    """The last of a worker's events."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class _Worker(Generic[T]):
    """A thread that runs one generator."""

    def __init__(self, generator: Generator[T, None, None], fleeting: type[object]) -> None:
        self.events: queue.SimpleQueue[T | _End] = queue.SimpleQueue()
        self.first = False  # whether it is its turn to be heard
        self.over = False
        self.stop = False
        self._generator = generator
        self._fleeting = fleeting
        # With the caller's context, so that what it logs belongs to the same request.
        run = copy_context().run
        self.thread = threading.Thread(target=run, args=(self._run,), name="chunk", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            with closing(self._generator):
                for event in self._generator:
                    if self.stop:
                        break
                    if self.first or not isinstance(event, self._fleeting):
                        self.events.put(event)
        except BaseException as raised:  # handed over whole: raised again in the consumer
            error = raised
        self.over = True
        self.events.put(_End(error))


def _stop(workers: list[_Worker[T]]) -> None:
    for worker in workers:
        worker.stop = True
    until = time.monotonic() + JOIN
    for worker in workers:
        worker.thread.join(max(0.0, until - time.monotonic()))

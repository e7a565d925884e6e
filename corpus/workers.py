"""The threads that do the works of a job, some at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from corpus.outcomes import Unit
from corpus.work import Work

JOIN_SECONDS = 15.0  # for all to stop: a model stops within a second, a PDF is read for up to 30


@dataclass(frozen=True)
class Finished:
    """An outcome of a work; `last`: the work is over. `error`: a defect of the job's own."""

    work: Work
    unit: Unit | None
    last: bool = False
    error: BaseException | None = None


class Workers:
    """`size` threads; what they finish comes out of `done`, in any order."""

    def __init__(
        self, size: int, units: Callable[[Work], Iterator[Unit]], stop: threading.Event
    ) -> None:
        self.done: queue.SimpleQueue[Finished] = queue.SimpleQueue()
        self.under_way = 0  # works handed in and not over
        self._todo: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._units = units
        self._stop = stop
        self._threads = [
            threading.Thread(target=self._run, name=f"corpus-{number}", daemon=True)
            for number in range(size)
        ]
        for thread in self._threads:
            thread.start()

    def hand(self, work: Work) -> None:
        self.under_way += 1
        self._todo.put(work)

    def take(self, timeout: float) -> list[Finished]:
        """What is finished; waits for the first of it for `timeout` seconds."""
        taken: list[Finished] = []
        try:
            taken.append(self.done.get(timeout=timeout) if timeout else self.done.get_nowait())
            while True:
                taken.append(self.done.get_nowait())
        except queue.Empty:
            pass
        self.under_way -= sum(one.last for one in taken)
        return taken

    def close(self) -> None:
        """End what is under way and wait for it."""
        self._stop.set()
        for _ in self._threads:
            self._todo.put(None)
        for thread in self._threads:
            thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        while (work := self._todo.get()) is not None:
            error: BaseException | None = None
            try:
                if not self._stop.is_set():
                    for unit in self._units(work):
                        self.done.put(Finished(work, unit))
            except BaseException as raised:  # handed over whole: raised again in the job's thread
                error = raised
            self.done.put(Finished(work, None, last=True, error=error))

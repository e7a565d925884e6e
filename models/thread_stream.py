"""Turns a blocking producer with a callback into an iterator that never stays silent.

llama.cpp and the openai SDK block while they wait. `pump` runs them in a thread, so that the
consumer gets a sign of life at every beat and can leave at any of them.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from contextvars import copy_context
from typing import Generic, TypeVar

T = TypeVar("T")

BEAT_SECONDS = 0.25


class Sink(Generic[T]):
    """Where the producer puts its items; `stopped` tells it that nobody listens any more."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._on_stop: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self.items: queue.SimpleQueue[T | BaseException | None] = queue.SimpleQueue()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def put(self, item: T) -> None:
        self.items.put(item)

    def on_stop(self, abort: Callable[[], None]) -> None:
        """Register what breaks off a blocking call; called at once if already stopped."""
        with self._lock:
            self._on_stop = abort
            stopped = self.stopped
        if stopped:
            abort()

    def stop(self) -> None:
        with self._lock:
            self._stop.set()
            abort = self._on_stop
        if abort is not None:
            abort()


def pump(produce: Callable[[Sink[T]], None], *, name: str) -> Generator[T | None, None, None]:
    """Run `produce` in a thread and yield its items, and None at every silent beat.

    An exception of the producer is raised here. Closing the iterator stops the producer; the
    thread is not waited for, since a prefill may take its time to notice.
    """
    sink: Sink[T] = Sink()
    end = object()

    def run() -> None:
        try:
            produce(sink)
        except BaseException as error:  # handed over whole: raised again in the consumer
            sink.items.put(error)
        else:
            sink.items.put(end)  # type: ignore[arg-type]  # the private end mark

    # With the caller's context, so that what it logs belongs to the same request.
    threading.Thread(target=copy_context().run, args=(run,), name=name, daemon=True).start()
    try:
        while True:
            try:
                item = sink.items.get(timeout=BEAT_SECONDS)
            except queue.Empty:
                yield None
                continue
            if item is end:
                return
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        sink.stop()

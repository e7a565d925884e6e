"""What whoever waits for a model is told meanwhile: what is going on, and the text as it comes.

Shared by all that run a model; knows nothing of what it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from models.base import Model, Progress
from models.thread_stream import pump


@dataclass(frozen=True)
class Stage:
    """What is going on while nothing is said; `done` is a share or None.

    `chunk` counts from 1 where the work has several. `ahead` requests have to end before one that
    waits is begun.
    """

    name: Literal["loading", "waiting", "reading", "writing"]
    done: float | None
    chunk: int = 1
    chunks: int = 1
    ahead: int = 0


@dataclass(frozen=True)
class Token:
    """Text as the model writes it."""

    text: str


class Standing:
    """Where a request stands until it is answered; a mere sign of life does not change it."""

    def __init__(self, chunk: int = 1, chunks: int = 1) -> None:
        self._place = (chunk, chunks)
        self._done: float | None = None
        self._ahead = 0

    def after(self, progress: Progress) -> Stage:
        if progress.done is not None:
            self._done, self._ahead = progress.done, 0
        elif progress.ahead is not None:
            self._ahead = progress.ahead
        name: Literal["waiting", "reading"] = "waiting" if self._ahead else "reading"
        return Stage(name, self._done, *self._place, self._ahead)


def load(model: Model, chunks: int = 1) -> Iterator[Stage]:
    """Load the model unless it is ready, with a sign of life at every beat; raises KexError."""
    if model.state().status == "ready":
        return
    for _ in pump(lambda _: model.load(), name=f"load-{model.name}"):
        yield Stage("loading", model.state().progress, 1, chunks)

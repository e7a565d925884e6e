"""What whoever waits for a model is told meanwhile: what is going on, and the text as it comes.

Shared by all that run a model; knows nothing of what it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from models.base import Model
from models.pump import pump


@dataclass(frozen=True)
class Stage:
    """What is going on while nothing is said; `done` is a share or None.

    `chunk` counts from 1 where the work has several.
    """

    name: Literal["loading", "reading", "writing"]
    done: float | None
    chunk: int = 1
    chunks: int = 1


@dataclass(frozen=True)
class Token:
    """Text as the model writes it."""

    text: str


def load(model: Model, chunks: int = 1) -> Iterator[Stage]:
    """Load the model unless it is ready, with a sign of life at every beat; raises KexError."""
    if model.state().status == "ready":
        return
    for _ in pump(lambda _: model.load(), name=f"load-{model.name}"):
        yield Stage("loading", model.state().progress, 1, chunks)

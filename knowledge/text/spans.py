"""A piece of the text by its offsets, and the languages that Kex reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Lang = Literal["zh", "en"]


@dataclass(frozen=True)
class Span:
    """A piece of the text, `text[start:end]`."""

    start: int
    end: int

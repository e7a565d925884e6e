"""How sure an item is: the probability of its tokens, made into that of being right.

A model's own probability of what it wrote is a good order and a bad number. A logistic curve makes
the number of it, fitted per model, task, language and way of asking (docs/quality.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from knowledge.items import PromptType
from knowledge.text.spans import Lang
from models.base import Text

Way = Literal["asked", "tuned"]  # few-shot prompt, trained prompt
Curve = Sequence[float]  # offset and slope over the log probability of an item's tokens


def curve_for(
    curves: Mapping[str, Curve], prompt_type: PromptType, lang: Lang, way: Way
) -> Curve | None:
    """The curve of a model (`Capabilities.curves`) for a way of asking; None: none was fitted."""
    return curves.get(f"{prompt_type}/{lang}/{way}")


class Tally:
    """Adds up the log probabilities of an answer's pieces, item by item."""

    def __init__(self) -> None:
        self._sum: float | None = None

    def hear(self, piece: Text) -> None:
        if piece.logprob is not None:
            self._sum = piece.logprob + (self._sum or 0.0)

    def take(self) -> float | None:
        """The sum since the last item, None where the model tells no probabilities."""
        taken, self._sum = self._sum, None
        return taken


def confidence(logprob: float | None, curve: Curve | None) -> float | None:
    """The probability, in [0, 1], that an item is right; None where it cannot be known."""
    if logprob is None or curve is None:
        return None
    offset, slope = curve
    return round(1 / (1 + math.exp(-(offset + slope * logprob))), 4)

"""How sure an item is: the probability of its tokens, made into that of being right.

A model's own probability of what it wrote is a good order and a bad number. A logistic curve makes
the number of it, fitted per task, language and way of asking (docs/quality.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from knowledge.items import PromptType
from knowledge.text.spans import Lang
from models.base import Text

Way = Literal["asked", "tuned", "typed"]  # few-shot prompt, trained prompt, entity typing

# Of `Embedded`: offset and slope of the curve over the log probability of an item's tokens.
# Fitted on the items of 425 development rows. Ways that are missing have too little order in them
# (area under the ROC curve below 0.6) or were not measured: nothing is told rather than noise.
CURVES: Mapping[tuple[PromptType, Lang, Way], tuple[float, float]] = {
    ("KE1", "zh", "tuned"): (0.496, 0.957),  # area 0.71, 191 items of 60 rows
    ("KE1", "en", "tuned"): (-0.01, 0.583),  # 0.67, 676 of 88
    ("KE2", "en", "typed"): (0.809, 2.214),  # 0.72, 291
    ("KE3", "zh", "tuned"): (0.62, 0.474),  # 0.63, 710 of 115
    ("KE3", "zh", "asked"): (-0.577, 0.291),  # 0.63, 453
    ("KE3", "en", "asked"): (1.367, 0.648),  # 0.83, 313
}


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


def confidence(
    logprob: float | None, prompt_type: PromptType, lang: Lang, way: Way | None
) -> float | None:
    """The probability, in [0, 1], that an item is right; None where it cannot be told.

    `way` is None for a model on which no curve was fitted.
    """
    curve = CURVES.get((prompt_type, lang, way)) if way else None
    if logprob is None or curve is None:
        return None
    offset, slope = curve
    return round(1 / (1 + math.exp(-(offset + slope * logprob))), 4)

"""How many guesses a step should verify, from what steps cost on this machine.

A step of n tokens takes about `base + each * n` seconds; both are fitted to the latest steps. One
more guess pays where the chance that it is right is worth more than the time it adds. This decides
only how fast an answer comes, never what it is.
"""

from __future__ import annotations

from collections.abc import Sequence

# Before anything is measured: a step of one token as 30 ms, each further one 5 ms.
_FIRST_SIZES, _FIRST_SECONDS = (1, 8), (0.030, 0.065)
_FORGET = 0.98  # weight of what was known, at each new step
_TRIED, _RIGHT = 4.0, 2.5  # before a request's own guesses say more
_FADE = 0.95


class StepCost:
    """Seconds of a step by its tokens: a line fitted to the latest steps (least squares)."""

    def __init__(self) -> None:
        self._weight = self._x = self._y = self._xx = self._xy = 0.0
        for size, seconds in zip(_FIRST_SIZES, _FIRST_SECONDS, strict=True):
            self.add(size, seconds)

    def add(self, tokens: int, seconds: float) -> None:
        """A step of so many tokens took so long."""
        self._weight = _FORGET * self._weight + 1
        self._x = _FORGET * self._x + tokens
        self._y = _FORGET * self._y + seconds
        self._xx = _FORGET * self._xx + tokens * tokens
        self._xy = _FORGET * self._xy + tokens * seconds

    @property
    def each(self) -> float:
        """Seconds that one more token adds; never below zero."""
        spread = self._weight * self._xx - self._x * self._x
        if spread <= 1e-6 * self._weight * self._xx:  # steps of one size only: nothing to learn
            return 0.0
        return max(0.0, (self._weight * self._xy - self._x * self._y) / spread)

    def of(self, tokens: int) -> float:
        """Seconds of a step of so many tokens."""
        return self._y / self._weight + self.each * (tokens - self._x / self._weight)


class Luck:
    """The share of one request's guesses that were right, the latest counting most."""

    def __init__(self) -> None:
        self._tried, self._right = _TRIED, _RIGHT

    def add(self, right: bool) -> None:
        """One guess was compared with what the network says."""
        self._tried = _FADE * self._tried + 1
        self._right = _FADE * self._right + right

    @property
    def chance(self) -> float:
        return self._right / self._tried


def worthwhile(cost: StepCost, sequences: int, guesses: Sequence[Sequence[float]]) -> list[int]:
    """How many guesses each of the requests of a step should have.

    `guesses`: for each request the chance of each guess to be right where all before it are. The
    step has `sequences` tokens without any guess. The most probable guess is added first, as long
    as a second brings more tokens with it than without it.
    """
    taken = [0] * len(guesses)
    reached = [1.0] * len(guesses)  # the chance that all guesses taken so far are right
    tokens, expected = sequences, float(sequences)
    while True:
        ahead = [
            reached[at] * chances[taken[at]] if taken[at] < len(chances) else 0.0
            for at, chances in enumerate(guesses)
        ]
        best = max(range(len(ahead)), key=ahead.__getitem__, default=None)
        if best is None or ahead[best] <= 0:
            return taken
        if (expected + ahead[best]) * cost.of(tokens) < expected * cost.of(tokens + 1):
            return taken
        tokens, expected = tokens + 1, expected + ahead[best]
        reached[best] = ahead[best]
        taken[best] += 1

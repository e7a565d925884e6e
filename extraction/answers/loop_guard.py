"""Knows when a model turns in circles, so that its list can be ended there."""

from __future__ import annotations

from knowledge.raw import RawEntity, RawFact, RawItem
from knowledge.text.normalising import fold

MAX_REPEATS = 4  # so many known items in a row
MAX_GROWING = 12  # so many strings in a row, each the one before it and a little more


class RepeatGuard:
    """Watches the items of one answer. What an earlier part of the text gave is no circle."""

    def __init__(self) -> None:
        self.known: set[tuple[str, ...]] = set()
        self._repeats = 0
        self._growing = 0
        self._last: tuple[tuple[str, ...], str] = ((), "")

    def circles(self, raw: RawItem) -> bool:
        """Take the next item; whether the answer should be ended with it."""
        group, last = _strings(raw)
        key = (*group, last)
        self._repeats = self._repeats + 1 if key in self.known else 0
        self.known.add(key)
        before, shorter = self._last
        grown = group == before and last != shorter and last.startswith(shorter)
        self._growing = self._growing + 1 if grown else 0
        self._last = group, last
        return self._repeats >= MAX_REPEATS or self._growing >= MAX_GROWING


def _strings(raw: RawItem) -> tuple[tuple[str, ...], str]:
    """What the item is about, and the string that differs from item to item, both folded."""
    if isinstance(raw, RawEntity):
        return (), fold(raw.text)[0]
    if isinstance(raw, RawFact):
        return (fold(raw.entity)[0], fold(raw.key)[0]), fold(raw.value)[0]
    return (fold(raw.head)[0], fold(raw.relation)[0]), fold(raw.tail)[0]

"""Brings the items of all chunks together: what is said twice is one item with all its evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from knowledge.items import HELD_BACK, Assertion, Entity, Fact, Item, Triple
from knowledge.text.normalising import fold
from knowledge.text.spans import Span

T = TypeVar("T", bound=Triple | Fact)

# Of two readings of one item the first in this order holds, unless one sentence has both.
_FIRST: tuple[Assertion, ...] = ("stated", "planned", "uncertain", "negated")


class Merge:
    """The items so far, each once, in the order they were first found."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, ...], Item] = {}

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(self._items.values())

    def add(self, item: Item) -> bool:
        """Whether the item is new; a known one gets the new one's evidence, an empty one goes."""
        if _says_nothing(item):
            return False
        key = _identity(item)
        known = self._items.get(key)
        self._items[key] = item if known is None else _together(known, item)
        return known is None

    def like(self, item: Item) -> Item | None:
        """The one that says the same, as it is so far."""
        return self._items.get(_identity(item))

    def within(self, span: Span) -> tuple[Item, ...]:
        """The items that stand in `span`."""
        return tuple(
            item
            for item in self._items.values()
            if any(span.start <= place.start < span.end for place in places(item))
        )


def places(item: Item) -> tuple[Span, ...]:
    """Where an item stands: mentions, or the sentences that state it."""
    if isinstance(item, Entity):
        return item.mentions
    return ((item.evidence,) if item.evidence else ()) + item.also


def _together(known: Item, new: Item) -> Item:
    if isinstance(known, Entity):
        mentions = _in_order({*known.mentions, *places(new)})
        return replace(known, mentions=mentions)
    if not isinstance(new, Entity) and known.assertion != new.assertion:
        return _prevailing(known, new)
    if known.evidence is None:
        return known if isinstance(new, Entity) or new.evidence is None else new
    more = {*known.also, *places(new)} - {known.evidence}
    return replace(known, also=_in_order(more))


def _prevailing(one: T, other: T) -> T:
    """Stated before planned before the rest; but what one sentence denies it does not state."""
    first, second = sorted((one, other), key=lambda item: _FIRST.index(item.assertion))
    both = first.evidence is not None and first.evidence == second.evidence
    return second if both and second.assertion in HELD_BACK else first


def _in_order(spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(sorted(spans, key=lambda span: (span.start, span.end)))


def _identity(item: Item) -> tuple[str, ...]:
    strings: tuple[str, ...]
    if isinstance(item, Triple):
        strings = (item.head.text, item.relation, item.tail.text)
    elif isinstance(item, Entity):
        strings = (item.place.text,)  # one class for each entity: the first that it was put in
    else:
        strings = (item.entity.text, item.key, item.value.text)
    return tuple(fold(string)[0] for string in strings)


def _says_nothing(item: Item) -> bool:
    if isinstance(item, Entity):
        return False
    if isinstance(item, Triple):
        return fold(item.head.text)[0] == fold(item.tail.text)[0]
    return fold(item.entity.text)[0] == fold(item.value.text)[0]

"""Which things are one, by pairs that are known to be: disjoint sets."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar


class Ordered(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...

    def __hash__(self) -> int: ...


T = TypeVar("T", bound=Ordered)


class DisjointSets(Generic[T]):
    """The least thing of a set represents it."""

    def __init__(self) -> None:
        self._above: dict[T, T] = {}

    def find(self, thing: T) -> T:
        """The representative of the thing's set; a thing not seen before is alone."""
        top = thing
        while (above := self._above.get(top, top)) != top:
            top = above
        while thing != top:
            self._above[thing], thing = top, self._above.get(thing, thing)
        return top

    def join(self, one: T, other: T) -> None:
        least, rest = sorted((self.find(one), self.find(other)))
        self._above[rest] = least

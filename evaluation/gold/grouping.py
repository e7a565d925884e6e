"""Things by the source that they come from, sources in order of their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Thing = TypeVar("Thing")


def by_source(things: Iterable[Thing], source: Callable[[Thing], str]) -> dict[str, list[Thing]]:
    groups: dict[str, list[Thing]] = {}
    for thing in things:
        groups.setdefault(source(thing), []).append(thing)
    return dict(sorted(groups.items()))

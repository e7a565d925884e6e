"""When two strings count as the same: strictly, relaxed, or merely touching; and who pairs whom.

Chinese is compared by character, other scripts by word. Knows no task.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeVar

from knowledge.text.language import HAN

ENOUGH = 0.8  # token F1 from which two strings are relaxed equal
HALF = 0.5

CJK = f"{HAN}\u3040-\u30ff\uac00-\ud7af"  # with kana and hangul
_TOKEN = re.compile(f"[{CJK}]|(?:(?![{CJK}])[^\\W_])+")
_BLANKS_AT_CJK = re.compile(f"(?<=[{CJK}]) +| +(?=[{CJK}])")
_ARTICLE = re.compile(r"^(?:a|an|the)\s+")
# Marks that stand around a name without being part of it, in both languages.
_AROUND = " \t\r\n.,;:!?、。，；：！？\"'`“”‘’«»《》〈〉「」『』()[]{}<>（）【】·~-–—"

Left = TypeVar("Left")
Right = TypeVar("Right")


@lru_cache(maxsize=65_536)
def normalise(string: str) -> str:
    """`string` without differences of width, case, blanks and surrounding marks."""
    folded = unicodedata.normalize("NFKC", string).casefold().strip()
    folded = _BLANKS_AT_CJK.sub("", re.sub(r"\s+", " ", folded))
    return folded.strip(_AROUND) or folded  # of "…!" alone something should be left


@lru_cache(maxsize=65_536)
def tokens(string: str) -> tuple[str, ...]:
    """CJK characters and other words of the normalised string, without a leading article."""
    bare = _ARTICLE.sub("", normalise(string).replace("_", " "))
    return tuple(_TOKEN.findall(bare)) or ((bare,) if bare else ())


@lru_cache(maxsize=65_536)
def overlap(one: str, other: str) -> float:
    """F1 of the two strings' tokens as multisets, 0 to 1."""
    first, second = tokens(one), tokens(other)
    if not first or not second:
        return 0.0
    common = (Counter(first) & Counter(second)).total()
    return 2 * common / (len(first) + len(second))


def same(one: str, other: str) -> bool:
    """Relaxed equality of names."""
    return normalise(one) == normalise(other) or overlap(one, other) >= ENOUGH


def same_value(one: str, other: str) -> bool:
    """Relaxed equality of values: as names, or one is at least half of the other and inside it."""
    if same(one, other):
        return True
    short, long = _by_length(one, other)
    return len(short) >= 2 and short in long and len(short) >= HALF * len(long)


def contains(one: str, other: str) -> bool:
    """Whether the shorter string, of two characters or more, stands inside the other."""
    short, long = _by_length(one, other)
    return len(short) >= 2 and short in long


def touching(one: str, other: str) -> bool:
    """Whether two strings look like two cuts of one name: one inside the other, or most in common.

    Half in common is not enough: 中国 and 美国 share that much.
    """
    return overlap(one, other) > HALF or contains(one, other)


def _by_length(one: str, other: str) -> tuple[str, str]:
    short, long = sorted((normalise(s).replace(" ", "") for s in (one, other)), key=len)
    return short, long


def assign(
    gold: Sequence[Left], predicted: Sequence[Right], fits: Callable[[Left, Right], bool]
) -> dict[int, int]:
    """A largest one-to-one matching, gold index → predicted index (augmenting paths)."""
    partners = [[j for j, right in enumerate(predicted) if fits(left, right)] for left in gold]
    places: dict[int, int] = {}
    owners: dict[int, int] = {}
    for start in range(len(gold)):
        _augment(start, partners, places, owners)
    return places


def _augment(
    start: int, partners: Sequence[Sequence[int]], places: dict[int, int], owners: dict[int, int]
) -> None:
    """Find a place for gold `start`, moving others along a breadth-first path if need be."""
    came_from: dict[int, int] = {}  # predicted → the gold that reached it
    queue = [start]
    for i in queue:
        for j in partners[i]:
            if j in came_from:
                continue
            came_from[j] = i
            if j in owners:
                queue.append(owners[j])
                continue
            free: int | None = j
            while free is not None:  # everyone on the path moves up by one
                mover = came_from[free]
                left = places.get(mover)
                places[mover], owners[free] = free, mover
                free = left
            return

"""Takes enumerations apart: 主演 → 柳承龙、葛素媛 are two facts, however the model wrote them.

Only the Chinese enumeration comma, which does nothing else; an English comma also stands in dates,
places and titles. Knows nothing of the text or of places in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from knowledge.raw import RawFact, RawItem, RawTriple

LONGEST = 16  # characters of a part: longer ones are clauses, and belong together
_OPEN, _CLOSE = "《（(“「『【[", "》）)”」』】]"
_BARE = re.compile("[\\d〇零一二两三四五六七八九十百千万亿.．]+")  # 5、6个 are no two facts
_CLAUSE = re.compile(r"[，。；！？,;!?\n]")


def taken_apart(raw: RawItem) -> Iterator[RawItem]:
    """The item, or one for each part of its tail (KE1) or value (KE3) where that is a list."""
    if isinstance(raw, RawTriple):
        yield from (replace(raw, tail=part) for part in parts(raw.tail))
    elif isinstance(raw, RawFact):
        yield from (replace(raw, value=part) for part in parts(raw.value))
    else:
        yield raw


def parts(string: str) -> list[str]:
    """What stands between enumeration commas outside of brackets; the string if it is no list."""
    if "、" not in string or _CLAUSE.search(string):
        return [string]
    found, depth = [""], 0
    for char in string:
        depth += (char in _OPEN) - (char in _CLOSE)
        if char == "、" and depth == 0:
            found.append("")
        else:
            found[-1] += char
    found = [part.strip() for part in found]
    whole = depth == 0 and all(
        0 < len(part) <= LONGEST and not _BARE.fullmatch(part) for part in found
    )
    return found if whole else [string]

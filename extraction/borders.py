"""Where a string may begin and end in a text without tearing a word or a number apart."""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property, lru_cache

from extraction.language import HAN

FREE, TIED, TORN = range(3)

# Scripts that write no space between words, and Korean, whose particles hang on the word.
_UNSPACED = re.compile(
    f"[{HAN}\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff\uff66-\uff9f"
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
)
_NUMERALS = set("〇零一二三四五六七八九十百千万亿两廿卅")
_POINTS = set(".,")
_PLURALS = ("s", "es")  # "physicist" stands in "physicists"


class Borders:
    """The borders between the characters of a text, worked out when first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    def grade(self, start: int, end: int) -> int:
        """FREE, TIED (out of something longer, as "3" of "3.5") or TORN (as "US" of "USA")."""
        before, after = self._grades[start], self._grades[end]
        if after == TORN and before != TORN and self._is_singular(start, end):
            return TIED
        return max(before, after)

    def _is_singular(self, start: int, end: int) -> bool:
        """Whether it is a word of four letters or more that stands in its plural."""
        tail = self._text[max(start, end - 4) : end]
        return (
            len(tail) == 4
            and tail.isalpha()
            and any(
                self._text.startswith(ending, end) and self._grades[end + len(ending)] == FREE
                for ending in _PLURALS
            )
        )

    @cached_property
    def _grades(self) -> bytes:
        """One grade per offset, 0 to len(text)."""
        grades = bytearray(len(self._text) + 1)
        kinds = [_kind(char) for char in self._text]
        for at in range(1, len(kinds)):
            left, right = kinds[at - 1], kinds[at]
            if right == "mark":
                grades[at] = TIED  # an accent or a joiner belongs to the character before it
            elif left and right:
                torn = left == right and left in ("letter", "digit")
                grades[at] = TORN if torn else _loose(kinds, at)
        return bytes(grades)


def _loose(kinds: list[str], at: int) -> int:
    """TIED or FREE, for a border inside no word and no run of digits."""
    left, right = kinds[at - 1], kinds[at]
    if left == "point" or right == "point":
        begin = at - 1 if right == "point" else at - 2
        inside = begin >= 0 and kinds[begin : begin + 3] == ["digit", "point", "digit"]
        return TIED if inside else FREE
    if {left, right} <= {"digit", "numeral"} or {left, right} <= {"letter", "digit", "mark"}:
        return TIED
    return FREE


@lru_cache(maxsize=20_000)
def _kind(char: str) -> str:
    """What a character is made of, "" where every border beside it is free."""
    if char in _NUMERALS:
        return "numeral"
    if char in _POINTS:
        return "point"
    if unicodedata.category(char)[0] == "M" or char == "\u200d":
        return "mark"
    if char.isdecimal():
        return "digit"
    return "letter" if char.isalpha() and not _UNSPACED.match(char) else ""

"""Where a string may begin and end in a text without tearing a word or a number apart."""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property, lru_cache

from extraction.language import HAN

# How a place is cut out: of nothing longer; of something looser ("5" of "5G"); of a word ("US" of
# "USA"), good only where the string stands nowhere better; of a number ("12" of "2012"), never
# good, since that is another value.
FREE, TIED, TORN, CUT = range(4)
_COUNTED = 4  # between signs of a count ("三|十", "12|万"): CUT for a bare number, else TIED

# Scripts that write no space between words, and Korean, whose particles hang on the word.
_UNSPACED = re.compile(
    f"[{HAN}\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff\uff66-\uff9f"
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
)
_NUMERALS = "〇零一二三四五六七八九十百千万亿两廿卅"
_BARE_NUMBER = re.compile(f"[\\d.,．，{_NUMERALS}]+")
# Digits with points between them: one number, or a date or a version of several.
_RUN = re.compile(r"(?<!\d)\d+(?:[.,．，]\d+)+")
_ONE_NUMBER = re.compile(r"\d+(?:[,，]\d{3})*(?:[.．]\d+)?")


class Borders:
    """The borders between the characters of a text, worked out when first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    def grade(self, start: int, end: int) -> int:
        """FREE, TIED, TORN or CUT for `text[start:end]`."""
        sides = self._grades[start], self._grades[end]
        if _COUNTED not in sides:
            return max(sides)
        # Settled by itself: it must not hide what the other side cuts ("5至三" of "12.5至三十").
        counted = CUT if _BARE_NUMBER.fullmatch(self._text, start, end) else TIED
        return max(counted if side == _COUNTED else side for side in sides)

    @cached_property
    def _grades(self) -> bytes:
        """One grade per offset, 0 to len(text)."""
        grades = bytearray(len(self._text) + 1)
        kinds = [_kind(char) for char in self._text]
        for at in range(1, len(kinds)):
            grades[at] = _between(kinds[at - 1], kinds[at])
        for run in _RUN.finditer(self._text):
            whole = _ONE_NUMBER.fullmatch(run.group()) is not None
            for at in range(run.start() + 1, run.end()):
                grades[at] = CUT if whole else max(grades[at], TIED)
        return bytes(grades)


def _between(left: str, right: str) -> int:
    if right == "mark":
        return TIED  # an accent or a joiner belongs to the character before it
    if not left or not right:
        return FREE
    if left == right == "digit":
        return CUT
    if left == right == "letter":
        return TORN
    if {left, right} <= {"digit", "numeral"}:
        return _COUNTED
    return FREE if "numeral" in (left, right) else TIED


@lru_cache(maxsize=20_000)
def _kind(char: str) -> str:
    """What a character is made of, "" where every border beside it is free."""
    if char in _NUMERALS:
        return "numeral"
    if unicodedata.category(char)[0] == "M" or char == "\u200d":
        return "mark"
    if char.isdecimal():
        return "digit"
    return "letter" if char.isalpha() and not _UNSPACED.match(char) else ""

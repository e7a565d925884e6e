"""Where a string may begin and end in a text without tearing a word or a number apart."""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property, lru_cache

from knowledge.text.language import HAN

# How a place is cut out: of nothing longer; of something looser ("5" of "5G"); of a word ("US" of
# "USA"), good only where the string stands nowhere better; of a number ("12" of "2012"), never
# good, since that is another value.
FREE, TIED, TORN, CUT = range(4)
_COUNTED = 4  # between signs of a count ("三|十", "12|万"): CUT for a count, else TIED ("万科")

# Scripts that write no space between words, and Korean, whose particles hang on the word.
_UNSPACED = re.compile(
    f"[{HAN}\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff\uff66-\uff9f"
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
)
_NUMERALS = "〇零一二三四五六七八九十百千万亿两廿卅"
_BARE_NUMBER = re.compile(f"[\\d.,．，{_NUMERALS}]+")
# A count, whatever comes behind it: 二月 of 十二月 is another month, 百度 of 第三百度 is a name.
_COUNT = re.compile(
    f"[\\d.,．，{_NUMERALS}]+"
    "[年月日号时点分秒岁人个名位届次元块米吨斤亩平立种家所座条项场集章回层楼路世级倍成期%％‰℃]"
)
_SIGN = re.compile(r"(?<![\dA-Za-z)\]%％°℃.．])[-−－](?=\d)")
# Digits with points between them: one number, or a date or a version of several.
_RUN = re.compile(r"(?<!\d)\d+(?:[.,．，]\d+)+")
_ONE_NUMBER = re.compile(r"(?:\d{1,3}(?:[,，]\d{3})+|\d+)(?:[.．]\d+)?")


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
        bare = _BARE_NUMBER.fullmatch(self._text, start, end)
        counted = CUT if bare or _COUNT.match(self._text, start, end) else TIED
        right = CUT if bare else TIED  # "12万" of "12万元" is no other value
        left, ends = sides
        return max(counted if left == _COUNTED else left, right if ends == _COUNTED else ends)

    @cached_property
    def _grades(self) -> bytes:
        """One grade per offset, 0 to len(text)."""
        grades = bytearray(len(self._text) + 1)
        kinds = [_kind(char) for char in self._text]
        for at in range(1, len(kinds)):
            grades[at] = _between(kinds[at - 1], kinds[at])
        for sign in _SIGN.finditer(self._text):
            grades[sign.end()] = CUT  # "5%" of "-5%" is another value
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

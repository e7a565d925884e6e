"""Numbers written in Chinese or English words. None for what is no number or could be two."""

from __future__ import annotations

import re

DIGITS = {char: at for at, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
CHINESE = "零〇一二两三四五六七八九十百千万亿"
_UNITS = {"十": 10, "百": 100, "千": 1000}
_GROUPS = (("亿", 10**8), ("万", 10**4))

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = {word: at for at, word in enumerate(_SMALL)} | {
    word: 10 * at for at, word in enumerate(_TENS, start=2)
}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
ENGLISH = "|".join(sorted([*_WORDS, *SCALES], key=len, reverse=True))  # "four" after "fourteen"


def chinese_number(text: str) -> int | None:
    """三千二百 is 3200. None for 两三百 (two or three) and 一百二 (120 when spoken)."""
    for char, size in _GROUPS:
        head, mark, tail = text.rpartition(char)
        if mark:
            before = chinese_number(head)
            after = 0 if not tail else chinese_number(tail.lstrip("零〇"))
            filled = not tail or tail[0] in "零〇" or len(tail) > 1
            if before is None or after is None or before == 0 or not filled:
                return None
            return before * size + after
    return _below_ten_thousand(text)


def _below_ten_thousand(text: str) -> int | None:
    match = re.fullmatch(
        "(?:([一二两三四五六七八九])千)?(零)?(?:([一二两三四五六七八九])百)?(零)?"
        "(?:([一二三四五六七八九])?(十))?(零)?([零〇一二两三四五六七八九])?",
        text,
    )
    if not text or match is None:
        return None
    thousands, _, hundreds, _, tens, ten, zero, ones = match.groups()
    if ones and (thousands or hundreds) and not (ten or zero or match[2] or match[4]):
        return None
    total = 1000 * DIGITS[thousands] if thousands else 0
    total += 100 * DIGITS[hundreds] if hundreds else 0
    total += 10 * DIGITS[tens or "一"] if ten else 0
    return total + (DIGITS[ones] if ones else 0)


def english_number(text: str) -> int | None:
    """ "two hundred and five" is 205."""
    total = group = 0
    last: int | None = None
    for word in re.split(r"[\s-]+", text):
        if word in _WORDS:
            number = _WORDS[word]
            # "twenty-five" is one number, "five twenty" and "two three" are not.
            if last is not None and not ((20 <= last < 100 and number < 10) or last >= 100):
                return None
            group += number
            last = number
        elif word == "hundred" and last is not None and last < 100:
            group *= 100
            last = 100
        elif last == 1000 and word in SCALES:
            return None  # "five thousand million"
        elif word in SCALES and word != "hundred" and last is not None:
            total += group * SCALES[word]
            group, last = 0, 1000
        elif word != "and" or last is None or last < 100:
            return None
    return total + group

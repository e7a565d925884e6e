"""Ligatures and radicals → the characters that they stand for (ﬁ → fi, ⽂ → 文)."""

from __future__ import annotations

import re
import unicodedata

# A PDF may name a ligature, or a radical that looks like the character.
_FORMS = re.compile("[\u2e80-\u2eff\u2f00-\u2fdf\ufb00-\ufb06]")
# Of these Unicode knows the shape, but has no compatibility mapping.
_RADICALS = dict(
    zip(
        "⺟⺠⻁⻄⻅⻆⻉⻋⻑⻓⻔⻗⻘⻙⻚⻛⻜⻝⻡⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳",
        "母民虎西见角贝车長长门雨青韦页风飞食首马骨鬼鱼鸟卤麦黄齐齿龙龟",
        strict=True,
    )
)


def without_forms(line: str) -> str:
    """The line with the characters that ligatures and radicals stand for."""
    return _FORMS.sub(_form, line)


def _form(match: re.Match[str]) -> str:
    return _RADICALS.get(match[0]) or unicodedata.normalize("NFKC", match[0])

"""Tells a hyphen that divides a word at a line end from one that belongs to it.

How the text writes the word elsewhere decides; else the two parts do.
"""

from __future__ import annotations

import re
from functools import cached_property
from itertools import pairwise

_SYLLABLE = re.compile(
    r"(?!(?:well|self|long|short|high|low|co|non|semi|half|all|anti|ex|cross|state|full|part|ill|mid"
    r"|multi|post|pre|so)\Z)[a-z]+"
)
# A name is divided before a small letter; its compounds go on with a capital ("Anglo-Saxon"), a
# preposition ("Stratford-upon-Avon") or a participle ("Chinese-owned").
_NAME_SYLLABLE = re.compile(
    r"(?i:(?!(?:well|self|long|short|high|low|co|non|semi|half|all|anti|ex|cross|state|full|part|ill"
    r"|mid|multi|post|pre|pro|so|neo|one|two|three|four|five|six|seven|eight|nine|ten)\Z))"
    r"[A-Z][a-z]+"
)
_NAME_PART = re.compile(
    r"(?!(?:based|born|built|made|led|run|wide|style|speaking|like|and|or|the|upon|on|in|under|by|at"
    r"|of|over|to|for|le|la|les|de|du|des|del|di|da|sur|sous|en|am|im|an|ob|auf|bei|und|der|et|y)\b)"
    r"(?![a-z]{3,}(?:ed|ing)\b)[a-z]{2,}"
)
_WORD_PART = re.compile(
    r"(?!(?:based|known|term|time|year|old|like|of|in|up|on|off|out|level|style|free)\b)[a-z]"
)

_MAC = re.compile("Ma?c"), re.compile("[A-Z]")  # "Mac-⏎Donald" is no compound
_COMPOUND = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_PART = re.compile(r"[^\W_]+")


class Written:
    """How the text writes its words elsewhere: with a hyphen, or whole."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _words(self) -> set[str]:
        found: set[str] = set()
        for word in _COMPOUND.findall(self._text):
            parts = word.casefold().split("-")
            found.update(parts if len(parts) == 1 else map("-".join, pairwise(parts)))
        return found

    def is_whole(self, first: str, second: str) -> bool | None:
        """Whether the two parts are one word; None where the text has them nowhere else."""
        first, second = first.casefold(), second.casefold()
        if f"{first}-{second}" in self._words:
            return False
        return True if first + second in self._words else None


def is_divided(word: str, text: str, place: int, written: Written) -> bool:
    """Whether a hyphen behind `word` only divides it: its second part begins at `place`."""
    second_part = _PART.match(text, place)
    whole = written.is_whole(word, second_part[0]) if second_part else None
    if whole is not None:
        return whole
    return any(
        first.fullmatch(word) and second.match(text, place)
        for first, second in ((_SYLLABLE, _WORD_PART), (_NAME_SYLLABLE, _NAME_PART), _MAC)
    )

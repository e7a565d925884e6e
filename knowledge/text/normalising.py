"""Folds text so that spellings of one string meet: width, case, marks, white space.

By character, each with the way back to its offset, Chinese and English alike. Traditional and
simplified characters stay apart. Knows nothing of items or models.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

Folded = tuple[str, list[int]]

# Marks that Unicode's compatibility forms leave apart though people type one for the other.
_ALIKE = {
    '"': "“”„‟«»「」『』〝〞〟″",
    "'": "‘’‚‛′ʼ`´",
    "-": "‐‑‒–—―−⸺",
    "·": "•・･‧∙⋅",
    "<": "《〈",
    ">": "》〉",
    "[": "【〖〔",
    "]": "】〗〕",
    ".": "。｡",
    ",": "、､",
    "~": "〜",
}
_SAME = str.maketrans({alike: mark for mark, group in _ALIKE.items() for alike in group})
_THOUSANDS = re.compile(r"(?<![0-9,])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])")
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_KEPT = "%#&@/"  # "C#" is not "C"
_DROPPED = "<>~`"
_ACCENTS = ("\u0300", "\u036f")


def fold(text: str, start: int = 0) -> Folded:
    """`text[start:]` with width, case and like marks folded, white space and invisibles dropped.

    Thousands lose their separators ("1,000" is "1000"). The list gives, for each folded
    character, the offset in `text` that it came from.
    """
    folded: list[str] = []
    origin: list[int] = []
    for offset in range(start, len(text)):
        char = text[offset]
        if (
            char in _RAISED
            and offset
            and (text[offset - 1].isdecimal() or text[offset - 1] in _RAISED)
        ):
            folded.append("^")  # 10² is not 102, nor a year with a footnote another year
            origin.append(offset)
        for char in _fold_char(text[offset]):
            folded.append(char)
            origin.append(offset)
    return _without_separators("".join(folded), origin)


def bare(text: str, start: int = 0) -> Folded:
    """The folded text without punctuation and accents, save what makes another value of it.

    A mark between two digits stays ("3.5" is not "35", "10:30" not "1030"), and so does the sign
    or point before a number.
    """
    folded, origin = fold(text, start)
    left = [at for at, char in enumerate(folded) if char.isalnum() or not _drops(folded, at)]
    return "".join(folded[at] for at in left), [origin[at] for at in left]


@lru_cache(maxsize=20_000)
def _fold_char(char: str) -> str:
    """Decomposed, so that "é" as one character meets "e" with an accent of its own."""
    form = unicodedata.normalize("NFKD", char.translate(_SAME)).translate(_SAME).casefold()
    return "".join(c for c in unicodedata.normalize("NFKD", form) if not _invisible(c))


def _invisible(char: str) -> bool:
    # Joiners, direction marks, soft hyphens and variation selectors say nothing of what is meant.
    return char.isspace() or unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f"


def _without_separators(folded: str, origin: list[int]) -> Folded:
    dropped: set[int] = set()
    for match in _THOUSANDS.finditer(folded):
        # "1, 200" may be two numbers: only what stands together is one.
        if origin[match.end() - 1] - origin[match.start()] == match.end() - match.start() - 1:
            dropped.update(at for at in range(*match.span()) if folded[at] == ",")
    if not dropped:
        return folded, origin
    left = [at for at in range(len(folded)) if at not in dropped]
    return "".join(folded[at] for at in left), [origin[at] for at in left]


def _drops(folded: str, at: int) -> bool:
    char = folded[at]
    if _ACCENTS[0] <= char <= _ACCENTS[1]:
        return True
    if char in _KEPT or not (char in _DROPPED or unicodedata.category(char)[0] == "P"):
        return False
    before, after = folded[at - 1 : at] if at else "", folded[at + 1 : at + 2]
    if not after.isdigit():
        return True
    return not (before.isdigit() or (char in "-." and not before.isalnum()))

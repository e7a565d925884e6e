"""The glyphs of a PDF page, as PDFium finds them → pieces of text with their places.

A piece is what one operator of the page draws, so a line, a word or a letter. Calls of PDFium cost
most of the time, so places are asked for the ends of a piece only. Runs only in the process of
`worker`.
"""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import compress, groupby, repeat
from typing import Any

import pypdfium2.raw as pdfium

# A page with a larger share of characters that nobody can read is refused, as a picture is.
MAX_UNREADABLE = 0.2
# Bullets of the symbol fonts, which have private codes.
_BULLETS = dict.fromkeys(map(ord, "\uf06c\uf06e\uf071\uf076\uf0a7\uf0a8\uf0b7\uf0d8\uf0e0"), "•")
WHITE = 245  # of 255 in each colour, and lighter
FAINT = 40  # of 255: less opaque than this is not seen on paper
_HYPHEN_MARK = "\x02"  # how PDFium gives the hyphen at the end of a line
_NOT_READABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd\ufffe\uffff]")
_BLANK = ord(" ")
_MAX_CODE = 0x10FFFF
_address_of_object = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)(
    ctypes.cast(pdfium.FPDFText_GetTextObject, ctypes.c_void_p).value or 0
)


@dataclass(slots=True)
class Piece:
    """Text on one baseline, in points, turned so that it runs to the right.

    `angle` is how far it was turned, in degrees. `owner` is the operator that drew it, if known.
    `pale`: drawn in white, or hardly (`hidden` says whether that can be seen).
    """

    text: str
    left: float
    right: float
    base: float
    size: float
    angle: int = 0
    owner: int = 0
    pale: bool = False


@dataclass(frozen=True)
class Glyphs:
    """The pieces of a page in the order of drawing, and how much of them has no characters."""

    pieces: list[Piece]
    unreadable: float


def read_glyphs(textpage: Any) -> Glyphs:
    """All text of a page, also that of templates (forms) which it draws."""
    raw = textpage.raw
    count = pdfium.FPDFText_CountChars(raw)
    codes = list(map(pdfium.FPDFText_GetUnicode, repeat(raw), range(count)))
    address = ctypes.cast(raw, ctypes.c_void_p).value
    owners = list(map(_address_of_object, repeat(address), range(count)))
    for at in [at for at, code in enumerate(codes) if code == _BLANK]:
        if pdfium.FPDFText_IsGenerated(raw, at):
            owners[at] = None  # for a gap, whose width decides later
    pieces = [_piece(raw, codes, *run) for run in _runs(owners)]
    return Glyphs(pieces, _unreadable(raw, codes))


def _runs(owners: list[int | None]) -> Iterator[tuple[int, int, int]]:
    """Where the same operator drew; characters that PDFium made up have no operator."""
    begin = 0
    for owner, same in groupby(owners):
        end = begin + len(list(same))
        if owner is not None:
            yield begin, end, owner
        begin = end


def _piece(raw: Any, codes: list[int], begin: int, end: int, owner: int) -> Piece:
    text = "".join(map(_character, codes[begin:end]))
    matrix, x, y = pdfium.FS_MATRIX(), ctypes.c_double(), ctypes.c_double()
    box = pdfium.FS_RECTF()
    pdfium.FPDFText_GetMatrix(raw, begin, matrix)
    pdfium.FPDFText_GetCharOrigin(raw, begin, x, y)
    pdfium.FPDFText_GetLooseCharBox(raw, end - 1, box)
    size = pdfium.FPDFText_GetFontSize(raw, begin) * math.hypot(matrix.c, matrix.d)
    angle = round(math.degrees(math.atan2(matrix.b, matrix.a))) % 360
    left, base = turned(x.value, y.value, angle)
    corners = [turned(h, v, angle)[0] for h in (box.left, box.right) for v in (box.bottom, box.top)]
    size = abs(size) or 1.0
    pale = is_pale(raw, begin)
    return Piece(text, min(left, *corners), max(left, *corners), base, size, angle, owner, pale)


def is_pale(raw: Any, at: int) -> bool:
    """Whether the character at this number is drawn in white, or hardly."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFText_GetFillColor(raw, at, red, green, blue, alpha):
        return False
    return min(red.value, green.value, blue.value) >= WHITE or alpha.value < FAINT


def turned(x: float, y: float, angle: int) -> tuple[float, float]:
    """The place, turned back by an angle in degrees."""
    if angle == 0:
        return x, y
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return x * cos + y * sin, y * cos - x * sin


@cache
def _character(code: int) -> str:
    char = chr(code) if 0 < code <= _MAX_CODE else "\ufffd"
    if char == _HYPHEN_MARK:
        return "-"
    if code in _BULLETS:
        return _BULLETS[code]
    if char in "\t\r\n" or (char != "\u3000" and unicodedata.category(char) == "Zs"):
        return " "
    return "\ufffd" if _NOT_READABLE.match(char) else char


def _unreadable(raw: Any, codes: list[int]) -> float:
    """The share of drawn characters that are none, or only the font's own numbers for its shapes.

    Such a number may by chance be that of the right letter (fonts without a table for their
    letters in order); then the text looks like words.
    """
    failed = list(map(pdfium.FPDFText_HasUnicodeMapError, repeat(raw), range(len(codes))))
    known = Counter(codes)
    wrong = 0
    if any(failed):
        numbers = [code for code in compress(codes, failed) if code != _BLANK]
        known.subtract(numbers)
        if numbers and not _looks_like_words("".join(map(_character, numbers))):
            wrong = len(numbers)
    wrong += sum(count for code, count in known.items() if _character(code) == "\ufffd")
    drawn = len(codes) - codes.count(_BLANK)
    return wrong / drawn if drawn else 0.0


def _looks_like_words(text: str) -> bool:
    letters = [char for char in text.lower() if "a" <= char <= "z"]
    vowels = sum(char in "aeiou" for char in letters)
    return len(letters) > 0.7 * len(text) and 0.25 < vowels / len(letters) < 0.55

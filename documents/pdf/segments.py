"""Pieces of text with their places → segments: words of one line, or a cell.

Baselines and gaps decide, not how a program drew the page: words that were drawn one by one, or
letter by letter, are one segment.
"""

from __future__ import annotations

import re
import statistics
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from documents.pdf.glyphs import Piece

# In sizes of the letters:
SAME_BASE = 0.25  # how far pieces of one line may be apart in height
WORD_GAP = 0.15  # a wider gap is a blank between two words; a font's own blank has 0.25
HAN_GAP = 0.3  # the same beside a Chinese character, which programs set off a little
CELL_GAP = 1.0  # a wider gap parts the cells of a table
STRETCHED_GAP = 2.0  # the same within what one operator draws, whose blanks may be stretched
WIDEST_BLANK = 3.0  # of words over the width of a column; wider gaps, however even, part cells
HAN_CELL_GAP = 1.06  # the same between Chinese characters, whose blank is one size wide
SMALL = 0.85  # of the other letters: an index or a power
RAISED = 0.2  # digits that are apart from the baseline by this are so, too, whatever their size
MAX_NEAR = 200  # pieces that are looked at for one of them
LETTER_SPACING = 0.12  # a wider usual gap between single letters is a way of writing, no blanks
LEAST_COLUMN = 3  # characters below each other, in text that is set from top to bottom
WIDE = re.compile(
    "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f\U00020000-\U0003ffff“”‘’…—]"
)
_QUOTES = "“”‘’…—"  # as narrow as letters in Western text
_MARK = re.compile(r"\s*[-–−]?\d{1,3}(?:\s?[,，–-]\s?\d{1,3}){0,5}\s*")
# A letter that leads to a footnote, behind a number: 1999ᵃ. "1st" has two.
_LETTER = re.compile(r"\s*[a-z*†‡§](?:\s?[,，]\s?[a-z*†‡§]){0,3}\s*")
_SUPERSCRIPTS = str.maketrans("0123456789-–−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁻")
# Behind a unit, a letter or a ten, raised digits are a power: km², E = mc², 10⁶.
_TAKES_POWER = re.compile(r"(?<![^\W_])(?:10|[a-zµμ]{1,2}|[^\W\d_\u2e80-\U0003ffff])$")


@dataclass(slots=True)
class Segment:
    """A part of a line without a wide gap: words, or a cell."""

    text: str
    left: float
    right: float
    base: float
    size: float
    order: int


def width(text: str) -> int:
    """In narrow characters, of which a Chinese character has two."""
    return len(text) + len(WIDE.findall(text))


def laid_down(pieces: list[Piece]) -> list[Piece]:
    """Columns of characters below each other become lines."""
    found: list[Piece] = []
    columns: list[list[Piece]] = []
    begin = 0
    for at in range(1, len(pieces) + 1):
        if at < len(pieces) and _is_below(pieces[at - 1], pieces[at]):
            continue
        column = pieces[begin:at]
        begin = at
        if len(column) >= LEAST_COLUMN or (columns and WIDE.fullmatch(column[0].text)):
            columns.append(column)
            continue
        found += _across(columns)
        found += column
        columns = []
    return found + list(_across(columns))


def _across(columns: list[list[Piece]]) -> Iterator[Piece]:
    """The columns as lines, the first one the highest; a full one goes on in the next."""
    lowest = min((column[-1].base for column in columns), default=0.0)
    lines: list[list[Piece]] = []
    full = False
    for column in columns:
        if full and column[0].base > lines[-1][0].base - 0.5 * column[0].size:
            lines[-1].extend(column)
        else:
            lines.append(list(column))
        full = column[-1].base < lowest + 1.6 * column[-1].size
    for number, line in enumerate(lines):
        first = columns[0][0]
        text = "".join(one.text.strip() for one in line)
        right = first.left + len(text) * first.size
        base = first.base - 1.2 * number * first.size
        yield replace(line[0], text=text, left=first.left, right=right, base=base)


def _is_below(before: Piece, after: Piece) -> bool:
    """Whether both are single wide characters, one set below the other."""
    return (
        before.angle == after.angle
        and len(before.text) == len(after.text) == 1
        and WIDE.match(before.text) is not None
        and WIDE.match(after.text) is not None
        and abs(before.left + before.right - after.left - after.right) < 0.4 * before.size
        and 0.7 * before.size < before.base - after.base < 1.6 * before.size
    )


def segments_of(pieces: list[Piece]) -> list[Segment]:
    """The segments of a page in the order of drawing."""
    raised = _without_raised(pieces)
    numbered = sorted(enumerate(raised), key=lambda one: -one[1].base)
    found: list[Segment] = []
    row: list[tuple[int, Piece]] = []
    for order, piece in numbered:
        near = row and row[0][1].base - piece.base <= SAME_BASE * min(row[0][1].size, piece.size)
        if row and not near:
            found += _split(row)
            row = []
        row.append((order, piece))
    found += _split(row) if row else []
    return sorted(found, key=lambda one: one.order)


def _without_raised(pieces: list[Piece]) -> list[Piece]:
    """Small letters above or below a line, close to a piece of it, come onto its baseline.

    Raised digits become such characters (³), so that they are no part of a number before them.
    """
    by_base = sorted(pieces, key=lambda one: one.base)
    bases = [one.base for one in by_base]
    usual = usual_size(pieces)
    level: list[Piece] = []
    for piece in pieces:
        mark = _MARK.fullmatch(piece.text)
        near: Piece | None = None
        if mark or piece.size <= SMALL * usual:
            around = by_base[
                bisect_left(bases, piece.base - 0.6 * usual) :
                bisect_right(bases, piece.base + 0.6 * usual)
            ][:MAX_NEAR]  # fmt: skip
            near = next((one for one in around if _carries(one, piece)), None)
            if mark and near is None:
                near = next((one for one in around if _leads(piece, one)), None)
        level.append(_levelled(piece, near) if near else piece)
    return level


def usual_size(pieces: Iterable[Piece]) -> float:
    """The size of most letters."""
    sizes: Counter[float] = Counter()
    for piece in pieces:
        sizes[piece.size] += len(piece.text)
    return max(sizes, key=lambda size: sizes[size])


def _carries(piece: Piece, small: Piece) -> bool:
    """Whether the small letters are an index or a power of the piece before them."""
    return (
        _is_small(small, piece)
        and 0 < abs(piece.base - small.base) < 0.6 * piece.size
        and -0.2 * piece.size < small.left - piece.right < 0.3 * piece.size
    )


def _leads(small: Piece, piece: Piece) -> bool:
    """Whether raised digits stand right before the piece, as at the beginning of a footnote."""
    return (
        _is_small(small, piece)
        and 0 < small.base - piece.base < 0.6 * piece.size
        and -0.2 * piece.size < piece.left - small.right < 0.6 * piece.size
    )


def _is_small(small: Piece, piece: Piece) -> bool:
    if small.size <= SMALL * piece.size:
        return True
    apart = abs(small.base - piece.base) >= RAISED * piece.size
    return apart and small.size <= piece.size and _MARK.fullmatch(small.text) is not None


def _levelled(small: Piece, near: Piece) -> Piece:
    """On the baseline of the piece beside it; a mark of a footnote is a word of its own."""
    text = small.text
    if small.base > near.base and _MARK.fullmatch(text):
        text = text.translate(_SUPERSCRIPTS)
        before = near.text if near.left < small.left else ""
        if before and not before.endswith(" ") and not _TAKES_POWER.search(before):
            text = f" {text}"
    elif small.base > near.base and near.left < small.left and _LETTER.fullmatch(text):
        text = f" {text}" if near.text[-1:].isdigit() else text
    return replace(small, text=text, base=near.base, size=near.size)


def _split(row: list[tuple[int, Piece]]) -> Iterator[Segment]:
    """The segments of the pieces on one baseline."""
    row = _drawn_once(sorted(row, key=lambda one: one[1].left))
    pieces = [piece for _, piece in row]
    spacing = _spacing(pieces)
    begin = 0
    for at in range(1, len(row) + 1):
        if at == len(row) or _parts_cells(pieces[at - 1], pieces[at], spacing):
            part = pieces[begin:at]
            text = _words(part, spacing)
            if text.strip():
                yield Segment(
                    text.rstrip(" "),
                    part[0].left,
                    part[-1].right,
                    statistics.median_low([one.base for one in part]),
                    max(part, key=lambda one: len(one.text)).size,
                    min(order for order, _ in row[begin:at]),
                )
            begin = at


def _drawn_once(row: list[tuple[int, Piece]]) -> list[tuple[int, Piece]]:
    """Some programs draw a letter twice for bold print or a shadow."""
    kept: list[tuple[int, Piece]] = []
    for one in row:
        piece = one[1]
        if not any(
            other.text == piece.text and abs(other.left - piece.left) < 0.15 * piece.size
            for _, other in kept[-3:]
        ):
            kept.append(one)
    return kept


def _gap(before: Piece, after: Piece) -> float:
    """In sizes of the letters."""
    return (after.left - before.right) / max(before.size, after.size)


def _wide(before: Piece, after: Piece) -> list[bool]:
    """Whether a Chinese character stands at the gap, before it and after it."""
    beside = (before.text.rstrip()[-1:], after.text.lstrip()[:1])
    return [char not in _QUOTES and WIDE.match(char) is not None for char in beside]


def _parts_cells(before: Piece, after: Piece, spacing: float) -> bool:
    limit = HAN_CELL_GAP if all(_wide(before, after)) else CELL_GAP
    if before.owner == after.owner != 0:
        limit = STRETCHED_GAP
    return _gap(before, after) - 2 * spacing > limit  # a spaced blank has some on both sides


def _spacing(pieces: list[Piece]) -> float:
    """The usual gap where letters are spaced out, or words over the width of a column; else 0."""
    pairs = list(pairwise(pieces))
    gaps = [_gap(*pair) for pair in pairs]
    single = [
        gap
        for gap, pair in zip(gaps, pairs, strict=True)
        if all(len(one.text.strip()) == 1 and one.text.strip().isalpha() for one in pair)
    ]
    if len(single) >= 4 and len(single) > 0.6 * len(gaps):
        usual = statistics.median_low(sorted(single))
        return usual if usual > LETTER_SPACING else 0.0
    if len(gaps) >= 4 and min(gaps) > WORD_GAP and max(gaps) < min(1.1 * min(gaps), WIDEST_BLANK):
        return max(gaps) - 2 * WORD_GAP
    return 0.0


def _words(pieces: list[Piece], spacing: float) -> str:
    text = pieces[0].text.lstrip(" ")
    for before, after in pairwise(pieces):
        blank = _gap(before, after) - spacing > (HAN_GAP if any(_wide(before, after)) else WORD_GAP)
        if blank and not text.endswith(" ") and not after.text.startswith(" "):
            text += " "
        text += after.text
    return text

"""Pieces of text with their places → the lines of a page, from top to bottom.

Baselines and gaps decide, not how a program drew the page: words that were drawn one by one, or
letter by letter, are words of one line; the cells of a table's row are one line, apart by tabs.
Columns of running text stay apart.
"""

from __future__ import annotations

import re
import statistics
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from documents.glyphs import Piece
from knowledge.text.language import holds_han

# In sizes of the letters:
SAME_BASE = 0.25  # how far pieces of one line may be apart in height
WORD_GAP = 0.15  # a wider gap is a blank between two words; a font's own blank has 0.25
HAN_GAP = 0.3  # the same beside a Chinese character, which programs set off a little
CELL_GAP = 1.0  # a wider gap parts the cells of a table
STRETCHED_GAP = 2.0  # the same within what one operator draws, whose blanks may be stretched
HAN_CELL_GAP = 1.06  # the same between Chinese characters, whose blank is one size wide
SMALL = 0.85  # of the other letters: an index or a power
MAX_NEAR = 200  # pieces that are looked at for one of them
LETTER_SPACING = 0.12  # a wider usual gap between single letters is a way of writing, no blanks
BETWEEN = 0.75  # how far a cell's line may be from those of the cells beside it
TIGHT = 1.45  # lines of one cell or paragraph follow each other more closely than this
COLUMN_WIDTH = 24  # narrow characters; what is narrower is a table's column, not one of prose
COLUMN_LINES = 4
LEAST_COLUMN = 3  # characters below each other, in text that is set from top to bottom
EVEN_ROWS = 4  # so many lines beside others of the same heights are rows; fewer may be one cell
HAN_WRAPPED = 12  # narrow characters; a shorter Chinese line may be a cell of its own
MAX_ORDERED = 150  # blocks on a page; the order of more is that of their drawing
WIDE = re.compile(
    "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f\U00020000-\U0003ffff“”‘’…—]"
)
_QUOTES = "“”‘’…—"  # as narrow as letters in Western text
# What begins an item of a list, and is no cell.
_MARKER = re.compile(
    r"[-*•·●○■◆▪–—☐☑☒]|[①-⑳]|\d{1,3}[.)、．）]|\d{1,3}(?:\.\d{1,3}){1,3}\.?|[a-zA-Z][.)]|[ivx]{1,5}[.)]"
    r"|[（(](?:\d{1,3}|[一二三四五六七八九十]{1,3}|[a-z])[)）]|[一二三四五六七八九十]{1,3}、"
)


@dataclass(slots=True)
class Segment:
    """A part of a line without a wide gap: words, or a cell."""

    text: str
    left: float
    right: float
    base: float
    size: float
    order: int


@dataclass(slots=True, eq=False)
class Row:
    """What stands beside each other in one block; a cell may have several lines."""

    cells: list[Segment]
    bottom: float

    @property
    def base(self) -> float:
        return self.cells[0].base

    @property
    def left(self) -> float:
        return min(cell.left for cell in self.cells)

    @property
    def right(self) -> float:
        return max(cell.right for cell in self.cells)

    @property
    def size(self) -> float:
        return max(cell.size for cell in self.cells)


@dataclass(slots=True)
class Block:
    """Rows below each other."""

    rows: list[Row] = field(default_factory=list)
    columns: bool = False

    @property
    def left(self) -> float:
        return min(row.left for row in self.rows)

    @property
    def right(self) -> float:
        return max(row.right for row in self.rows)

    @property
    def top(self) -> float:
        return max(row.base for row in self.rows)

    @property
    def bottom(self) -> float:
        return min(row.bottom for row in self.rows)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page; a row of a table has several `cells`. `block` numbers the blocks."""

    text: str
    left: float = 0.0
    right: float = 0.0
    base: float = 0.0
    size: float = 1.0
    cells: int = 1
    block: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page from top to bottom, and its width in points; 0 where it is unknown."""

    lines: list[Line]
    width: float = 0.0


def width(text: str) -> int:
    """In narrow characters, of which a Chinese character has two."""
    return len(text) + len(WIDE.findall(text))


def lines_of(pieces: Iterable[Piece]) -> list[Line]:
    """The lines of a page; text of each direction by itself."""
    by_angle: dict[int, list[Piece]] = defaultdict(list)
    for piece in _laid_down(list(pieces)):
        by_angle[piece.angle].append(piece)
    lines: list[Line] = []
    for group in by_angle.values():
        first = lines[-1].block + 1 if lines else 0
        blocks = _ordered(_merged(_blocks(_segments(group))))
        for number, block in enumerate(blocks, first):
            lines += (_line(row, number) for row in block.rows)
    return [line for line in lines if line.text.strip()]


def _line(row: Row, block: int) -> Line:
    cells = sorted(row.cells, key=lambda cell: cell.left)
    texts = list(_with_keys(cell.text for cell in cells))
    if len(texts) > 1 and _MARKER.fullmatch(texts[0].strip()):
        texts[:2] = [f"{texts[0].strip()} {texts[1]}"]
    size = max(cells, key=lambda cell: len(cell.text)).size
    return Line("\t".join(texts), row.left, row.right, row.bottom, size, len(texts), block)


def _with_keys(texts: Iterable[str]) -> Iterator[str]:
    """A label that ends with a colon and the cell after it are one."""
    key = ""
    for text in texts:
        if text.rstrip().endswith((":", "：")):
            key += f"{text.strip()} " if text.rstrip().endswith(":") else text.strip()
        else:
            yield key + text
            key = ""
    if key:
        yield key.rstrip()


# Pieces → segments


def _laid_down(pieces: list[Piece]) -> list[Piece]:
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
        len(before.text) == len(after.text) == 1
        and WIDE.match(before.text) is not None
        and WIDE.match(after.text) is not None
        and abs(before.left + before.right - after.left - after.right) < 0.4 * before.size
        and 0.7 * before.size < before.base - after.base < 1.6 * before.size
    )


def _segments(pieces: list[Piece]) -> list[Segment]:
    """In the order of drawing."""
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
    """Small letters above or below a line, close to a piece of it, come onto its baseline."""
    by_base = sorted(pieces, key=lambda one: one.base)
    bases = [one.base for one in by_base]
    sizes: Counter[float] = Counter()
    for piece in pieces:
        sizes[piece.size] += len(piece.text)
    usual = max(sizes, key=lambda size: sizes[size])
    level: list[Piece] = []
    for piece in pieces:
        near: Piece | None = None
        if piece.size <= SMALL * usual:
            around = by_base[
                bisect_left(bases, piece.base - 0.6 * usual) :
                bisect_right(bases, piece.base + 0.6 * usual)
            ][:MAX_NEAR]  # fmt: skip
            near = next((one for one in around if _carries(one, piece)), None)
        level.append(replace(piece, base=near.base, size=near.size) if near else piece)
    return level


def _carries(piece: Piece, small: Piece) -> bool:
    """Whether the small letters are an index or a power of what stands before them."""
    return (
        small.size <= SMALL * piece.size
        and 0 < abs(piece.base - small.base) < 0.6 * piece.size
        and -0.2 * piece.size < small.left - piece.right < 0.3 * piece.size
    )


def _split(row: list[tuple[int, Piece]]) -> Iterator[Segment]:
    """The segments of what stands on one baseline."""
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
    if len(gaps) >= 4 and min(gaps) > WORD_GAP and max(gaps) < 1.1 * min(gaps):
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


# Segments → blocks


def _blocks(segments: Iterable[Segment]) -> list[Block]:
    """As they were drawn: each goes on beside or below the one before, or begins another block."""
    blocks: list[Block] = []
    left = right = 0.0
    for segment in segments:
        rows = blocks[-1].rows if blocks else []
        last = rows[-1] if rows else None
        if last and _beside(last, segment) and segment.left >= last.right - 0.2 * segment.size:
            last.cells.append(segment)
        elif last and _goes_on_in_cell(last, segment):
            last.cells[-1] = _cell([Row([last.cells[-1]], last.base), Row([segment], segment.base)])
            last.bottom = segment.base
        elif last and segment.base < last.base and segment.left < right and segment.right > left:
            rows.append(Row([segment], segment.base))
        else:
            blocks.append(Block([Row([segment], segment.base)]))
            left, right = segment.left, segment.right
        left, right = min(left, segment.left), max(right, segment.right)
    return blocks


def _goes_on_in_cell(row: Row, segment: Segment) -> bool:
    """Whether it is a further line of the row's last cell."""
    cell = row.cells[-1]
    return (
        len(row.cells) > 1
        and abs(cell.left - segment.left) < SAME_BASE * segment.size
        and 0 < row.bottom - segment.base < TIGHT * segment.size
        and row.left < cell.left
    )


def _beside(row: Row, segment: Segment) -> bool:
    return abs(row.base - segment.base) <= SAME_BASE * min(row.size, segment.size)


def _merged(blocks: list[Block]) -> list[Block]:
    """Blocks that stand beside each other become rows, unless they are columns of running text."""
    done: list[Block] = []
    for block in blocks:
        around = next((one for one in reversed(done[-8:]) if _are_interleaved(one, block)), None)
        if around is not None:
            around.rows = sorted([*around.rows, *block.rows], key=lambda row: -row.base)
            continue
        partner = next((one for one in reversed(done[-8:]) if _are_a_table(one, block)), None)
        if partner is None:
            done.append(block)
        else:
            _put_beside(partner, block)
    return done


def _are_interleaved(one: Block, other: Block) -> bool:
    """Whether the rows of one stand above and below one of the other, in the same column."""
    if abs(one.left - other.left) > other.rows[0].size:
        return False
    high, low = (one, other) if one.top >= other.top else (other, one)
    return (
        high.bottom < low.top
        and all(row.left < high.right and high.left < row.right for row in low.rows)
        and not any(_beside(row, low.rows[0].cells[0]) for row in high.rows)
    )


def _are_a_table(one: Block, other: Block) -> bool:
    size = other.rows[0].size
    if other.bottom > one.top + SAME_BASE * size or other.top < one.bottom - SAME_BASE * size:
        return False
    if not (one.right <= other.left or other.right <= one.left) and len(one.rows) == 1:
        return False
    if _is_column(one) and _is_column(other):
        return False
    return any(
        row.base >= mine.bottom - BETWEEN * size and row.bottom <= mine.base + BETWEEN * size
        and (mine.right <= row.left or row.right <= mine.left)
        for row in other.rows for mine in one.rows
    )  # fmt: skip


def _is_column(block: Block) -> bool:
    widths = sorted(width(row.cells[0].text) for row in block.rows)
    return len(widths) >= COLUMN_LINES and statistics.median_low(widths) >= COLUMN_WIDTH


def _put_beside(one: Block, other: Block) -> None:
    """Row by row where the baselines are the same; else as one cell of several lines."""
    partners = [_partner(one, row) for row in other.rows]
    even = len(partners) >= EVEN_ROWS and None not in partners
    wrapped = None in partners or _is_wrapped(other.rows) or _is_wrapped(one.rows)
    if _is_tight(other) and len(other.rows) > 1 and not even and wrapped:
        _put_cell(one, other.rows)
        return
    for row in other.rows:
        partner = _partner(one, row)
        if partner is None or (not even and _goes_on_below(one, partner)):
            _put_cell(one, [row])
        else:
            partner.cells += row.cells


def _partner(one: Block, row: Row) -> Row | None:
    return next((mine for mine in one.rows if _beside(mine, row.cells[0])), None)


def _goes_on_below(block: Block, row: Row) -> bool:
    """Whether the row's only cell has a second line."""
    below = block.rows.index(row) + 1
    return (
        len(row.cells) == 1
        and below < len(block.rows)
        and len(block.rows[below].cells) == 1
        and row.bottom - block.rows[below].base < TIGHT * row.size
        and _is_wrapped(block.rows[below - 1 : below + 1])
    )


def _is_wrapped(rows: list[Row]) -> bool:
    """Whether the words of some line say that it goes on with the one above."""
    for upper, lower in pairwise(rows):
        if len(upper.cells) != 1 or len(lower.cells) != 1:
            continue
        text = lower.cells[0].text.lstrip()
        filled = lower.right < upper.right + lower.size and width(text) >= HAN_WRAPPED
        near = upper.bottom - lower.base < TIGHT * upper.size
        if near and (text[:1].islower() or (holds_han(text[:1]) and filled)):
            return True
    return False


def _is_tight(block: Block) -> bool:
    return all(
        upper.bottom - lower.base < TIGHT * upper.size for upper, lower in pairwise(block.rows)
    )


def _put_cell(one: Block, rows: list[Row]) -> None:
    """Beside the rows of `one` that stand at its height, which become one row."""
    top, bottom = rows[0].base, rows[-1].bottom
    size = rows[0].size
    begin = next(
        (at for at, row in enumerate(one.rows) if row.bottom <= top + BETWEEN * size),
        len(one.rows),
    )
    end = begin
    while end < len(one.rows) and (
        one.rows[end].base >= bottom - BETWEEN * size
        or (end > begin and one.rows[end - 1].bottom - one.rows[end].base < TIGHT * size)
    ):
        end += 1
    cells = list(rows[0].cells) if len(rows) == 1 else [_cell(rows)]
    if end > begin:
        first = one.rows[begin]
        others = one.rows[begin:end]
        cells += [*first.cells[1:], _cell([Row([row.cells[0]], row.bottom) for row in others])]
        cells += [cell for row in others[1:] for cell in row.cells[1:]]
        bottom = min(bottom, others[-1].bottom)
    one.rows[begin:end] = [Row(sorted(cells, key=lambda cell: cell.left), bottom)]


def _cell(rows: list[Row]) -> Segment:
    """The lines of a cell, as one."""
    text = ""
    for row in rows:
        line = " ".join(cell.text.strip() for cell in row.cells)
        apart = text and not (holds_han(text[-1]) and holds_han(line[:1]))
        text = f"{text} {line}" if apart else text + line
    first = rows[0].cells[0]
    left, right = min(row.left for row in rows), max(row.right for row in rows)
    return Segment(text, left, right, first.base, first.size, first.order)


def _ordered(blocks: list[Block]) -> list[Block]:
    """What stands above comes first, if it stands in the same column; else as it was drawn."""
    if len(blocks) > MAX_ORDERED:
        return blocks
    boxes = [(one.left, one.right, one.top, one.bottom) for one in blocks]
    left = list(range(len(blocks)))
    done: list[Block] = []
    while left:
        free = (at for at in left if not any(_above(boxes[other], boxes[at]) for other in left))
        chosen = next(free, left[0])
        left.remove(chosen)
        done.append(blocks[chosen])
    return done


def _above(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    overlap = one[0] < other[1] and other[0] < one[1]
    return overlap and one[3] > other[2]

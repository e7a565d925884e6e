"""Segments of text → blocks of rows: a table with its cells, a column of running text.

They are taken as they were drawn; those that stand beside each other become rows, and the upper
ones come first.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from documents.pdf.grid import Band, tables_of
from documents.pdf.segments import SAME_BASE, WIDE, Segment, width
from knowledge.text.language import holds_han

# In sizes of the letters:
BETWEEN = 0.75  # how far a cell's line may be from those of the cells beside it
TIGHT = 1.45  # lines of one cell or paragraph follow each other more closely than this
COLUMN_WIDTH = 24  # narrow characters; what is narrower is a table's column, not one of prose
COLUMN_LINES = 4
ALIKE = 0.85  # of the other column's width; a text of one line less is a column beside it
EVEN_ROWS = 4  # so many lines beside others of the same heights are rows; fewer may be one cell
EVEN_SHARE = 0.6  # of a column's lines; beside the others the first column has an empty cell
HAN_WRAPPED = 12  # narrow characters; a shorter Chinese line may be a cell of its own
MAX_ORDERED = 150  # blocks on a page; the order of more is that of their drawing


@dataclass(slots=True, eq=False)
class Row:
    """Cells that are beside each other in one block; a cell may have several lines."""

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


def blocks_of(segments: Iterable[Segment]) -> list[Block]:
    """The blocks of a page from top to bottom, columns one after another."""
    segments = list(segments)
    tables = [_table(bands) for bands in tables_of(segments, TIGHT)]
    if not 0 < len(tables) <= MAX_ORDERED:
        return _ordered(_merged(_blocks(segments)))
    found: list[Block] = []
    ceiling = float("inf")
    for table in [*tables, None]:
        floor = table.top if table else -float("inf")
        found += _ordered(_merged(_blocks(one for one in segments if floor < one.base < ceiling)))
        if table:
            found.append(table)
            ceiling = table.bottom
    return found


def _table(bands: Iterable[Band]) -> Block:
    """A table whose rows are known."""
    rows = []
    for band in bands:
        cells = [_cell([Row([line], line.base) for line in cell]) for cell in band.cells]
        top, bottom = band.bases[0], band.bases[-1]
        rows.append(Row([replace(cell, base=top) for cell in cells], bottom))
    return Block(rows)


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
    if _are_columns(one, other):
        return False
    return any(
        row.base >= mine.bottom - BETWEEN * size and row.bottom <= mine.base + BETWEEN * size
        and (mine.right <= row.left or row.right <= mine.left)
        for row in other.rows for mine in one.rows
    )  # fmt: skip


def _are_columns(one: Block, other: Block) -> bool:
    """Whether both are running text; a short end of the text stands beside a longer column."""
    low, high = sorted((one, other), key=lambda block: len(block.rows))
    if not _is_column(high):
        return False
    as_wide = _usual_width(low) >= ALIKE * _usual_width(high)
    return _is_column(low) or (len(low.rows) == COLUMN_LINES - 1 and as_wide)


def _is_column(block: Block) -> bool:
    return len(block.rows) >= COLUMN_LINES and _usual_width(block) >= COLUMN_WIDTH


def _usual_width(block: Block) -> float:
    return statistics.median_low(width(row.cells[0].text) for row in block.rows)


def _put_beside(one: Block, other: Block) -> None:
    """Row by row where the baselines are the same; else as one cell of several lines."""
    partners = [_partner(one, row) for row in other.rows]
    beside = len(partners) - partners.count(None)
    wraps = _is_wrapped(other.rows)
    least = len(partners) if wraps else EVEN_SHARE * len(partners)
    even = beside >= max(EVEN_ROWS, least)
    wrapped = None in partners or wraps or _is_wrapped(one.rows)
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
        apart = text and not (WIDE.match(text[-1]) and WIDE.match(line[:1]))
        text = f"{text} {line}" if apart else text + line
    first = rows[0].cells[0]
    left, right = min(row.left for row in rows), max(row.right for row in rows)
    return Segment(text, left, right, first.base, first.size, first.order)


def _ordered(blocks: list[Block]) -> list[Block]:
    """The upper block comes first within a column; else they are in the order of drawing."""
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

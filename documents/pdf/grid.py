"""Finds tables whose cells have several lines, and the cells of each row.

Between two rows of most tables there is more room than between two lines of a cell. So the lines
that stand close together are one row, however many lines each of its cells has, and wherever those
begin: at the top of the row or in its middle. Where rows are as close as lines, the order of
drawing may tell them: if the next cell was drawn below the first lines of one, at its top.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from documents.pdf.columns import Columns, columns_of
from documents.pdf.segments import SAME_BASE, Segment, width
from knowledge.text.language import holds_han

Cell = list[Segment]  # its lines

_NUMBER = re.compile(r"[-–+]?\d[\d.,:%/–-]*")  # two below each other are two cells
LEAST_BANDS = 2
MOST_LINES_TO_DOUBT = 2  # where several cells have more, and no small letter goes on, they are rows
PROSE_LINES, PROSE_WIDTH = 4, 24  # of running text, which is set in columns, not cells


@dataclass(frozen=True, slots=True)
class Band:
    """Lines that are close together, over the whole width of the page."""

    cells: list[Cell]

    @property
    def bases(self) -> list[float]:
        """The heights of its lines, from the top."""
        found: list[float] = []
        for one in sorted((line for cell in self.cells for line in cell), key=lambda s: -s.base):
            if not found or found[-1] - one.base > SAME_BASE * one.size:
                found.append(one.base)
        return found


def tables_of(segments: Sequence[Segment], tight: float) -> list[list[Band]]:
    """The tables of a page, each as its rows; lines of a cell are closer than `tight` sizes.

    Only those that need it: with a cell of several lines.
    """
    found: list[list[Band]] = []
    run: list[Band] = []
    for band in [*_bands(segments, tight), None]:
        if band is not None and len(band.cells) > 1:
            run.append(band)
            continue
        found += [table for table in (run, run[1:], run[:-1]) if _is_table(table, tight)][:1]
        run = []
    return found or _drawn_tables(segments, tight)


def _drawn_tables(segments: Sequence[Segment], tight: float) -> list[list[Band]]:
    """Tables that were drawn row by row, and each cell with all its lines."""
    found: list[list[Band]] = []
    run: list[Band] = []
    heights = sorted(one.base for one in segments)
    for band in [*_drawn_bands(segments, tight), None]:
        if band is not None and len(band.cells) > 1 and (not run or _is_below(run[-1], band)):
            run.append(band)
            continue
        if _is_drawn_table(run, tight, heights):
            found.append(run)
        run = [band] if band is not None and len(band.cells) > 1 else []
    in_order = all(_is_below(upper[-1], lower[0]) for upper, lower in pairwise(found))
    return found if in_order else []


def _drawn_bands(segments: Sequence[Segment], tight: float) -> Iterator[Band]:
    cells: list[Cell] = []
    for one in segments:
        last = cells[-1][-1] if cells else None
        top = cells[0][0].base if cells else 0.0
        if (
            last
            and abs(top - one.base) <= SAME_BASE * one.size
            and one.left >= _extent(cells[-1])[1]
        ):
            cells.append([one])
        elif last and _goes_on(last, one, tight):
            cells[-1].append(one)
        else:
            if cells:
                yield Band(cells)
            cells = [[one]]
    if cells:
        yield Band(cells)


def _goes_on(last: Segment, one: Segment, tight: float) -> bool:
    """Whether it may be the next line of a cell."""
    beside = one.left >= last.right or last.left >= one.right
    numbers = _NUMBER.fullmatch(last.text.strip()) and _NUMBER.fullmatch(one.text.strip())
    return SAME_BASE < (last.base - one.base) / one.size < tight and not beside and not numbers


def _is_below(upper: Band, lower: Band) -> bool:
    return lower.bases[0] < upper.bases[-1]


def _is_drawn_table(bands: Sequence[Band], tight: float, heights: Sequence[float]) -> bool:
    """Whether nothing else stands there, and a cell was drawn beside the first line of another."""
    if len(bands) < LEAST_BANDS or not any(
        len(one) > 1 for band in bands for one in band.cells[:-1]
    ):
        return False
    own = sum(len(cell) for band in bands for cell in band.cells)
    top, bottom = bands[0].bases[0], bands[-1].bases[-1]
    alone = bisect_right(heights, top) - bisect_left(heights, bottom) == own
    if not alone or any(sum(map(_is_prose, band.cells)) > 1 for band in bands):
        return False
    return bool(_columns(bands)) and all(_is_row(band, tight) for band in bands)


def _bands(segments: Sequence[Segment], tight: float) -> list[Band]:
    lines = sorted(segments, key=lambda one: -one.base)
    found: list[Band] = []
    begin = 0
    for at in range(1, len(lines) + 1):
        usual = median(one.size for one in lines[at - 1 : at + 1])
        if at == len(lines) or lines[at - 1].base - lines[at].base > tight * usual:
            found.append(Band(_cells(lines[begin:at])))
            begin = at
    return found


def _cells(lines: Sequence[Segment]) -> list[Cell]:
    """Lines above each other are one cell, each from its top."""
    found: list[Cell] = []
    right = 0.0
    for line in sorted(lines, key=lambda one: one.left):
        if found and line.left < right:
            found[-1].append(line)
            right = max(right, line.right)
        else:
            found.append([line])
            right = line.right
    return [sorted(cell, key=lambda one: -one.base) for cell in found]


def _is_table(bands: Sequence[Band], tight: float) -> bool:
    if len(bands) < LEAST_BANDS or all(len(band.bases) == 1 for band in bands):
        return False
    if any(sum(map(_is_prose, band.cells)) > 1 or not _is_row(band, tight) for band in bands):
        return False
    columns = _columns(bands)
    return bool(columns) and not any(_holds_rows(band, len(columns)) for band in bands)


def _columns(bands: Sequence[Band]) -> Columns:
    return columns_of([[_extent(cell) for cell in band.cells] for band in bands])


def _is_prose(cell: Cell) -> bool:
    return len(cell) >= PROSE_LINES and median(width(one.text) for one in cell) >= PROSE_WIDTH


def _is_row(band: Band, tight: float) -> bool:
    """Whether its cells may be those of one row: all are at its top, middle or bottom."""
    for cell in band.cells:
        for upper, lower in pairwise(cell):
            step = (upper.base - lower.base) / lower.size
            numbers = _NUMBER.fullmatch(upper.text.strip()) and _NUMBER.fullmatch(
                lower.text.strip()
            )
            if not SAME_BASE < step < tight or numbers:
                return False
    size = band.cells[0][0].size
    places = [(cell[0].base, cell[0].base + cell[-1].base, cell[-1].base) for cell in band.cells]
    return any(max(of) - min(of) <= SAME_BASE * size for of in zip(*places, strict=True))


def _holds_rows(band: Band, columns: int) -> bool:
    """Whether its lines are rather rows by themselves: a group of rows that are close together."""
    lines = max(map(len, band.cells))
    full = [cell for cell in band.cells if len(cell) == lines]
    further = [one.text.lstrip()[:1] for cell in band.cells for one in cell[1:]]
    if lines == 1 or any(map(str.islower, further)):
        return False
    several = len(full) > 1 and lines > MOST_LINES_TO_DOUBT and not any(map(holds_han, further))
    return len(full) == columns or several


def _extent(cell: Cell) -> tuple[float, float]:
    return min(one.left for one in cell), max(one.right for one in cell)

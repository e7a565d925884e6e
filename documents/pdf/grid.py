"""Finds tables whose rows are set apart by room, and the cells of each row.

Between two rows of such a table there is more room than between two lines of a cell. So the lines
that stand close together are one row, however many lines each of its cells has, and wherever those
begin: at the top of the row or in its middle. Rows that are as close as lines are not found here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from documents.pdf.columns import columns_of
from documents.pdf.segments import SAME_BASE, Segment, width
from knowledge.text.language import holds_han

Cell = list[Segment]  # its lines

_NUMBER = re.compile(r"[-–+]?\d[\d.,:%/–-]*")  # two below each other are two cells
LEAST_BANDS = 2
MOST_LINES_TO_DOUBT = 2  # where several cells have more, and no small letter goes on, they are rows
PROSE_LINES, PROSE_WIDTH = 4, 24  # of running text, which is set in columns, not cells


@dataclass(frozen=True, slots=True)
class Band:
    """What stands close together, from the left to the right edge of the page."""

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
    return found


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
    columns = columns_of([[_extent(cell) for cell in band.cells] for band in bands])
    return bool(columns) and not any(_holds_rows(band, len(columns)) for band in bands)


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

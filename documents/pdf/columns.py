"""The columns of a table, and which of its cells are empty: a PDF draws nothing for those."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Extent = tuple[float, float]  # left and right, in points
Columns = Sequence[Extent]

LEAST_ROWS = 2  # of a table
LEAST_COLUMNS = 3  # with two, a row of one cell may as well be a line of text
ALIGNED = 3.0  # points


def columns_of(rows: Sequence[Sequence[Extent]]) -> Columns:
    """Where the columns of a table are; nothing where its rows do not agree.

    They are as many as the longest row has cells, or one more that each row may lack.
    """
    most = max(map(len, rows), default=0)
    several = [row for row in rows if len(row) > 1]
    full = [row for row in rows if len(row) == most]
    for some in (several, full):  # a cell over two columns joins them
        columns = _apart(cell for row in some for cell in row)
        if (
            len(columns) >= LEAST_COLUMNS
            and len(some) >= LEAST_ROWS
            and (len(columns) == most or (len(columns) == most + 1 and _are_shared(columns, some)))
        ):
            return columns
    return ()


def _are_shared(columns: Columns, rows: Sequence[Sequence[Extent]]) -> bool:
    """Whether every column has cells of several rows, so that none is a title set otherwise."""
    return all(
        sum(any(_overlap(cell, column) for cell in row) for row in rows) >= LEAST_ROWS
        for column in columns
    )


def _apart(cells: Iterable[Extent]) -> list[Extent]:
    """What the cells cover, as stretches with room between them."""
    found: list[Extent] = []
    for left, right in sorted(cells):
        if found and left < found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], right)
        else:
            found.append((left, right))
    return found


def empty_cells(cells: Sequence[Extent], columns: Columns) -> list[int]:
    """Where empty cells stand before others of the row, as places in the whole row.

    None where the row's cells are not each below those of one column.
    """
    if not columns or len(cells) >= len(columns):
        return []
    places: list[int] = []
    for cell in cells:
        below = [at for at, column in enumerate(columns) if _overlap(cell, column)]
        if len(below) != 1 or below[0] in places:
            return []
        places.append(below[0])
    if len(places) == 1 and not _is_aligned(cells[0], columns[places[0]]):
        return []  # a line of text between the rows
    return [at for at in range(max(places, default=0)) if at not in places]


def _overlap(one: Extent, other: Extent) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _is_aligned(cell: Extent, column: Extent) -> bool:
    starts, ends = abs(cell[0] - column[0]), abs(cell[1] - column[1])
    middle = abs(cell[0] + cell[1] - column[0] - column[1]) / 2
    return min(starts, ends, middle) <= ALIGNED

"""Segments of text → the lines of a page, from top to bottom.

The cells of a table's row are one line, apart by tabs. Columns of running text stay apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from documents.pdf.blocks import Row, blocks_of
from documents.pdf.columns import Columns, columns_of, empty_cells
from documents.pdf.glyphs import Piece
from documents.pdf.segments import laid_down, segments_of, usual_size
from knowledge.text.language import holds_han

HUGE = 2.5  # of the usual size; letters as large, with others over them, are a watermark
MAX_HUGE = 100  # pieces that are looked at for one
# What begins an item of a list, and is no cell.
_MARKER = re.compile(
    r"[-*•·●○■◆▪–—☐☑☒]|[①-⑳]|\d{1,3}[.)、．）]|\d{1,3}(?:\.\d{1,3}){1,3}\.|[a-zA-Z][.)]|[ivx]{1,5}[.)]"
    r"|[（(](?:\d{1,3}|[一二三四五六七八九十]{1,3}|[a-z])[)）]|[一二三四五六七八九十]{1,3}、"
)


_DECIMAL = re.compile(r"\d{1,3}(?:\.\d{1,3}){1,3}")  # of a heading, or a number of a table


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page; a row of a table has several `cells`. `block` numbers the blocks.

    `aside` is text in another direction than the page's, or behind it: a watermark, a label.
    """

    text: str
    left: float = 0.0
    right: float = 0.0
    base: float = 0.0
    size: float = 1.0
    cells: int = 1
    block: int = 0
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page from top to bottom, and its width in points; 0 where it is unknown.

    Text aside comes last.
    """

    lines: list[Line]
    width: float = 0.0


def lines_of(pieces: Iterable[Piece]) -> list[Line]:
    """The lines of a page; text of each direction by itself, and what the others are drawn over."""
    by_angle: dict[int, list[Piece]] = defaultdict(list)
    for piece in laid_down(list(pieces)):
        by_angle[piece.angle].append(piece)
    groups = sorted(by_angle.values(), key=lambda group: -sum(len(one.text) for one in group))
    lines: list[Line] = []
    for group, aside in _parts(groups):
        first = lines[-1].block + 1 if lines else 0
        blocks = blocks_of(segments_of(group))
        for number, block in enumerate(blocks, first):
            columns = columns_of([[(c.left, c.right) for c in row.cells] for row in block.rows])
            lines += (_line(row, number, aside, columns) for row in block.rows)
    return [line for line in lines if line.text.strip()]


def _parts(groups: Iterable[list[Piece]]) -> Iterator[tuple[list[Piece], bool]]:
    """The page's own text, then the text aside; each with whether it is aside."""
    behind: list[list[Piece]] = []
    for number, group in enumerate(groups):
        places = _huge_places(group)
        above = [one for one in group if (one.size, one.base) not in places]
        if number == 0:
            yield above, False
        else:
            behind.append(above)
        behind.append([one for one in group if (one.size, one.base) in places])
    yield from ((group, True) for group in behind if group)


def _huge_places(pieces: list[Piece]) -> set[tuple[float, float]]:
    """Size and baseline of huge letters that others are drawn over: a watermark."""
    usual = usual_size(pieces)
    huge = [one for one in pieces if one.size >= HUGE * usual][:MAX_HUGE]
    return {
        (one.size, one.base)
        for one in huge
        if any(
            other.size < one.size / 2
            and one.base < other.base < one.base + 0.7 * one.size
            and min(one.right, other.right) - max(one.left, other.left) > other.size
            for other in pieces
        )
    }


def _line(row: Row, block: int, aside: bool, columns: Columns) -> Line:
    cells = sorted(row.cells, key=lambda cell: cell.left)
    texts = [cell.text for cell in cells]
    for at in empty_cells([(cell.left, cell.right) for cell in cells], columns):
        texts.insert(at, "")
    texts = list(_with_keys(texts))
    if _begins_with_marker(texts):
        texts[:2] = [f"{texts[0].strip()} {texts[1]}"]
    size = max(cells, key=lambda cell: len(cell.text)).size
    return Line("\t".join(texts), row.left, row.right, row.bottom, size, len(texts), block, aside)


def _begins_with_marker(texts: list[str]) -> bool:
    """Whether the first cell is the number of an item, or of a heading without further cells."""
    first = texts[0].strip()
    if len(texts) < 2 or not texts[1]:
        return False
    if _MARKER.fullmatch(first):
        return True
    title = texts[1].strip()[:1]
    return (
        len(texts) == 2
        and _DECIMAL.fullmatch(first) is not None
        and (title.isupper() or holds_han(title))
    )


def _with_keys(texts: Iterable[str]) -> Iterator[str]:
    """A label that ends with a colon and the cell after it are one."""
    key = ""
    for text in texts:
        if key and not text:
            yield key.rstrip()
            key = ""
        if text.rstrip().endswith((":", "：")):
            key += f"{text.strip()} " if text.rstrip().endswith(":") else text.strip()
        else:
            yield key + text
            key = ""
    if key:
        yield key.rstrip()

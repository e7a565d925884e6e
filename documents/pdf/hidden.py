"""Text of a PDF page that a reader cannot see: drawn in white, or hardly drawn, on an even ground.

A PDF does not state the colour behind its text, so the page is drawn: if the area of a pale piece
has only one colour, the piece is invisible. White letters on a dark heading, and pale ones over a
scanned page, have more than one. Runs only in the process of `worker`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pypdfium2

from documents.pdf.glyphs import Piece

EVEN = 10  # of 255: what the greys of one place may differ by
LONGEST_SIDE = 1600  # pixels of the drawn page: 12 points are 20 pixels on A4
_ABOVE, _BELOW = 0.9, 0.25  # of a letter's size, above and below the base line


@dataclass(frozen=True)
class _Drawing:
    """A page as greys, a byte each; `stride` bytes are a row. `height` of the page is in points."""

    greys: bytes
    stride: int
    columns: int
    rows: int
    scale: float
    height: float


def seen(page: pypdfium2.PdfPage, pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces without those that are pale and stand on an even ground."""
    if not any(piece.pale and piece.angle == 0 for piece in pieces):
        return list(pieces)
    drawing = _draw(page)
    return [
        piece
        for piece in pieces
        if not (piece.pale and piece.angle == 0 and _is_even(drawing, piece))
    ]


def _draw(page: pypdfium2.PdfPage) -> _Drawing:
    height = page.get_height()
    scale = LONGEST_SIDE / max(page.get_width(), height, 1.0)
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    try:
        # Not through numpy, whose start would take more time than the drawing, and much memory.
        greys = bytes(bitmap.buffer)
        return _Drawing(greys, bitmap.stride, bitmap.width, bitmap.height, scale, height)
    finally:
        bitmap.close()


def _is_even(drawing: _Drawing, piece: Piece) -> bool:
    def pixel(points: float, most: int) -> int:
        return min(max(round(points * drawing.scale), 0), most)

    top = pixel(drawing.height - piece.base - _ABOVE * piece.size, drawing.rows)
    bottom = pixel(drawing.height - piece.base + _BELOW * piece.size, drawing.rows)
    left, right = pixel(piece.left, drawing.columns), pixel(piece.right, drawing.columns)
    rows = [
        drawing.greys[row * drawing.stride + left : row * drawing.stride + right]
        for row in range(top, bottom)
    ]
    greys = [grey for row in rows if row for grey in (min(row), max(row))]
    return not greys or max(greys) - min(greys) <= EVEN

"""Cuts a text into chunks that a model can read at once: whole sentences, within a budget.

A paragraph stays whole up to one and a half budgets, a longer one is cut into parts of like size;
short ones share a chunk. A heading goes with what it heads, and is told to the later chunks below
it. Knows no model: whoever calls says how large a text is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil

from knowledge.text.document import Document
from knowledge.text.sentences import Piece
from knowledge.text.spans import Span

STRETCH = 1.5  # budgets: so long may a paragraph or a sentence be that is not cut
HEADING_FILL = 0.5  # of the budget: from here on a heading begins a new chunk

_BREAKS = ("；;", "，,、：:", " \t\n")  # where to cut a sentence that is too long, best first

Sizes = Callable[[Sequence[str]], Sequence[int]]


@dataclass(frozen=True)
class Chunk:
    """A part of the text, and the headings above it that it does not hold: title and nearest."""

    span: Span
    headings: tuple[str, ...]


@dataclass(frozen=True)
class _Unit:
    """Neighbouring sentences that stay together, or a heading."""

    first: int  # index of its first piece
    last: int
    size: float
    heading: bool


def chunks(
    document: Document, budget: int, sizes: Sizes, regions: Sequence[Span] = ()
) -> list[Chunk]:
    """The chunks of a document, or only of its `regions`. They do not overlap.

    `sizes` gives the sizes of texts in the unit of `budget`. No chunk is larger than `STRETCH`
    budgets and the headings that lead it.
    """
    text, whole = document.text, document.pieces
    headings = _Headings(text, whole)
    found: list[Chunk] = []
    for region in regions or [Span(document.start, len(text))]:
        parts = list(_fitting(text, _inside(text, whole, region), budget, sizes))
        units = _units([piece for piece, _ in parts], [size for _, size in parts], budget)
        for run in _runs(units, budget):
            span = Span(parts[run[0].first][0].span.start, parts[run[-1].last][0].span.end)
            found.append(Chunk(span, headings.above(span.start)))
    return found


def _inside(text: str, whole: list[Piece], region: Span) -> Iterator[Piece]:
    """The pieces, cut to the region."""
    for piece in whole:
        begin, end = max(piece.span.start, region.start), min(piece.span.end, region.end)
        while begin < end and text[begin].isspace():
            begin += 1
        while begin < end and text[end - 1].isspace():
            end -= 1
        if begin < end:
            yield Piece(Span(begin, end), piece.heading, piece.block)


def _fitting(
    text: str, parts: Iterator[Piece], budget: int, sizes: Sizes
) -> Iterator[tuple[Piece, float]]:
    """Each piece with its size; those beyond `STRETCH` budgets in parts."""
    known = list(parts)
    measured = sizes([text[piece.span.start : piece.span.end] for piece in known])
    for piece, size in zip(known, measured, strict=True):
        if size <= STRETCH * budget:
            yield piece, size
            continue
        length = piece.span.end - piece.span.start
        for span in _cut(text, piece.span, max(1, budget * length // size)):
            yield Piece(span, False, piece.block), size * (span.end - span.start) / length


def _cut(text: str, sentence: Span, limit: int) -> Iterator[Span]:
    """Parts of at most `limit` characters, cut behind the best mark of their second half."""
    begin = sentence.start
    while sentence.end - begin > limit:
        half, full = begin + limit // 2, begin + limit
        cut = full
        for marks in _BREAKS:
            at = max(text.rfind(mark, half, full) for mark in marks)
            if at >= 0:
                cut = at + 1
                break
        yield Span(begin, cut)
        begin = cut
        while text[begin].isspace() and begin < sentence.end - 1:
            begin += 1
    yield Span(begin, sentence.end)


def _units(parts: list[Piece], sizes: list[float], budget: int) -> Iterator[_Unit]:
    """Paragraphs, and the like parts of those that are too long."""
    for _, indices in groupby(range(len(parts)), key=lambda index: parts[index].block):
        block = list(indices)
        left = sum(sizes[index] for index in block)
        target = _share(left, budget)
        first, size = block[0], 0.0
        for index in block:
            beyond = size + sizes[index] / 2 > target or size + sizes[index] > STRETCH * budget
            if index > first and beyond:
                yield _Unit(first, index - 1, size, False)
                left -= size
                first, size, target = index, 0.0, _share(left - size, budget)
            size += sizes[index]
        yield _Unit(first, block[-1], size, parts[first].heading)


def _share(size: float, budget: int) -> float:
    """How large the next part of a paragraph should be, so that the parts are alike."""
    return size if size <= STRETCH * budget else size / ceil(size / budget)


def _runs(units: Iterator[_Unit], budget: int) -> Iterator[list[_Unit]]:
    """The units of each chunk. A heading is never the last of one, unless of the text."""
    run: list[_Unit] = []
    size = 0.0
    for unit in units:
        if size + unit.size > budget or (unit.heading and size >= HEADING_FILL * budget):
            whole = len(run)
            # Headings alone may fill a chunk only where there is no end of them.
            while whole and run[whole - 1].heading and size <= STRETCH * budget:
                whole -= 1
            if whole:
                yield run[:whole]
                run = run[whole:]
                size = sum(known.size for known in run)
        run.append(unit)
        size += unit.size
    if run:
        yield run


class _Headings:
    """The headings of a text, to be asked for what stands above an offset."""

    def __init__(self, text: str, whole: list[Piece]) -> None:
        self._starts = [piece.span.start for piece in whole if piece.heading]
        self._texts = [
            text[piece.span.start : piece.span.end].lstrip("# \t")
            for piece in whole
            if piece.heading
        ]
        self._titled = bool(whole) and whole[0].heading

    def above(self, start: int) -> tuple[str, ...]:
        """The document's title, if it begins with one, and the nearest heading."""
        count = bisect_left(self._starts, start)
        if not count:
            return ()
        shown = [self._texts[0]] if self._titled else []
        # The heading before a chunk that begins with one of its own no longer holds.
        nearest = [] if start in self._starts[count : count + 1] else [self._texts[count - 1]]
        return tuple(dict.fromkeys([*shown, *nearest]))

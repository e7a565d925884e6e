"""A text, split into sentences and folded once for everybody who reads it."""

from __future__ import annotations

from functools import cached_property

from knowledge.text.borders import Borders
from knowledge.text.normalising import Folded, bare, fold
from knowledge.text.sentences import Piece, pieces
from knowledge.text.spans import Span


class Document:
    """A text from `start` on; what lies before, as KE3's entity line, is no part of it.

    Offsets count in the whole text. Each part is computed when it is first needed.
    """

    def __init__(self, text: str, start: int = 0) -> None:
        self.text = text
        self.start = start

    @cached_property
    def pieces(self) -> list[Piece]:
        """The sentences and headings, with the paragraph of each."""
        return pieces(self.text, self.start)

    @cached_property
    def sentences(self) -> list[Span]:
        return [piece.span for piece in self.pieces]

    @cached_property
    def borders(self) -> Borders:
        return Borders(self.text)

    @cached_property
    def plain(self) -> str:
        return self.text[self.start :]

    @cached_property
    def folded(self) -> Folded:
        """Width, case and white space folded, with the way back to the offsets."""
        return fold(self.text, self.start)

    @cached_property
    def bare(self) -> Folded:
        """As `folded`, without marks and accents."""
        return bare(self.text, self.start)

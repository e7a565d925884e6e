"""Cuts a text into sentences, and into chunks of whole sentences that a model can read at once."""

from __future__ import annotations

import re

from extraction.knowledge import Span

# A line break inside a Latin sentence, as mails and PDFs have it, is no end.
# A Chinese sentence ends at its mark; a Latin full stop ends one only before white space, and not
# after one or two letters with a capital first ("J. Smith", "Dr. Lee", "U.S. officials").
_END = re.compile(
    r"[。！？；!?…]+[”’」』）)\"']*"
    r"|(?<!\b[A-Z])(?<!\b[A-Z][a-z])(?<!\b[A-Z]\.[A-Z])\.[”’\"')]*(?=\s|$)"
    r"|\n\s*\n\s*|(?<![A-Za-z,;-])\n\s*"
)


def sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """The sentences of `text[start:end]`, without the white space around them."""
    end = len(text) if end is None else end
    spans: list[Span] = []
    begin = start
    for mark in [*_END.finditer(text, start, end), None]:
        stop = mark.end() if mark else end
        piece = text[begin:stop]
        stripped = piece.strip()
        if stripped:
            lead = begin + len(piece) - len(piece.lstrip())
            spans.append(Span(lead, lead + len(stripped)))
        begin = stop
    return spans


def chunks(text: str, start: int, limit: int) -> list[Span]:
    """Runs of whole sentences of `text[start:]`, each at most `limit` characters long.

    A single sentence longer than `limit` is cut at the last white space or comma inside.
    """
    whole: list[Span] = []
    for sentence in sentences(text, start):
        for piece in _pieces(text, sentence, limit):
            if whole and piece.end - whole[-1].start <= limit:
                whole[-1] = Span(whole[-1].start, piece.end)
            else:
                whole.append(piece)
    return whole


def _pieces(text: str, sentence: Span, limit: int) -> list[Span]:
    pieces: list[Span] = []
    begin = sentence.start
    while sentence.end - begin > limit:
        breaks = [match.end() for match in re.finditer(r"[\s，,、]", text[begin : begin + limit])]
        cut = begin + (breaks[-1] if breaks else limit)
        pieces.append(Span(begin, cut))
        begin = cut
    return [*pieces, Span(begin, sentence.end)]

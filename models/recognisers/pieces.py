"""Cuts a long text where no name is torn, and puts together what was found in it.

No engine meets a text too long for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from models.base import Mention

_LINE = re.compile(r"[^\r\n]+")
_SENTENCE_END = re.compile(r"[。！？!?；;…]+|\.(?=\s)")
_PAUSE = re.compile(r"[\s，,、：:]")


def pieces(text: str, limit: int) -> Iterator[tuple[int, int]]:
    """Spans (start, end) of at most `limit` characters that hold all but line ends and blanks.

    A line is cut only if it is longer: after its last sentence that fits, else at a pause, else
    anywhere.
    """
    for line in _LINE.finditer(text):
        start, end = line.span()
        while end - start > limit:
            cut = _last_end(text, start, start + limit)
            if not text[start:cut].isspace():
                yield start, cut
            start = cut
        if not text[start:end].isspace():
            yield start, end


def _last_end(text: str, start: int, end: int) -> int:
    """Where the best cut within text[start:end] lies; beyond `start`."""
    for mark in (_SENTENCE_END, _PAUSE):
        ends = [found.end() for found in mark.finditer(text, start, end)]
        if ends:
            return ends[-1]
    return end


def merged(names: Sequence[Mention], candidates: Sequence[Mention]) -> list[Mention]:
    """The names, and the candidates that overlap neither a name nor one another, in order."""
    chosen: list[Mention] = []
    taken = bytearray(max((m.end for m in (*names, *candidates)), default=0))
    for mention in (*names, *sorted(candidates, key=lambda m: m.start - m.end)):  # longest first
        if mention.sure or not any(taken[mention.start : mention.end]):
            taken[mention.start : mention.end] = b"\1" * (mention.end - mention.start)
            chosen.append(mention)
    return sorted(chosen, key=lambda mention: mention.start)

"""Cuts a long text where no name is torn, so that no engine meets a text too long for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

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

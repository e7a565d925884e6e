"""A text with its spans marked: marks inside marks where they nest, cut in two where they cross.

With a prefix, every span gets an anchor, so that tables can link to it.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from markup.html import Child, Html, element, join

EVIDENCE = "evidence"  # a sentence: it can be linked to, and is not marked by itself
MAX_DEPTH = 8  # marks inside marks; deeper ones keep their anchor only
_MAX_LABELS = 8  # in one tooltip

_JOINED_END = re.compile(r"\r(?=\n)")
_SKIPPED = "\x00"


@dataclass(frozen=True)
class Mark:
    """`text[start:end]` and what it is: `kind` is a class of a style sheet, `label` its tooltip."""

    start: int
    end: int
    kind: str
    label: str = ""


@dataclass
class _Piece:
    """Equal spans are one piece; `placed` once its anchor has been written."""

    start: int
    end: int
    kinds: dict[str, None] = field(default_factory=dict)
    labels: dict[str, None] = field(default_factory=dict)
    placed: bool = False


@dataclass
class _Open:
    end: int
    piece: _Piece | None
    children: list[Child] = field(default_factory=list)


def anchor(prefix: str, start: int, end: int) -> str:
    """The id of a span; `prefix` is the text's own among the texts of a page."""
    return f"{prefix}-{start}-{end}"


def marked(text: str, marks: Iterable[Mark], prefix: str | None = None) -> Html:
    """The text's content with its marks. All offsets must lie inside the text."""
    return _Builder(text, prefix).build(_pieces(marks))


def _pieces(marks: Iterable[Mark]) -> list[_Piece]:
    pieces: dict[tuple[int, int], _Piece] = {}
    for mark in marks:
        key = mark.start, mark.end
        piece = pieces.setdefault(key, _Piece(*key))
        if mark.kind != EVIDENCE:
            piece.kinds[mark.kind] = None
        if mark.label:
            piece.labels[mark.label] = None
    return list(pieces.values())


class _Builder:
    def __init__(self, text: str, prefix: str | None) -> None:
        self._text = _with_plain_ends(text)
        self._prefix = prefix
        self._at = 0
        self._stack = [_Open(len(text), None)]

    def build(self, pieces: list[_Piece]) -> Html:
        # Outer before inner; the number keeps what is equal in order.
        queue = [(p.start, -p.end, number, p) for number, p in enumerate(pieces)]
        heapq.heapify(queue)
        while queue:
            start, end, number, piece = heapq.heappop(queue)
            self._close_until(start)
            self._write(start)
            outer = self._stack[-1].end
            if outer < -end:
                heapq.heappush(queue, (outer, end, number, piece))
                end = -outer
            if len(self._stack) <= MAX_DEPTH:
                self._stack.append(_Open(-end, piece))
            else:
                self._stack[-1].children.append(element("span", **self._id(piece)))
        self._close_until(len(self._text) + 1)
        return join(tuple(self._stack[0].children))

    def _close_until(self, start: int) -> None:
        while len(self._stack) > 1 and self._stack[-1].end <= start:
            self._close()
        if start > len(self._text):
            self._write(len(self._text))

    def _close(self) -> None:
        self._write(self._stack[-1].end)
        done = self._stack.pop()
        if done.piece is not None:
            self._stack[-1].children.append(self._element(done.piece, done.children))

    def _write(self, to: int) -> None:
        if to > self._at:
            piece = self._text[self._at : to].replace(_SKIPPED, "")
            self._stack[-1].children.append(piece)
            self._at = to

    def _element(self, piece: _Piece, children: list[Child]) -> Html:
        if not piece.kinds:
            return element("span", *children, class_=EVIDENCE, **self._id(piece))
        labels = list(piece.labels)
        tooltip = " · ".join(labels[:_MAX_LABELS]) + (" · …" if len(labels) > _MAX_LABELS else "")
        kinds = " ".join(piece.kinds)
        return element("mark", *children, class_=kinds, title=tooltip, **self._id(piece))

    def _id(self, piece: _Piece) -> dict[str, str]:
        """The anchor, at the first part of a piece that was cut."""
        if self._prefix is None or piece.placed:
            return {}
        piece.placed = True
        return {"id": anchor(self._prefix, piece.start, piece.end)}


def _with_plain_ends(text: str) -> str:
    """As long as the text, with line feeds for its line ends.

    A browser makes CR LF one line end, but not where a mark comes between the two.
    """
    return _JOINED_END.sub(_SKIPPED, text.replace("\x00", "\ufffd")).replace("\r", "\n")

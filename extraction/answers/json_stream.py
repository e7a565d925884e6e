"""Reads JSON that is still being written, as events: what opens, what closes, keys and values.

Tolerant where models are careless (a comma too many, a line break inside a string, prose and a
code fence around it), strict where an answer would be misread. Every character is read once, so
that a long answer costs no more per token than a short one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Opened:
    """`[` where `array`, else `{`."""

    array: bool


@dataclass(frozen=True)
class Closed:
    """The last that was opened is closed."""


@dataclass(frozen=True)
class Key:
    name: str


@dataclass(frozen=True)
class Scalar:
    """A string, or a number or word as it was written."""

    text: str
    string: bool
    null: bool = False


Event = Opened | Closed | Key | Scalar

DEEPEST = 50  # brackets inside brackets: no answer has more than five

_OPENING = re.compile(r"[\[{]\s*[\[{\"}\]]")
_PLAIN = re.compile(r'[^"\\]*')
_WORD = re.compile(r"[^\s\[\]{}\",:]*")
_LITERAL = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonScanner:
    """Feed it pieces; it yields the events that each piece completes.

    It begins at the first bracket that looks like JSON and ends where that one is closed.
    """

    def __init__(self) -> None:
        self.begun = False
        self.ended = False
        self._open: list[str] = []  # the brackets that close what is open
        self._want = "value"  # value, key, colon or comma
        self._string: list[str] | None = None  # the string that is being read, in pieces
        self._escaped = False
        self._word = ""
        self._head = ""  # an opening bracket at the end of the prose so far

    def feed(self, piece: str) -> Iterator[Event]:
        """Raises ValueError where it is not JSON."""
        if not self.begun:
            piece = self._begin(piece)
        at = 0
        while at < len(piece) and not self.ended:
            if self._string is not None:
                at = self._read_string(piece, at)
                if self._string is None:
                    yield self._finished()
                continue
            word = _WORD.match(piece, at)
            if word and word.end() > at:
                self._word += word.group()
                at = word.end()
                continue
            if self._word:
                yield self._literal()
            event = self._mark(piece[at])
            at += 1
            if event is not None:
                yield event

    def _begin(self, piece: str) -> str:
        """The piece from where the JSON begins."""
        text = self._head + piece
        opening = _OPENING.search(text)
        if opening is None:
            rest = text.rstrip()
            self._head = rest[-1] if rest and rest[-1] in "[{" else ""
            return ""
        self.begun = True
        return text[opening.start() :]

    def _read_string(self, piece: str, at: int) -> int:
        """Read on in a string; where its closing quote stands, `_string` is left to `_finished`."""
        parts = [] if self._string is None else self._string
        if self._escaped:
            parts.append(piece[at])
            self._escaped = False
            return at + 1
        plain = _PLAIN.match(piece, at)
        end = plain.end() if plain else at
        parts.append(piece[at:end])
        if end == len(piece):
            return end
        if piece[end] == "\\":
            parts.append("\\")
            self._escaped = True
        else:
            self._word, self._string = "".join(parts), None
        return end + 1

    def _finished(self) -> Event:
        text, self._word = _unescaped(self._word), ""
        if self._want == "key":
            self._want = "colon"
            return Key(text)
        self._want = "comma"
        return Scalar(text, string=True)

    def _literal(self) -> Event:
        word, self._word = self._word, ""
        if self._want != "value" or not _LITERAL.fullmatch(word):
            raise ValueError(f"expected a {self._want}, found {word[:20]!r}")
        self._want = "comma"
        return Scalar(word, string=False, null=word == "null")

    def _mark(self, char: str) -> Event | None:
        if char.isspace():
            return None
        if char == '"' and self._want in ("value", "key"):
            self._string = []
            return None
        if char in "[{" and self._want == "value" and len(self._open) < DEEPEST:
            self._open.append("]" if char == "[" else "}")
            self._want = "value" if char == "[" else "key"
            return Opened(array=char == "[")
        if char in "]}" and self._open and char == self._open[-1] and self._may_close():
            self._open.pop()
            self._want = "comma"
            self.ended = not self._open
            return Closed()
        if char == "," and self._want == "comma":
            self._want = "value" if self._open[-1] == "]" else "key"
            return None
        if char == ":" and self._want == "colon":
            self._want = "value"
            return None
        raise ValueError(f"expected a {self._want}, found {char!r}")

    def _may_close(self) -> bool:
        """After a value, after nothing, or after a comma too many; not after a colon."""
        return self._want in ("comma", "key") or (self._want == "value" and self._open[-1] == "]")


def _unescaped(text: str) -> str:
    if "\\" in text:
        text = str(json.loads(f'"{text}"', strict=False))
    # Half characters that a model spelled out; they could not be sent on.
    return _SURROGATE.sub("\ufffd", text)

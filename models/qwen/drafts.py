"""Guesses the next tokens of an answer, to be verified by the network in one step.

An answer copies from its text and repeats its form: inside a JSON string it goes on as the text
does behind what the string holds so far, or as a usual name does; between two strings stands what
stood there in the row before; a row begins as the one before it. A wrong guess costs time and
changes nothing.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Sequence

from models.qwen.tokenizer import QwenTokenizer

LONGEST_COPY = 24  # characters that are copied ahead inside a string
LONGEST_REPEAT = 8  # tokens
CONTEXT = (4, 3, 2)  # tokens that have to be the same, more of them first
USUAL = '","'  # between two strings, as long as nothing else was seen there
# Where a name of the text ends: at punctuation, or before a word that names seldom hold.
_BORDER = re.compile(
    r"[\n\t\u3000，。、；：！？“”《》（）,;:!?()\"\[\]{}]|\.(?=\s|$)"
    r"| (?=(?:and|is|was|in|on|at|to|for|with|by|from|the|a|an|who|which|that|are|were|has|had|have"
    r"|as|but|or|its|it|he|she)\b)"
)
LONG_ROW = 3  # strings: the first of them is often that of the row before (a triple's head)


class Drafter:
    """Guesses for one answer; `text` is what it copies from, `names` are strings that answers often
    hold, the most frequent first."""

    def __init__(
        self,
        tokenizer: QwenTokenizer,
        prompt: Sequence[int],
        text: str,
        names: Sequence[str] = (),
    ) -> None:
        self._tokenizer = tokenizer
        self._text, self._names = text, names
        self._tokens = list(prompt)
        self._places: dict[tuple[int, ...], int] = {}  # tokens → where what followed begins
        self._form = _Form()
        self._copied_to = 0  # in the text: answers follow its order
        for end in range(1, len(self._tokens)):
            self._index(end)

    def take(self, token: int) -> None:
        """The answer's next token."""
        self._index(len(self._tokens))
        self._tokens.append(token)
        self._form.take(self._tokenizer.bytes_of(token))

    def _index(self, end: int) -> None:
        for count in CONTEXT:
            if end >= count:
                self._places[tuple(self._tokens[end - count : end])] = end

    def propose(self, forced: Sequence[int], limit: int) -> list[int]:
        """At most `limit` tokens: those that are forced, then what is copied or repeated."""
        drafted = list(forced[:limit])
        while len(drafted) < limit:
            more = self._guess(self._form.after(map(self._tokenizer.bytes_of, drafted)), drafted)
            if not more:
                break
            drafted += more
        return drafted[:limit]

    def _guess(self, form: _Form, drafted: Sequence[int]) -> list[int]:
        """What may follow, where the answer and what is drafted have led to `form`."""
        if form.just_opened:
            # What a row of three strings mostly begins with; of other strings nothing is known.
            first = form.first_of_the_last_row
            return self._tokenizer.encode(first + form.closing) if first else []
        if form.open_string:
            rest = self._copied(form.open_string)
            if rest is None:
                rest = self._named(form.open_string)
            if rest is not None:
                closing = form.closing if len(rest) <= LONGEST_COPY else ""
                return self._tokenizer.encode(rest[:LONGEST_COPY] + closing)
        return self._repeated(drafted)

    def _copied(self, content: str) -> str | None:
        """The rest of a string that the text holds; None where it does not."""
        at = self._text.find(content, self._copied_to)
        if at < 0:
            at = self._text.find(content)
        if at < 0:
            return None
        self._copied_to = at
        begin = at + len(content)
        border = _BORDER.search(self._text, begin)
        return self._text[begin : border.start() if border else None]

    def _named(self, content: str) -> str | None:
        """The rest of a usual name that begins so."""
        name = next((name for name in self._names if name.startswith(content)), None)
        return name[len(content) :] if name is not None else None

    def _repeated(self, drafted: Sequence[int]) -> list[int]:
        tokens = [*self._tokens[-max(CONTEXT) :], *drafted]
        for count in CONTEXT:
            place = self._places.get(tuple(tokens[-count:])) if len(tokens) >= count else None
            if place is not None:
                return self._tokens[place : place + LONGEST_REPEAT]
        return []


class _Form:
    """Where in its JSON an answer is, as far as strings and rows go."""

    def __init__(self) -> None:
        self._pending = b""  # bytes of a character that is not whole yet
        self._inside = False
        self._escaped = False
        self._string = ""
        self._between = ""  # since the last string
        self._number = 0  # of the string in its row
        self._closings: dict[int, str] = {}
        self._row: list[str] = []  # the strings of the row so far
        self._last_row: list[str] = []

    def after(self, pieces: Iterable[bytes]) -> _Form:
        """Where the answer would be with these pieces."""
        then = copy.copy(self)
        then._closings, then._row = dict(self._closings), list(self._row)
        for piece in pieces:
            then.take(piece)
        return then

    @property
    def open_string(self) -> str:
        """What the string holds that is being written; empty outside of strings and at cuts."""
        return self._string if self._inside and not self._pending else ""

    @property
    def just_opened(self) -> bool:
        """Whether a string has begun of which nothing is written."""
        return self._inside and not self._string and not self._pending

    @property
    def first_of_the_last_row(self) -> str:
        """Where the string that has just begun is the first of a row."""
        again = self._number == 0 and len(self._last_row) >= LONG_ROW
        return self._last_row[0] if again else ""

    @property
    def closing(self) -> str:
        """What will stand between this string and the next, as in the row before."""
        return self._closings.get(self._number, USUAL)

    def take(self, piece: bytes) -> None:
        self._pending += piece
        try:
            text, self._pending = self._pending.decode(), b""
        except UnicodeDecodeError:
            return
        for char in text:
            if self._inside:
                self._in_string(char)
            elif char == '"':
                self._begin()
            else:
                self._between += char

    def _in_string(self, char: str) -> None:
        if char == '"' and not self._escaped:
            self._inside, self._between = False, ""
            self._row.append(self._string)
            return
        self._escaped = char == "\\" and not self._escaped
        self._string += char

    def _begin(self) -> None:
        if ":" not in self._between and self._row:  # a key is followed by something else
            self._closings[self._number] = f'"{self._between}"'
        if "[" in self._between:
            self._number, self._last_row, self._row = 0, self._row, []
        else:
            self._number += 1
        self._inside, self._string = True, ""

"""Guesses the next tokens of an answer, to be verified by the network in one step.

An answer copies from its text and repeats itself: inside a JSON string it goes on as the text does
where the string's beginning stands, elsewhere as it did after the same tokens before. A wrong guess
costs time and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.qwen.tokenizer import QwenTokenizer

LONGEST_COPY = 24  # characters that are copied ahead inside a string
CONTEXT = (4, 3, 2)  # tokens that have to be the same, more of them first
_BORDER = re.compile(r"[\s，。、；：！？“”《》（）,.;:!?()\"\[\]{}]")


class Drafter:
    """Guesses for one answer; `text` is what it copies from."""

    def __init__(self, tokenizer: QwenTokenizer, prompt: Sequence[int], text: str) -> None:
        self._tokenizer = tokenizer
        self._text = text
        self._tokens = list(prompt)
        self._places: dict[tuple[int, ...], int] = {}  # tokens → where what followed begins
        self._answer = b""
        for end in range(1, len(self._tokens)):
            self._index(end)

    def take(self, token: int) -> None:
        """The answer's next token."""
        self._index(len(self._tokens))
        self._tokens.append(token)
        self._answer += self._tokenizer.bytes_of(token)

    def _index(self, end: int) -> None:
        for count in CONTEXT:
            if end >= count:
                self._places[tuple(self._tokens[end - count : end])] = end

    def propose(self, forced: Sequence[int], limit: int) -> list[int]:
        """At most `limit` tokens: those that are forced, then what is copied, then what repeats."""
        drafted = list(forced[:limit])
        if len(drafted) < limit and not forced:
            drafted += self._copied()[: limit - len(drafted)]
        while len(drafted) < limit:
            following = self._repeated(drafted, limit - len(drafted))
            if not following:
                break
            drafted += following
        return drafted

    def _copied(self) -> list[int]:
        content = self._open_string()
        if not content:
            return []
        at = self._text.find(content)
        if at < 0:
            return []
        begin = at + len(content)
        rest = self._text[begin : begin + LONGEST_COPY]
        border = _BORDER.search(rest)
        return self._tokenizer.encode(rest[: border.start()] if border else rest)

    def _open_string(self) -> str:
        """What the JSON string holds that is being written; empty outside of strings."""
        try:
            answer = self._answer.decode()
        except UnicodeDecodeError:
            return ""  # in the middle of a character
        parts = answer.replace('\\"', "").split('"')
        return parts[-1] if len(parts) % 2 == 0 else ""

    def _repeated(self, drafted: Sequence[int], limit: int) -> list[int]:
        tokens = self._tokens[-max(CONTEXT) :] + list(drafted)
        for count in CONTEXT:
            place = self._places.get(tuple(tokens[-count:])) if len(tokens) >= count else None
            if place is not None:
                return self._tokens[place : place + limit]
        return []

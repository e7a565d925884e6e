"""`StreamDecoder`: the text of an answer while its ids come one by one.

What it has said once stays said, and in the end it has said exactly what `Tokenizer.decode` makes
of all ids. Knows the tokenizer only.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable

from models.visualglm.text.tokenizer import CLEAN_UP, SPELLINGS, Tokenizer


class StreamDecoder:
    """One answer's decoder; not shared.

    `skip_special` and `clean_up` are those of `Tokenizer.decode`. `literal` decodes for a grammar
    instead: the text is exactly the bytes of `Tokenizer.token_bytes`, which the grammar saw. The
    official decoding drops a blank at the start and reads "<", "n", ">" as a newline.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        skip_special: bool = True,
        clean_up: bool = True,
        literal: bool = False,
    ) -> None:
        self._tokenizer = tokenizer
        self._skip_special = skip_special
        self._literal = literal
        self._bytes = b""  # of a character that is not complete yet
        self._begun = False  # whether any text came out of the pieces
        self._steps: list[_Replace] = []
        if not literal:
            self._steps.append(_Replace(SPELLINGS))
            if clean_up:
                self._steps += [_Replace({old: new}) for old, new in CLEAN_UP]

    def feed(self, token_id: int) -> str:
        """The text that is certain now; often empty, never half a character."""
        return self._through(self._pieces(token_id), _Replace.feed)

    def flush(self) -> str:
        """The rest, once no more ids come: a cut character is U+FFFD for each of its bytes."""
        text = self._take_characters(final=True)
        return self._through(text, _Replace.finish)

    def _through(self, text: str, step: Callable[[_Replace, str], str]) -> str:
        for replace in self._steps:
            text = step(replace, text)
        return text

    def _pieces(self, token_id: int) -> str:
        tokenizer = self._tokenizer
        if not tokenizer.is_shown(token_id, self._skip_special):
            return ""
        if self._literal or tokenizer.is_byte(token_id):
            self._bytes += tokenizer.bytes_of(token_id)
            text = self._take_characters(final=False)
        else:  # any other piece, a control piece too, ends a run of bytes
            text = self._take_characters(final=True)
            text += tokenizer.spell(token_id, first=not (self._begun or text))
        self._begun = self._begun or bool(text)
        return text

    def _take_characters(self, final: bool) -> str:
        """What the bytes say: U+FFFD for each byte that can be part of no character."""
        text = ""
        while self._bytes:
            try:
                part, used = codecs.utf_8_decode(self._bytes, "strict", final)
            except UnicodeDecodeError as error:
                part, used = self._bytes[: error.start].decode() + "\ufffd", error.start + 1
            text += part
            self._bytes = self._bytes[used:]
            if not used:
                break
        return text


class _Replace:
    """`str.replace` on a text that comes in parts; no key begins inside another.

    Holds back only what may be the beginning of a key. The clean-up needs one of these per rule:
    each rule acts on the whole outcome of the one before it.
    """

    def __init__(self, table: dict[str, str]) -> None:
        self._table = table
        self._mark = next(iter(table))[0]  # all keys begin with it
        self._longest = max(map(len, table))
        self._starts = frozenset(key[:end] for key in table for end in range(1, len(key)))
        self._held = ""

    def feed(self, text: str) -> str:
        text, self._held = self._held + text, ""
        said = []
        while (at := text.find(self._mark)) >= 0:
            said.append(text[:at])
            text = text[at:]
            if text in self._starts:
                self._held = text
                return "".join(said)
            key = self._key_of(text)
            said.append(self._table[key] if key else text[0])
            text = text[len(key) if key else 1 :]
        return "".join(said) + text

    def finish(self, text: str) -> str:
        """`feed`, and what is held back: nothing more will come."""
        return self.feed(text) + self._held

    def _key_of(self, text: str) -> str | None:
        """The key that `text` begins with."""
        prefixes = (text[:end] for end in range(2, self._longest + 1))
        return next((prefix for prefix in prefixes if prefix in self._table), None)

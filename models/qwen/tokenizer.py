"""Text ↔ token ids, as the GGUF file defines them: byte-level BPE with Qwen2's split into words.

The work is done by the `tokenizers` package; this module gives it the file's vocabulary and merges.
"""

from __future__ import annotations

from functools import cached_property

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

from models.qwen.gguf import Gguf, GgufError

# Qwen2's: https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct (tokenizer.json, pre_tokenizer)
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_CONTROL = 3  # the file's type of a token that stands for no text


class QwenTokenizer:
    """The tokenizer of a file; thread-safe. `control` gives the ids of the control tokens by name,
    `end` is the one that ends an answer."""

    def __init__(self, gguf: Gguf) -> None:
        """Raises GgufError where the file's tokenizer is of another kind."""
        found = gguf.metadata
        kind = found.get("tokenizer.ggml.model"), found.get("tokenizer.ggml.pre")
        if kind != ("gpt2", "qwen2"):
            raise GgufError(f"The tokenizer is {kind}, not Qwen2's.")
        lists = ("tokens", "token_type", "merges")
        lacking = [name for name in lists if f"tokenizer.ggml.{name}" not in found]
        if lacking:
            raise GgufError(f"The file does not say tokenizer.ggml.{lacking[0]}.")
        self._tokens: list[str] = found["tokenizer.ggml.tokens"]
        types: list[int] = found["tokenizer.ggml.token_type"]
        merged: list[str] = found["tokenizer.ggml.merges"]
        self.end = int(gguf.number("tokenizer.ggml.eos_token_id"))
        if not (_all(self._tokens, str) and _all(types, int) and _all(merged, str)):
            raise GgufError("The vocabulary is no list of tokens with their types and merges.")
        if len(self._tokens) != len(types) or not 0 <= self.end < len(types):
            raise GgufError("The vocabulary has other tokens than types, or no end.")
        self.control = {
            token: number
            for number, (token, kind) in enumerate(zip(self._tokens, types, strict=True))
            if kind == _CONTROL
        }
        merges = [tuple(merge.split(" ", 1)) for merge in merged]
        vocabulary = {token: number for number, token in enumerate(self._tokens)}
        try:
            self._tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
        except Exception as error:  # the package raises nothing more particular
            raise GgufError(f"The vocabulary contradicts itself: {error}") from error
        self._tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        self._tokenizer.decoder = decoders.ByteLevel()

    def encode(self, text: str) -> list[int]:
        """The ids of a text in which nothing is a control token, whatever it spells."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def bytes_of(self, token: int) -> bytes:
        """The UTF-8 bytes, possibly cut inside a character; none for a control token."""
        return self._bytes[token]

    def control_token(self, name: str) -> int:
        """The id of a control token; raises GgufError where the file has none of this name."""
        found = self.control.get(name)
        if found is None:
            raise GgufError(f"The vocabulary has no control token {name}.")
        return found

    def spellings(self) -> list[bytes]:
        """The bytes of every token; of a control token its name."""
        spellings = list(self._bytes)
        for name, number in self.control.items():
            spellings[number] = name.encode()
        return spellings

    @cached_property
    def _bytes(self) -> list[bytes]:
        alphabet = {char: byte for byte, char in _byte_alphabet().items()}
        special = set(self.control.values())
        return [
            b"" if number in special else bytes(alphabet.get(char, 63) for char in token)
            for number, token in enumerate(self._tokens)
        ]


def _all(values: object, kind: type) -> bool:
    """Whether it is a list of these; the first is enough, because a GGUF array has one type."""
    return isinstance(values, list) and all(isinstance(one, kind) for one in values[:1])


def _byte_alphabet() -> dict[int, str]:
    """The character by which byte-level BPE writes each byte (GPT-2's table)."""
    shown = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), 256)]
    alphabet = {byte: chr(byte) for byte in shown}
    hidden = (byte for byte in range(256) if byte not in alphabet)
    return alphabet | {byte: chr(256 + number) for number, byte in enumerate(hidden)}

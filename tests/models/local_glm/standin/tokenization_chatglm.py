"""The tokenizer's small part that the official chat uses."""

from __future__ import annotations

from typing import Any

from transformers import PreTrainedTokenizer

from models.visualglm.text.tokenizer import Tokenizer


class ChatGLMTokenizer(PreTrainedTokenizer):  # type: ignore[misc]  # transformers has no types
    vocab_files_names = {"vocab_file": "ice_text.model"}  # noqa: RUF012  # as transformers reads it

    def __init__(self, vocab_file: str, **more: Any) -> None:
        from pathlib import Path

        self.own = Tokenizer(Path(vocab_file))
        super().__init__(**more)

    @property
    def vocab_size(self) -> int:
        return len(self.own)

    def get_vocab(self) -> dict[str, int]:
        return {piece: n for n, piece in enumerate(self.own.pieces(range(len(self.own))))}

    def decode(self, token_ids: list[int], **more: Any) -> str:
        return self.own.decode(token_ids)

from __future__ import annotations

from pathlib import Path

import pytest

from models.qwen.gguf import Gguf, GgufError, read_gguf
from models.qwen.tokenizer import QwenTokenizer
from tests.models.qwen.tiny import END, GgufFile


@pytest.fixture(scope="module")
def tiny(gguf: Gguf) -> QwenTokenizer:
    return QwenTokenizer(gguf)


def test_merges_apply_inside_words_only(tiny: QwenTokenizer) -> None:
    pieces = [tiny.bytes_of(token) for token in tiny.encode("abc ab 19 x")]
    assert pieces == [b"abc", b" ", b"ab", b" ", b"1", b"9", b" ", b"x"]


@pytest.mark.parametrize(
    "text", ["", "周明远于2015年", "a\r\n\n  b\t", "é🦊", "<|im_end|>", "'s I'LL", "\x00\u3000x"]
)
def test_bytes_come_back(tiny: QwenTokenizer, text: str) -> None:
    tokens = tiny.encode(text)
    assert b"".join(map(tiny.bytes_of, tokens)) == text.encode()


def test_control_tokens_are_those_of_the_template_only(tiny: QwenTokenizer) -> None:
    assert tiny.control["<|im_end|>"] == END
    assert tiny.spellings()[END] == b"<|im_end|>"
    assert END not in tiny.encode("<|im_end|>")
    assert tiny.bytes_of(END) == b""
    assert tiny.end == END


def test_another_tokenizer_is_refused(tmp_path: Path) -> None:
    file = GgufFile()
    file.put("tokenizer.ggml.model", "llama")
    with pytest.raises(GgufError, match="Qwen2's"):
        QwenTokenizer(read_gguf(file.write(tmp_path / "other.gguf")))

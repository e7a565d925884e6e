from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.qwen.gguf import F32, Gguf, GgufError, read_gguf
from tests.models.qwen.tiny import GgufFile


def test_metadata_and_tensors_are_read(tmp_path: Path) -> None:
    file = GgufFile()
    file.put("name", "é")
    file.put("sizes", [1, 2, 3])
    file.put("share", 0.5)
    file.put("words", ["a", "é", ""])
    file.put("lists", [[1, 2], [3]])
    file.put("shares", [0.5, -2.0])
    file.put_raw("flags", 7, 3, bytes([1, 0, 1]))
    data = np.arange(6, dtype=np.float32).reshape(2, 3)
    file.tensor("first", (2, 3), F32, data)
    file.tensor("second", (1,), F32, data[:1, :1])
    found = read_gguf(file.write(tmp_path / "a.gguf"))
    assert found.metadata == {
        "name": "é", "sizes": [1, 2, 3], "share": 0.5, "words": ["a", "é", ""],
        "lists": [[1, 2], [3]], "shares": [0.5, -2.0], "flags": [True, False, True],
    }  # fmt: skip
    assert found.tensors["first"].floats().tolist() == data.tolist()
    assert found.tensors["second"].floats().tolist() == [0.0]
    with pytest.raises(GgufError, match="does not say"):
        found.number("name")


def test_a_quantised_tensor_is_no_list_of_floats(gguf: Gguf) -> None:
    with pytest.raises(GgufError, match="quantised"):
        gguf.tensors["output.weight"].floats()


def test_what_is_no_such_file_is_refused(tmp_path: Path, gguf: Gguf) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"")
    with pytest.raises(GgufError, match="empty"):
        read_gguf(path)
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(GgufError, match="begin with GGUF"):
        read_gguf(path)
    path.write_bytes(b"GGUF\x09\0\0\0" + bytes(100))
    with pytest.raises(GgufError, match="version 9"):
        read_gguf(path)


def test_a_file_that_ends_early_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    file = GgufFile()
    file.put("tokens", ["a", "b"])
    file.tensor("first", (2, 3), F32, np.zeros((2, 3), np.float32))
    whole = file.write(tmp_path / "whole.gguf").read_bytes()
    short = tmp_path / "short.gguf"
    for size in range(1, len(whole) - 8):
        short.write_bytes(whole[:size])
        with pytest.raises(GgufError):
            read_gguf(short)


def test_a_tensor_of_an_unknown_type_does_not_hinder_the_others(tmp_path: Path) -> None:
    file = GgufFile()
    file.tensor("strange", (4,), 99, np.zeros(4, np.uint8))
    file.tensor("first", (1,), F32, np.ones(1, np.float32))
    found = read_gguf(file.write(tmp_path / "a.gguf"))
    assert found.tensors["first"].floats().tolist() == [1.0]
    with pytest.raises(GgufError, match="quantised"):
        found.tensors["strange"].floats()

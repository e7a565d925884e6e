from __future__ import annotations

import ctypes
import logging
from pathlib import Path

import numpy as np
import pytest

from models.qwen.gguf import Gguf, GgufError, read_gguf
from models.qwen.weights import tiles_of
from tests.models.qwen.tiny import GgufFile


def test_tiles_are_stored_and_mapped(gguf: Gguf, library: ctypes.CDLL, tmp_path: Path) -> None:
    made = tiles_of(gguf, library, tmp_path, "one", 2)
    [path] = tmp_path.iterdir()
    before = path.stat().st_mtime_ns
    mapped = tiles_of(gguf, library, tmp_path, "one", 2)
    assert path.stat().st_mtime_ns == before
    assert made.keys() == mapped.keys()
    assert all(np.array_equal(made[name], mapped[name]) for name in made)
    assert all(tiles.ctypes.data % 64 == 0 for tiles in (*made.values(), *mapped.values()))


def test_a_stored_file_of_another_size_is_made_again(
    gguf: Gguf, library: ctypes.CDLL, tmp_path: Path
) -> None:
    wanted = tiles_of(gguf, library, tmp_path, "one", 1)
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    again = tiles_of(gguf, library, tmp_path, "one", 1)
    assert all(np.array_equal(wanted[name], again[name]) for name in wanted)


def test_a_cache_that_cannot_be_written_costs_time_only(
    gguf: Gguf, library: ctypes.CDLL, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    with caplog.at_level(logging.WARNING):
        assert tiles_of(gguf, library, tmp_path / "file", "one", 1)
    assert "cannot be stored" in caplog.text


def test_a_matrix_of_another_form_is_refused(library: ctypes.CDLL, tmp_path: Path) -> None:
    file = GgufFile()
    file.tensor("output.weight", (16, 32), 0, np.zeros((16, 32), np.float32))
    other = read_gguf(file.write(tmp_path / "other.gguf"))
    with pytest.raises(GgufError, match="known are Q4_K, Q5_0"):
        tiles_of(other, library, None, "other", 1)

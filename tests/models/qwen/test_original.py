"""A file without its matrices, and the same file made again from that and the tiles."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

from models.qwen.gguf import BLOCKS, Q4_K, Q5_0, Q6_K, Q8_0, GgufError, read_gguf
from models.qwen.original import tile_bytes, whole, without_matrices
from models.qwen.weights import stored_tiles, tiles_of, tiles_path
from tests.models.qwen.tiny import SMALL, tiny_qwen


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tiny_qwen(tmp_path / "whole.gguf")


@pytest.fixture
def rest(file: Path, tmp_path: Path) -> Path:
    path = tmp_path / "some.rest"
    path.write_bytes(b"".join(without_matrices(file)))
    return path


def test_the_file_comes_back(file: Path, rest: Path, library: ctypes.CDLL, tmp_path: Path) -> None:
    tiles = tiles_of(read_gguf(file), library, None, "one", 1)
    assert b"".join(whole(rest, tiles)) == file.read_bytes()
    assert rest.stat().st_size < file.stat().st_size / 10


def test_the_rest_reads_like_the_file(file: Path, rest: Path) -> None:
    before, after = read_gguf(file), read_gguf(rest)
    assert after.metadata == before.metadata
    assert after.tensors.keys() == before.tensors.keys()
    for name, tensor in before.tensors.items():
        found = after.tensors[name]
        assert (found.shape, found.begin, found.size) == (tensor.shape, tensor.begin, tensor.size)
        assert found.data.size == 0 or np.array_equal(found.data, tensor.data)
    assert after.tensors["token_embd.weight"].data.size
    assert not after.tensors["output.weight"].data.size


def test_the_rest_is_no_gguf_file_for_others(rest: Path) -> None:
    assert rest.read_bytes()[:4] == b"KEXR"


def test_stored_tiles_serve_in_place_of_the_matrices(
    file: Path, rest: Path, library: ctypes.CDLL, tmp_path: Path
) -> None:
    with pytest.raises(GgufError, match=r"no numbers of blk\.0.*tiles are not stored"):
        tiles_of(read_gguf(rest), library, tmp_path, "one", 1)
    made = tiles_of(read_gguf(file), library, tmp_path, "one", 1)
    file.unlink()
    found = tiles_of(read_gguf(rest), library, tmp_path, "one", 1)
    assert all(np.array_equal(made[name], found[name]) for name in made)
    without_library = stored_tiles(read_gguf(rest), tmp_path, "one", tile_bytes)
    assert without_library is not None
    assert all(np.array_equal(made[name], without_library[name]) for name in made)
    tiles_path(tmp_path, "one").write_bytes(b"short")
    assert stored_tiles(read_gguf(rest), tmp_path, "one", tile_bytes) is None


def test_tiles_have_the_size_that_the_kernels_say(library: ctypes.CDLL) -> None:
    for type_ in (Q4_K, Q6_K):
        assert tile_bytes(type_) == library.kex_tile_bytes(type_)
    for type_ in set(BLOCKS) - {Q4_K, Q6_K}:
        with pytest.raises(GgufError, match="not turned back"):
            tile_bytes(type_)


def test_other_types_are_refused(library: ctypes.CDLL, tmp_path: Path) -> None:
    small = tiny_qwen(tmp_path / "small.gguf", SMALL)
    assert {SMALL.usual, SMALL.finer} == {Q5_0, Q8_0}
    with pytest.raises(GgufError, match="not turned back"):
        stored_tiles(read_gguf(small), tmp_path, "one", tile_bytes)


def test_a_rest_that_was_cut_is_refused(rest: Path) -> None:
    rest.write_bytes(rest.read_bytes()[:-4096])
    with pytest.raises(GgufError, match="The file ends inside"):
        read_gguf(rest)

"""The kernels against numpy, and every instruction set against plain C, bit for bit."""

from __future__ import annotations

import ctypes
import platform
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.qwen.gguf import Q4_K, Q6_K
from models.qwen.library import build, load
from tests.models.qwen.tiny import numbers, random_blocks

TYPES = (Q4_K, Q6_K)


def flags() -> list[tuple[str, ...]]:
    """What this machine can run besides its best."""
    if platform.machine() != "x86_64":
        return [("-march=native",)]
    known = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    made: list[tuple[str, ...]] = [("-march=native",)]
    if "avx2" in known and "f16c" in known and "fma" in known:
        made.append(("-mavx2", "-mfma", "-mf16c"))
    if "avx_vnni" in known:
        made.append(("-mavx2", "-mfma", "-mf16c", "-mavxvnni"))
    return made


@pytest.fixture(scope="module")
def plain(folder: Path) -> ctypes.CDLL:
    return load(build(folder, ("-DKEX_SCALAR",)))


def tiled(
    library: ctypes.CDLL, type_: int, raw: NDArray[np.uint8], rows: int, columns: int
) -> NDArray[np.uint8]:
    size = rows // 16 * (columns // 256) * library.kex_tile_bytes(type_)
    room = np.empty(size + 64, np.uint8)
    tiles = room[-room.ctypes.data % 64 :][:size]
    assert library.kex_tile(type_, raw.ctypes.data, rows, columns, tiles.ctypes.data)
    return tiles


def multiplied(
    library: ctypes.CDLL, type_: int, raw: NDArray[np.uint8], x: NDArray[np.float32]
) -> NDArray[np.float32]:
    tokens, columns = x.shape
    rows = raw.size // {Q4_K: 144, Q6_K: 210}[type_] * 256 // columns
    tiles = tiled(library, type_, raw, rows, columns)
    to = np.empty((tokens, rows), np.float32)
    library.kex_multiply(
        type_, tiles.ctypes.data, rows, columns, x.ctypes.data, tokens, to.ctypes.data
    )
    return to


def in_eight_bits(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """The numbers that the kernels see: 256 at a time, rounded to 1/127 of the largest."""
    blocks = x.reshape(-1, 256)
    largest = np.abs(blocks).max(1, keepdims=True)
    inverse = np.divide(np.float32(127), largest, out=np.zeros_like(largest), where=largest > 0)
    q = np.rint(blocks * inverse)
    exact: NDArray[np.float64] = (q.astype(np.float64) * largest / 127).reshape(x.shape)
    return exact


def inputs(tokens: int, columns: int, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((tokens, columns)).astype(np.float32)


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("tokens", [1, 2, 3, 5, 8, 9, 20])
def test_products_are_those_of_the_format(library: ctypes.CDLL, type_: int, tokens: int) -> None:
    raw = random_blocks(type_, 32, 768, tokens)
    x = inputs(tokens, 768, tokens)
    wanted = in_eight_bits(x) @ numbers(type_, raw, 768).T
    got = multiplied(library, type_, raw, x)
    assert np.abs(got - wanted).max() < 1e-5 * np.abs(wanted).max()


EXTREMES = {
    "all bits set": lambda raw: raw | 255,
    "no bit set": lambda raw: raw & 0,
    "alternating": lambda raw: raw & 0x55,
}


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("kind", ["random", *EXTREMES])
@pytest.mark.parametrize("flag", flags(), ids=" ".join)
def test_every_instruction_set_gives_the_bits_of_plain_c(
    folder: Path, plain: ctypes.CDLL, type_: int, kind: str, flag: tuple[str, ...]
) -> None:
    fast = load(build(folder, flag))
    raw = random_blocks(type_, 48, 512, 5)
    if kind != "random":
        scales = random_blocks(type_, 48, 512, 5).reshape(-1, 144 if type_ == Q4_K else 210)
        blocks = EXTREMES[kind](raw).reshape(scales.shape).copy()
        # Half-precision scales stay numbers.
        place = slice(0, 4) if type_ == Q4_K else slice(208, 210)
        blocks[:, place] = scales[:, place]
        raw = blocks.reshape(-1)
    for tokens in (1, 4, 7, 8, 13):
        x = inputs(tokens, 512, tokens)
        x[0, :256] = 0  # a block of nothing
        x[-1, 256:] = np.where(x[-1, 256:] > 0, 3e4, -3e4)  # every number at the edge of its range
        assert (
            multiplied(fast, type_, raw, x).tobytes() == multiplied(plain, type_, raw, x).tobytes()
        )


@pytest.mark.parametrize("type_", TYPES)
def test_a_token_s_sums_do_not_depend_on_its_batch(library: ctypes.CDLL, type_: int) -> None:
    raw, x = random_blocks(type_, 16, 512, 1), inputs(11, 512, 2)
    together = multiplied(library, type_, raw, x)
    for token in range(11):
        alone = multiplied(library, type_, raw, x[token : token + 1].copy())
        assert alone.tobytes() == together[token].tobytes()

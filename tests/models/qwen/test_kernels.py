"""The kernels against numpy, and every instruction set against plain C, bit for bit."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.qwen import library as library_module
from models.qwen.gguf import BLOCKS, Q4_K, Q5_0, Q6_K, Q8_0
from models.qwen.library import FLAGS, build, load
from tests import ROOT
from tests.models.qwen.conftest import flags
from tests.models.qwen.tiny import SCALES, numbers, random_blocks

TYPES = (Q4_K, Q5_0, Q6_K, Q8_0)


def tiled(
    library: ctypes.CDLL, type_: int, raw: NDArray[np.uint8], rows: int, columns: int
) -> NDArray[np.uint8]:
    size = rows // 16 * -(-columns // 256) * library.kex_tile_bytes(type_)
    room = np.empty(size + 64, np.uint8)
    tiles = room[-room.ctypes.data % 64 :][:size]
    assert library.kex_tile(type_, raw.ctypes.data, rows, columns, tiles.ctypes.data)
    return tiles


def multiplied(
    library: ctypes.CDLL, type_: int, raw: NDArray[np.uint8], x: NDArray[np.float32]
) -> NDArray[np.float32]:
    tokens, columns = x.shape
    columns_each, size = BLOCKS[type_]
    rows = raw.size // size * columns_each // columns
    tiles = tiled(library, type_, raw, rows, columns)
    to = np.empty((tokens, rows), np.float32)
    library.kex_multiply(
        type_, tiles.ctypes.data, rows, columns, x.ctypes.data, tokens, to.ctypes.data
    )
    return to


def in_eight_bits(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """The numbers that the kernels see: 64 at a time, rounded to 1/127 of the largest."""
    columns = x.shape[1]
    padded = np.pad(x, ((0, 0), (0, -columns % 64)))
    blocks = padded.reshape(-1, 64)
    largest = np.abs(blocks).max(1, keepdims=True)
    inverse = np.divide(np.float32(127), largest, out=np.zeros_like(largest), where=largest > 0)
    q = np.rint(blocks * inverse)
    exact: NDArray[np.float64] = (q.astype(np.float64) * largest / 127).reshape(padded.shape)
    return exact[:, :columns]


def inputs(tokens: int, columns: int, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((tokens, columns)).astype(np.float32)


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("tokens", [1, 2, 3, 5, 8, 9, 20])
def test_products_are_those_of_the_format(library: ctypes.CDLL, type_: int, tokens: int) -> None:
    columns = 768 if BLOCKS[type_][0] == 256 else 736
    raw = random_blocks(type_, 32, columns, tokens)
    x = inputs(tokens, columns, tokens)
    wanted = in_eight_bits(x) @ numbers(type_, raw, columns).T
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
        scales = raw.reshape(-1, BLOCKS[type_][1])
        blocks = EXTREMES[kind](raw).reshape(scales.shape).copy()
        blocks[:, SCALES[type_]] = scales[:, SCALES[type_]]  # they stay numbers
        raw = blocks.reshape(-1)
    for tokens in (1, 4, 7, 8, 13):
        x = inputs(tokens, 512, tokens)
        x[0, :256] = 0  # a block of nothing
        x[-1, 256:] = np.where(x[-1, 256:] > 0, 3e4, -3e4)  # every number at the edge of its range
        assert (
            multiplied(fast, type_, raw, x).tobytes() == multiplied(plain, type_, raw, x).tobytes()
        )


def test_powers_of_e(library: ctypes.CDLL, plain: ctypes.CDLL) -> None:
    x = np.linspace(-120, 120, 1 << 16).astype(np.float32)
    made = {}
    for one in (library, plain):
        made[one] = np.empty_like(x)
        one.kex_exp(x.ctypes.data, len(x), made[one].ctypes.data)
    assert made[library].tobytes() == made[plain].tobytes()
    wanted = np.exp(x.clip(-87, 88).astype(np.float64))
    assert np.abs(made[library] / wanted - 1).max() < 2.5e-7  # two units in the last place


@pytest.mark.parametrize("type_", TYPES)
def test_a_token_s_sums_do_not_depend_on_its_batch(library: ctypes.CDLL, type_: int) -> None:
    raw, x = random_blocks(type_, 16, 512, 1), inputs(11, 512, 2)
    together = multiplied(library, type_, raw, x)
    for token in range(11):
        alone = multiplied(library, type_, raw, x[token : token + 1].copy())
        assert alone.tobytes() == together[token].tobytes()


@pytest.mark.parametrize("flag", ["-march=native", "-DKEX_SCALAR"])
def test_sanitizers_find_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: str
) -> None:
    runtime = sanitizer()
    if runtime is None:
        pytest.skip("the compiler has no address sanitizer")
    monkeypatch.setattr(library_module, "_test", lambda _: None)  # it needs the sanitizer first
    flags = (flag, "-O1", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    # The stack that gcc 14 makes for this check is aligned to less than a vector of 64 bytes.
    options = "detect_leaks=0:detect_stack_use_after_return=0"
    path = build(tmp_path, flags)
    for module, arguments in (
        ("models.qwen.selftest", [str(path)]),
        ("tests.models.qwen.sanitized", [str(path), str(tmp_path)]),
    ):
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env={**os.environ, "LD_PRELOAD": runtime, "ASAN_OPTIONS": options},
            capture_output=True,
            text=True,
            timeout=120,
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stderr[-3000:]


def sanitizer() -> str | None:
    """The file of gcc's address sanitizer."""
    compiler = shutil.which("gcc")
    if compiler is None:
        return None
    named = subprocess.run(
        [compiler, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return named if Path(named).is_file() else None


ARM = "aarch64-linux-gnu-gcc"
EMULATOR = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")


@pytest.mark.skipif(not (shutil.which(ARM) and EMULATOR), reason="no compiler or emulator for ARM")
def test_neon_gives_the_bits_of_plain_c(tmp_path: Path, plain: ctypes.CDLL) -> None:
    program = tmp_path / "harness"
    harness = Path(__file__).parent / "harness.c"
    subprocess.run(
        [ARM, *(flag for flag in FLAGS if flag not in ("-shared", "-fPIC")), "-static",
         "-march=armv8.2-a+dotprod", "-o", str(program), str(harness), "-lm"],
        check=True,
    )  # fmt: skip
    for type_ in TYPES:
        raw, x = random_blocks(type_, 32, 512, 9), inputs(7, 512, 9)
        head = np.array([type_, 32, 512, 7], np.int32)
        done = subprocess.run(
            [str(EMULATOR), "-cpu", "max", str(program)],
            input=head.tobytes() + raw.tobytes() + x.tobytes(),
            capture_output=True,
            check=True,
        )
        assert done.stderr.decode().strip() == "NEON dot product"
        assert done.stdout == multiplied(plain, type_, raw, x).tobytes()

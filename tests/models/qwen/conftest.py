from __future__ import annotations

import ctypes
import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.qwen.engine import Engine
from models.qwen.gguf import Gguf, read_gguf
from models.qwen.library import build, load, obstacle
from models.qwen.network import Network
from models.qwen.pace import StepCost
from models.qwen.tokenizer import QwenTokenizer
from models.qwen.weights import tiles_of
from tests.models.qwen.tiny import tiny_adapter, tiny_qwen


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


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("qwen")


@pytest.fixture(scope="session")
def library(folder: Path) -> ctypes.CDLL:
    missing = obstacle(folder)
    if missing:
        pytest.skip(missing)
    return load(build(folder))


@pytest.fixture(scope="session")
def plain(folder: Path) -> ctypes.CDLL:
    return load(build(folder, ("-DKEX_SCALAR",)))


@pytest.fixture(scope="session")
def gguf(folder: Path) -> Gguf:
    return read_gguf(tiny_qwen(folder / "tiny.gguf"))


def make_network(
    gguf: Gguf, library: ctypes.CDLL, folder: Path, threads: int = 2, sequences: int = 3
) -> Network:
    tiles = tiles_of(gguf, library, None, "tiny", threads)
    made = Network(gguf, tiles, library, context=128, sequences=sequences, threads=threads)
    made.add_adapter(0, tiny_adapter(folder / "adapter.gguf"))
    return made


@pytest.fixture
def network(gguf: Gguf, library: ctypes.CDLL, folder: Path) -> Iterator[Network]:
    made = make_network(gguf, library, folder)
    yield made
    made.close()


class Free(StepCost):
    """Guesses cost nothing, so that all of them are verified."""

    @property
    def each(self) -> float:
        return 0.0


@pytest.fixture
def engine(gguf: Gguf, library: ctypes.CDLL, folder: Path) -> Iterator[Engine]:
    made = Engine(make_network(gguf, library, folder, threads=1), QwenTokenizer(gguf), Free())
    yield made
    made.close()

"""The weights stored once: nothing is removed that could not be made again."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
from pathlib import Path

import pytest

from errors import Unavailable, WeightsError
from models.base import GenerateRequest, Message, Text
from models.embedded.model import Embedded
from models.embedded.one_copy import OneCopy
from models.embedded.weights import QWEN_CODER_1_5B, Weights, WeightsStore
from models.qwen import weights as tiles
from models.qwen.library import NoLibrary, obstacle
from models.qwen.original import without_matrices
from settings import Settings
from tests.models.qwen.tiny import SMALL, tiny_qwen

pytestmark = pytest.mark.skipif(
    bool(obstacle(Path("none"))), reason="no compiler for the engine of our own"
)


class Cache:
    """A cache folder with the weights of a tiny network in it."""

    def __init__(self, folder: Path) -> None:
        file = tiny_qwen(folder / "tiny.gguf")
        self.data = file.read_bytes()
        cut = b"".join(without_matrices(file))
        file.unlink()
        self.store = WeightsStore(_weights("tiny.gguf", self.data), folder, "", ())
        self._rest = _weights("tiny.gguf.rest", cut)
        self.copy = self.opened(folder)
        self.store.path.parent.mkdir(parents=True)
        self.store.path.write_bytes(self.data)

    def opened(self, folder: Path) -> OneCopy:
        return OneCopy(self.store, folder, self._rest)


def _weights(filename: str, data: bytes) -> Weights:
    return dataclasses.replace(
        QWEN_CODER_1_5B,
        filename=filename,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        slices=(),
    )


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path)


def test_one_copy_and_back(cache: Cache) -> None:
    assert cache.copy.locate() is None
    assert cache.copy.make(1)
    assert not cache.store.path.exists()
    assert cache.copy.locate() == cache.copy.verify() == cache.copy.path
    assert cache.copy.restore() == cache.store.path
    assert cache.store.path.read_bytes() == cache.data
    assert cache.copy.restore() == cache.store.locate()
    assert cache.copy.make(1)
    assert not cache.store.path.exists()
    assert not list(cache.store.folder.glob("*.new"))


def test_tiles_that_are_missing_or_damaged(cache: Cache, tmp_path: Path) -> None:
    cache.copy.make(1)
    path = tiles.tiles_path(tmp_path / "engine", cache.store.weights.sha256)
    good = path.read_bytes()
    path.write_bytes(good[:-1])
    assert cache.copy.locate() is None
    path.write_bytes(bytes(len(good)))  # the right size: only the hash of all shows it
    assert cache.copy.locate() is not None
    with pytest.raises(WeightsError, match="models get"):
        cache.copy.verify()
    with pytest.raises(WeightsError, match="SHA-256"):
        cache.copy.restore()
    assert not cache.store.path.exists() and not list(cache.store.folder.glob("*.new"))
    path.unlink()
    assert cache.copy.locate() is None
    with pytest.raises(WeightsError, match="models get"):
        cache.copy.restore()


def test_a_damaged_small_file_does_not_count(cache: Cache, tmp_path: Path) -> None:
    cache.copy.make(1)
    data = bytearray(cache.copy.path.read_bytes())
    data[-1] ^= 1
    cache.copy.path.write_bytes(data)
    assert cache.copy.locate() is None
    with pytest.raises(WeightsError):
        cache.copy.restore()


def test_the_file_stays_where_it_could_not_be_made_again(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.qwen.original.ROW_BLOCKS", 0, raising=True)
    with pytest.raises(ValueError):
        cache.copy.make(1)
    assert cache.store.path.read_bytes() == cache.data and not cache.copy.path.exists()


def test_the_file_stays_where_tiles_cannot_be_stored(cache: Cache, tmp_path: Path) -> None:
    cache.copy.make(1)
    cache.copy.restore()
    path = tiles.tiles_path(tmp_path / "engine", cache.store.weights.sha256)
    path.unlink()
    path.mkdir()  # in the way
    assert not cache.copy.make(1)
    assert cache.store.path.read_bytes() == cache.data


def test_a_network_of_other_types_is_stored_as_it_is(tmp_path: Path) -> None:
    data = tiny_qwen(tmp_path / "small.gguf", SMALL).read_bytes()
    store = WeightsStore(_weights("other.gguf", data), tmp_path, "", ())
    store.path.parent.mkdir()
    store.path.write_bytes(data)
    assert not OneCopy(store, tmp_path, _weights("other.gguf.rest", b"")).make(1)
    assert store.path.read_bytes() == data


@pytest.fixture(scope="module")
def real(qwen: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with the real weights, stored once."""
    folder = tmp_path_factory.mktemp("cache")
    (folder / "weights").mkdir()
    try:
        os.link(qwen, folder / "weights" / qwen.name)
    except OSError:
        shutil.copy(qwen, folder / "weights" / qwen.name)
    store = WeightsStore(QWEN_CODER_1_5B, folder, "")
    assert OneCopy(store, folder).make(2)
    return folder


def _answer(model: Embedded) -> str:
    request = GenerateRequest((Message("user", "Say: Paris"),), max_tokens=16, temperature=0.0)
    return "".join(chunk.text for chunk in model.generate(request) if isinstance(chunk, Text))


def test_the_real_weights_answer_from_one_copy(real: Path, embedded: Embedded) -> None:
    used = sum(path.stat().st_size for path in real.rglob("*"))
    assert used < 1_140_000_000
    model = Embedded(Settings(cache_dir=real))
    try:
        assert model.state().status == "idle"
        assert model.capabilities.tuned == embedded.capabilities.tuned
        assert model.weights_path().name.endswith(".rest")
        assert _answer(model) == _answer(embedded)
    finally:
        model.close()


def test_llama_cpp_gets_the_file_again(real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(folder: Path) -> Path:
        raise NoLibrary("the compiler is gone")

    monkeypatch.setattr("models.embedded.own_engine.build", broken)
    model = Embedded(Settings(cache_dir=real))
    try:
        assert "Paris" in _answer(model)
        assert "llama.cpp" in model.state().detail
        assert (real / "weights" / QWEN_CODER_1_5B.filename).stat().st_size == QWEN_CODER_1_5B.size
    finally:
        model.close()


def test_a_full_disk_is_said(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.copy.make(1)
    usage = shutil.disk_usage(cache.store.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=10))
    with pytest.raises(WeightsError, match="KEX_CACHE_DIR"):
        cache.copy.restore()


def test_no_weights_at_all(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="models get"):
        Embedded(Settings(cache_dir=tmp_path)).whole_weights_path()

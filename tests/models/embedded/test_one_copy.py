"""The weights stored once: nothing is removed that could not be made again."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from errors import Unavailable, WeightsError
from models.base import GenerateRequest, Message, Text
from models.embedded.model import Embedded
from models.embedded.one_copy import OneCopy
from models.embedded.weights import QWEN_CODER_1_5B, Weights, WeightsStore
from models.qwen import original
from models.qwen import weights as tiles
from models.qwen.gguf import Q6_K, read_gguf
from models.qwen.library import NoLibrary, build, load, obstacle
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
        library, probe = load(build(folder / "engine")), folder / "probe"
        tiles.tiles_of(read_gguf(file), library, probe, "probe", 1)
        self._size = tiles.tiles_path(probe, "probe").stat().st_size
        file.unlink()
        self.store = WeightsStore(_weights("tiny.gguf", self.data), folder, "", ())
        self._rest = _weights("tiny.gguf.rest", cut)
        self.copy = self.opened(folder)
        self.store.path.parent.mkdir(parents=True)
        self.store.path.write_bytes(self.data)

    def tiles(self, folder: Path) -> Path:
        return tiles.tiles_path(folder / "engine", self.store.weights.sha256)

    def opened(self, folder: Path) -> OneCopy:
        return OneCopy(self.store, folder, self._rest, self._size)


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
    assert cache.copy.make(1) == cache.copy.path
    assert not cache.store.path.exists()
    assert cache.copy.locate() == cache.copy.verify() == cache.copy.path
    assert cache.copy.restore() == cache.store.path
    assert cache.store.path.read_bytes() == cache.data
    assert cache.copy.restore() == cache.store.locate()
    assert cache.copy.make(1) == cache.copy.path
    assert not cache.store.path.exists()
    assert not list(cache.store.folder.glob("*.new"))


@pytest.mark.parametrize("call", ["verify", "restore"])
def test_damaged_tiles_are_removed_so_that_the_weights_are_fetched(
    cache: Cache, tmp_path: Path, call: str
) -> None:
    cache.copy.make(1)
    path = cache.tiles(tmp_path)
    path.write_bytes(bytes(path.stat().st_size))  # the right size: only the hash of all shows it
    assert cache.copy.locate() is not None
    with pytest.raises(WeightsError, match=r"damaged and were removed.*models get"):
        getattr(cache.copy, call)()
    assert not path.exists() and cache.copy.locate() is None
    assert not cache.store.path.exists() and not list(cache.store.folder.glob("*.new"))
    with pytest.raises(WeightsError, match="not here yet"):
        getattr(cache.copy, call)()


def test_tiles_that_were_cut_do_not_count(cache: Cache, tmp_path: Path) -> None:
    cache.copy.make(1)
    path = cache.tiles(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    assert cache.copy.locate() is None


def test_damaged_tiles_beside_the_file_are_made_again(cache: Cache, tmp_path: Path) -> None:
    cache.copy.make(1)
    path = cache.tiles(tmp_path)
    good = path.read_bytes()
    cache.copy.restore()
    path.write_bytes(bytes([good[0] ^ 1]) + good[1:])
    cache.copy.make(1)
    assert path.read_bytes() == good
    assert not cache.store.path.exists() and cache.copy.verify() == cache.copy.path


def test_a_file_that_does_not_come_back_the_same_stays(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(grid: NDArray[Any]) -> NDArray[np.uint8]:
        made = right(grid)
        made[0, 0, 0, 0] ^= 1
        return made

    right = original._UNDO[Q6_K]
    monkeypatch.setitem(original._UNDO, Q6_K, wrong)
    with pytest.raises(WeightsError, match="damaged"):
        cache.copy.make(1)
    assert cache.store.path.read_bytes() == cache.data
    assert not cache.copy.path.exists() and not cache.tiles(tmp_path).exists()
    assert not list(cache.store.folder.glob("*.new"))


def test_a_rest_that_is_not_the_known_one_leaves_the_file(cache: Cache, tmp_path: Path) -> None:
    other = OneCopy(cache.store, tmp_path, _weights("tiny.gguf.rest", b"another"))
    with pytest.raises(WeightsError):
        other.make(1)
    assert cache.store.path.read_bytes() == cache.data and not cache.copy.path.exists()


def test_two_processes_at_once(cache: Cache, tmp_path: Path) -> None:
    other = cache.opened(tmp_path)
    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(one.make, 1) for one in (cache.copy, other)]
        assert [one.result() for one in made] == [cache.copy.path] * 2


def test_a_damaged_small_file_does_not_count(cache: Cache, tmp_path: Path) -> None:
    cache.copy.make(1)
    data = bytearray(cache.copy.path.read_bytes())
    data[-1] ^= 1
    cache.copy.path.write_bytes(data)
    assert cache.copy.locate() is None
    with pytest.raises(WeightsError):
        cache.copy.restore()


def test_the_file_stays_where_tiles_cannot_be_stored(cache: Cache, tmp_path: Path) -> None:
    cache.copy.make(1)
    cache.copy.restore()
    path = cache.tiles(tmp_path)
    path.unlink()
    path.mkdir()  # in the way
    with pytest.raises(WeightsError, match="cannot be stored"):
        cache.copy.make(1)
    assert cache.store.path.read_bytes() == cache.data


def test_a_network_of_other_types_is_stored_as_it_is(tmp_path: Path) -> None:
    data = tiny_qwen(tmp_path / "small.gguf", SMALL).read_bytes()
    store = WeightsStore(_weights("other.gguf", data), tmp_path, "", ())
    store.path.parent.mkdir()
    store.path.write_bytes(data)
    with pytest.raises(WeightsError):
        OneCopy(store, tmp_path, _weights("other.gguf.rest", b"")).make(1)
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


def test_a_path_into_the_cache_is_the_cache(real: Path, qwen: Path) -> None:
    model = Embedded(Settings(cache_dir=real, embedded_path=real / "weights" / qwen.name))
    assert model.weights_path().parent == real / "weights"


def test_a_file_that_is_replaced_in_this_moment(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`kex models get` removes the file after the server has found it."""
    settings = Settings(cache_dir=tmp_path, embedded_context=2048, embedded_slots=1)
    model = Embedded(settings)
    monkeypatch.setattr(model, "_store", cache.store)
    monkeypatch.setattr(model, "_copy", cache.copy)
    monkeypatch.setattr(model, "_has_adapter", lambda: False)  # which is for other weights
    found = model.weights_path()
    assert found == cache.store.path
    cache.copy.make(1)
    engine = model._start(found)
    try:
        assert engine.batches  # the engine of our own, not llama.cpp
    finally:
        engine.close()

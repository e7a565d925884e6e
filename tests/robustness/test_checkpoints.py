"""Damaged and hostile weights are refused with a sentence, and no process of the server ends.

Scenario 17; `benchmarks/faults.py --only 17` tries 2,000 changes of a GGUF file. Pickled
checkpoints, wrong hashes, missing shards: tests/models (test_reader.py, test_weights.py).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from errors import Unavailable
from models.embedded import trial
from models.embedded.model import Embedded
from models.embedded.trial import require_opens
from models.qwen.library import obstacle
from settings import Settings
from tests.robustness.checkpoints import try_ggufs
from wording import message

CHANGES = 240


@pytest.mark.skipif(bool(obstacle(Path("/nonexistent"))), reason="there is no C compiler")
def test_changed_ggufs(tmp_path: Path) -> None:
    found = try_ggufs(tmp_path, CHANGES)
    assert found["refused"] > CHANGES // 2 and found["answered"]


@pytest.fixture
def hostile(smollm2: Path, tmp_path: Path) -> Path:
    """A file that llama.cpp ends its process over: a number of its metadata is out of range."""
    path = tmp_path / "hostile.gguf"
    shutil.copyfile(smollm2, path)
    key = b"llama.attention.head_count"
    with path.open("r+b") as file:
        at = file.read(100_000).index(key + b"\x04\0\0\0") + len(key) + 4
        file.seek(at)
        file.write(bytes(4))
    return path


def settings(path: Path, cache: Path) -> Settings:
    return Settings(
        cache_dir=cache, embedded_path=path, embedded_slots=1, embedded_context=2048,
        embedded_warm=False,
    )  # fmt: skip


def test_a_file_that_llama_cpp_ends_its_process_over(hostile: Path, tmp_path: Path) -> None:
    model = Embedded(settings(hostile, tmp_path))
    for _ in range(2):  # nothing is noted of a file that failed
        with pytest.raises(Unavailable, match=r"hostile\.gguf"):
            model.load()
    assert model.state().status == "unavailable"
    assert not list(tmp_path.rglob("llama-opens-*"))
    model.close()


def test_a_file_that_contradicts_the_format_is_not_handed_on(smollm2: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.gguf"
    with smollm2.open("rb") as whole:
        path.write_bytes(whole.read(1_000_000))
    model = Embedded(settings(path, tmp_path))
    with pytest.raises(Unavailable, match=r"cut\.gguf is damaged .*KEX_EMBEDDED_PATH"):
        model.load()
    assert model.state().detail.to("zh").startswith("cut.gguf 已损坏")  # type: ignore[attr-defined]
    model.close()


def test_a_whole_file_is_tried_once(
    smollm2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_opens(smollm2, "key", tmp_path, 1)
    monkeypatch.setattr(trial, "SECONDS", 0)  # a second trial would be out of time at once
    require_opens(smollm2, "key", tmp_path, 1)
    with pytest.raises(Unavailable, match="damaged"):
        require_opens(smollm2, "other key", tmp_path, 1)


def test_names_in_a_file_are_not_shown_at_length(tmp_path: Path) -> None:
    from tests.models.qwen.tiny import GgufFile

    file = GgufFile()
    file.put("general.architecture", "x" * 100_000)
    path = file.write(tmp_path / "long.gguf")
    model = Embedded(settings(path, tmp_path).model_copy(update={"embedded_engine": "own"}))
    with pytest.raises(Unavailable) as caught:
        model.load()
    assert len(caught.value.message) < 1000
    assert message("states.embedded_own_failed", reason="")[:20] in caught.value.message
    model.close()

"""`app.py models get|verify|convert` for Local-GLM, as a user calls it, against a local hub."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from models.local_glm.weights import VISUALGLM_6B
from tests import ROOT
from tests.models.visualglm.synthetic import golden, tensors, write
from tests.models.weights.hub import FileHub

TOKENIZER = "ice_text.model"


@pytest.fixture
def glm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "glm"
    monkeypatch.setenv("KEX_GLM_PATH", str(folder))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    return folder


@pytest.fixture
def hub(tmp_path: Path, glm: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileHub]:
    """The hub with a small checkpoint under the real one's name, and a wrong vocabulary."""
    source = write(tmp_path / "source", tensors(), "bin")
    files = {path.name: path.read_bytes() for path in source.iterdir()}
    files[TOKENIZER] = b"an older vocabulary"
    shards = {name for name in files if name.endswith(".bin")}
    with FileHub(VISUALGLM_6B.name, files, {*shards, TOKENIZER}) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running


def call(*words: str) -> Result:
    return CliRunner().invoke(main, ["models", *words])


def test_the_licence_comes_before_the_first_byte(hub: FileHub, glm: Path) -> None:
    result = call("get", "Local-GLM")
    assert result.exit_code == 2
    assert "research only: no commercial use, no redistribution" in result.stderr
    assert "add --accept-licence" in result.stderr
    assert hub.seen == [] and not glm.exists()


def test_only_the_real_vocabulary_is_taken(hub: FileHub, glm: Path) -> None:
    result = call("get", "Local-GLM", "--accept-licence")
    assert (result.exit_code, result.stdout) == (3, "")
    assert VISUALGLM_6B.pinned[TOKENIZER] in result.stderr
    assert "Traceback" not in result.stderr


def test_fetched_found_again_verified_and_converted(hub: FileHub, glm: Path) -> None:
    hub.files[TOKENIZER] = (golden() / TOKENIZER).read_bytes()
    got = call("get", "Local-GLM", "--accept-licence")
    assert (got.exit_code, got.stdout) == (0, f"{glm}\n"), got.stderr
    assert "research only" in got.stderr
    before = len(hub.seen)
    again = call("get", "Local-GLM")
    assert (again.exit_code, again.stdout) == (0, f"{glm}\n")
    assert "Already here, verified." in again.stderr
    verified = call("verify", "Local-GLM")
    assert (verified.exit_code, verified.stdout) == (0, f"{glm}\n")
    assert len(hub.seen) == before
    updated = call("get", "Local-GLM", "--update")
    assert updated.exit_code == 2  # the licence again: it may fetch
    target = glm.with_name("converted")
    made = call("convert", str(glm), str(target), "--quant", "4", "--shard-size", "50KB")
    assert (made.exit_code, made.stdout) == (0, f"{target}\n"), made.stderr
    assert "GB of tensors." in made.stderr
    assert json.loads((target / "config.json").read_text())["quantization_bit"] == 4
    again = call("convert", str(glm), str(target))
    assert again.exit_code == 2 and "already exists" in again.stderr


def test_a_hub_out_of_reach(glm: Path) -> None:
    result = call("get", "Local-GLM", "--accept-licence")
    assert result.exit_code == 3
    assert "cannot be reached: Connection refused" in result.stderr
    assert "HF_ENDPOINT" in result.stderr


def test_nothing_to_verify(glm: Path) -> None:
    result = call("verify", "Local-GLM")
    assert result.exit_code == 3
    assert "does not exist. Run `./kex models get Local-GLM`" in result.stderr


def test_options_that_are_not_for_this_model() -> None:
    for option in ("--accept-licence", "--update"):
        result = call("get", "Embedded", option)
        assert result.exit_code == 2
        assert "are for Local-GLM only" in result.stderr


def test_convert_names_what_is_wrong(tmp_path: Path) -> None:
    nowhere = call("convert", str(tmp_path / "none"), str(tmp_path / "target"))
    assert nowhere.exit_code == 3
    assert "config.json cannot be read" in nowhere.stderr
    source = write(tmp_path / "source", tensors())
    for size in ("0GB", "2", "GB", "-1MB", "1.5GB"):
        result = call("convert", str(source), str(tmp_path / "t"), "--shard-size", size)
        assert result.exit_code == 2
    assert "--shard-size takes a size like" in result.stderr
    assert call("convert", str(source), str(tmp_path / "t"), "--quant", "3").exit_code == 2
    done = call("convert", str(source), str(tmp_path / "t"), "--dtype", "bf16")
    assert done.exit_code == 0
    assert f"has no {TOKENIZER}" in done.stderr


@pytest.mark.parametrize("answer", ["n", "y"])
def test_on_a_terminal_the_licence_is_asked_for(hub: FileHub, glm: Path, answer: str) -> None:
    """A real terminal: the question comes, and only `y` goes on, here to the wrong vocabulary."""
    main_end, program_end = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "app.py", "models", "get", "Local-GLM"],
        cwd=ROOT, stdin=program_end, stdout=program_end, stderr=program_end,
    ) as process:  # fmt: skip
        os.close(program_end)
        text = read_until(main_end, "Do you accept it? [y/N]:")
        assert "research only" in text and hub.seen == []
        os.write(main_end, f"{answer}\n".encode())
        rest = read_until(
            main_end, "the file has changed" if answer == "y" else "Nothing is downloaded"
        )
        assert process.wait(30) == (3 if answer == "y" else 2)
    os.close(main_end)
    assert bool(hub.seen) == (answer == "y"), rest


def read_until(terminal: int, wanted: str) -> str:
    text, end = "", time.monotonic() + 60
    while wanted not in text:
        assert time.monotonic() < end, text
        if select.select([terminal], [], [], 0.1)[0]:
            text += os.read(terminal, 4096).decode()
    return text

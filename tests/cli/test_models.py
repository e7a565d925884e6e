"""`app.py models …` as a user calls it: output, messages and exit codes."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from models.qwen.library import obstacle

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEX_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("KEX_GLM_PATH", str(tmp_path / "glm"))
    monkeypatch.setenv("HF_ENDPOINT", NOWHERE)
    monkeypatch.setenv("KEX_EMBEDDED_SOURCES", "hub")


def call(*words: str) -> Result:
    return CliRunner().invoke(main, ["models", *words])


def test_list_is_a_table_or_json() -> None:
    table = call("list")
    assert table.exit_code == 0
    lines = table.stdout.splitlines()
    assert lines[0].split() == ["model", "status", "detail"]
    assert [line.split()[0] for line in lines[1:]] == ["Local-GLM", "ChatGpt", "Embedded"]
    rows = json.loads(call("list", "--format", "json").stdout)
    assert [row["name"] for row in rows] == ["Local-GLM", "ChatGpt", "Embedded"]
    assert {"status", "detail", "progress"} <= set(rows[2])


@pytest.mark.parametrize("command", ["get", "verify"])
def test_a_model_without_weights_says_why(command: str) -> None:
    chatgpt = call(command, "ChatGpt")
    assert chatgpt.exit_code == 2
    assert "OPENAI_API_KEY" in chatgpt.stderr and "OPENAI_BASE_URL" in chatgpt.stderr


def test_an_unknown_name_is_wrong_usage() -> None:
    result = call("get", "Gpt9")
    assert result.exit_code == 2
    assert "'Local-GLM', 'ChatGpt', 'Embedded'" in result.stderr


def test_weights_that_cannot_be_had() -> None:
    result = call("get")
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "coder model; licence Apache-2.0" in result.stderr
    assert (
        "Error: qwen2.5-coder-1.5b-instruct-q4_k_m.gguf could not be downloaded." in result.stderr
    )
    assert "Traceback" not in result.stderr


def test_weights_that_are_missing() -> None:
    result = call("verify")
    assert result.exit_code == 3
    assert "does not exist" in result.stderr


def test_a_file_of_ones_own(smollm2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEX_EMBEDDED_PATH", str(smollm2))
    for command in ("get", "verify"):
        result = call(command)
        assert (result.exit_code, result.stdout) == (0, f"{smollm2}\n")
    monkeypatch.setenv("KEX_EMBEDDED_PATH", __file__)
    result = call("get", "Embedded")
    assert result.exit_code == 3
    assert "KEX_EMBEDDED_PATH" in result.stderr


def test_weights_that_are_here_already(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEX_CACHE_DIR", str(qwen.parents[1]))
    monkeypatch.setenv("KEX_EMBEDDED_ENGINE", "llama.cpp")  # which reads the file as it is
    got = call("get", "Embedded")
    assert (got.exit_code, got.stdout) == (0, f"{qwen}\n")
    assert "Already here, verified." in got.stderr


def test_weights_are_stored_once(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if obstacle(tmp_path):
        pytest.skip("no compiler for the engine of our own")
    file = tmp_path / "cache" / "weights" / qwen.name
    file.parent.mkdir(parents=True)
    try:
        os.link(qwen, file)
    except OSError:
        shutil.copy(qwen, file)
    small = Path(f"{file}.rest")
    got = call("get")
    assert (got.exit_code, got.stdout) == (0, f"{small}\n")
    assert "Already here, verified." in got.stderr and "Arranging the weights" in got.stderr
    assert not file.exists()
    again = call("get")
    assert (again.exit_code, again.stdout) == (0, f"{small}\n")
    assert "Arranging" not in again.stderr
    verified = call("verify")
    assert (verified.exit_code, verified.stdout) == (0, f"{small}\n")
    assert "SHA-256 cc324af0" in verified.stderr
    monkeypatch.setenv("KEX_EMBEDDED_ENGINE", "llama.cpp")
    whole = call("get")
    assert (whole.exit_code, whole.stdout) == (0, f"{file}\n")
    assert call("verify").stdout == f"{file}\n"

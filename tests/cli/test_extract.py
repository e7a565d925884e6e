"""`app.py extract` as a script would call it: a process of its own, with a real model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import EMPTY_CACHE, ROOT

TEXT = "鲁迅，原名周树人，1881年9月25日出生于浙江绍兴。"


def run(*arguments: str, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KEX_", "OPENAI_"))}
    return subprocess.run(
        [sys.executable, "app.py", *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        env={**clean, "KEX_CACHE_DIR": str(EMPTY_CACHE), **env},
        timeout=120,
    )


@pytest.mark.parametrize("output", ["table", "json", "jsonl"])
def test_standard_input_to_standard_output(smollm2: Path, output: str) -> None:
    done = run(
        "extract", "-", "--type", "KE2", "--format", output,
        stdin=TEXT.encode(), KEX_EMBEDDED_PATH=str(smollm2), KEX_MAX_TOKENS="80",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    out = done.stdout.decode()
    if output == "json":
        entities = json.loads(out)["knowledge"]["entities"]
        found = [place for places in entities.values() for place in places]
        assert all(TEXT[p["start"] : p["end"]] == p["text"] for p in found)
    elif output == "jsonl":
        for line in out.splitlines():
            item = json.loads(line)
            assert TEXT[item["start"] : item["end"]] == item["text"]
    else:
        assert out.strip()


def test_a_file_is_read(smollm2: Path, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())  # as Windows editors save it
    done = run(
        "extract", str(path), "--type", "KE3", "--entity", "鲁迅", "--format", "json",
        KEX_EMBEDDED_PATH=str(smollm2), KEX_MAX_TOKENS="80",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    knowledge = json.loads(done.stdout)["knowledge"]
    assert knowledge["entity"] is None or knowledge["entity"]["start"] == 0


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "message"),
    [
        (["extract", "/nonexistent/file"], b"", 2, "No such file"),
        (["extract", "-", "--type", "KE9"], b"a", 2, "KE9"),
        (["extract", "-", "--grounding", "loose"], b"a", 2, "strict"),
        (["extract", "-"], b"", 2, "empty"),
        (["extract", "-"], b"\xff", 2, "neither UTF-8"),
        (["extract", "-"], b"a" * 30_000, 2, "KEX_MAX_CHARS"),
        (["extract", "-", "--schema", "["], b"a", 2, "schema"),
        (["extract", "-"], TEXT.encode(), 3, "models get Embedded"),
        (["extract", "-", "--model", "Local-GLM"], TEXT.encode(), 3, "No weights at"),
        (["extract", "-", "--model", "ChatGpt"], TEXT.encode(), 3, "OPENAI_API_KEY"),
    ],
)
def test_errors_go_to_stderr_with_an_exit_code(
    arguments: list[str], stdin: bytes, code: int, message: str
) -> None:
    done = run(*arguments, stdin=stdin)
    assert done.returncode == code, done.stderr.decode()
    assert done.stdout == b""
    assert message in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_an_interrupt_ends_with_130(smollm2: Path, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text(TEXT * 60, encoding="utf-8")
    env = {**os.environ, "KEX_EMBEDDED_PATH": str(smollm2), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "app.py", "extract", str(path), "--format", "jsonl"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()  # it is in the middle of its answer
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors.decode()
    assert b"Traceback" not in errors


@pytest.mark.parametrize(
    ("content", "said"), [(b"\xff", b"examples is not UTF-8"), (b"", b"a list of 1 to")]
)
def test_a_file_that_holds_no_examples(tmp_path: Path, content: bytes, said: bytes) -> None:
    path = tmp_path / "examples.json"
    path.write_bytes(content)
    done = run("extract", "-", "--examples", str(path), stdin=b"a")
    assert done.returncode == 2
    assert said in done.stderr


def test_a_wrong_setting_is_a_usage_error() -> None:
    done = run("extract", "-", stdin=b"a", KEX_PORT="many")
    assert done.returncode == 2
    assert b"KEX_PORT" in done.stderr

"""The command as a user calls it, against a service of the test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import ROOT
from tests.corpus.service import Service


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.close()


class Command:
    """`app.py corpus …` in a process of its own, with a service behind `ChatGpt`."""

    def __init__(self, service: Service) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("KEX_", "OPENAI_"))}
        self._environment = {
            **clean,
            "OPENAI_BASE_URL": service.url,
            "KEX_OPENAI_RETRIES": "0",
            "PYTHONWARNINGS": "error",
        }

    def start(
        self, *words: object, before: Callable[[], None] | None = None, **more: str
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "app.py", "corpus", *map(str, words)],
            cwd=ROOT,
            env={**self._environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            preexec_fn=before,
        )

    def __call__(self, *words: object, code: int = 0, **more: str) -> tuple[str, str]:
        """What it says on stdout and stderr, once it has ended with this exit code."""
        with self.start(*words, before=None, **more) as process:
            out, err = process.communicate(timeout=120)
        assert process.returncode == code, out + err
        return out, err

    def run(self, source: Path, out: Path, *words: object, code: int = 0, **more: str) -> str:
        """`corpus run` by ChatGpt; what it prints."""
        return self("run", source, "--out", out, "--model", "ChatGpt", *words, code=code, **more)[0]


@pytest.fixture
def corpus(service: Service) -> Command:
    return Command(service)


def lives(number: int, who: str = "Ann") -> str:
    return f"{who} {number} lives in Leeds."


def jsonl(path: Path, rows: list[dict[str, Any] | str]) -> Path:
    """A row a line; a string stands as it is."""
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def people(path: Path, count: int) -> Path:
    return jsonl(path, [{"id": f"d{n}", "text": lives(n)} for n in range(count)])


def manifest(out: Path) -> dict[str, Any]:
    """Lines by id, each there once."""
    rows = [json.loads(line) for line in (out / "manifest.jsonl").read_text("utf-8").splitlines()]
    found = {row["id"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def answers(out: Path) -> dict[tuple[str, str], Any]:
    """Answers of all shards by id and task, each there once; without the time that they took."""
    lines = [
        json.loads(line)
        for path in sorted((out / "answers").iterdir())
        for line in path.read_text("utf-8").splitlines()
    ]
    found = {(row["id"], row["prompt_type"]): {**row, "elapsed_ms": 0} for row in lines}
    assert len(found) == len(lines)
    return found


def outcomes(out: Path) -> dict[str, str]:
    return {id_: row["outcome"] for id_, row in manifest(out).items()}

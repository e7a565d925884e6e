"""`kex backup` and `kex restore` while a server has the databases open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from tests import ROOT
from tests.cli.test_serve import served


def call(url: str, body: Any = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(
        f"{url}/conversations", data, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def titles(url: str) -> list[str]:
    return [one["title"] for one in call(url)["conversations"]]


def kex(store: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "app.py", *words],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={**os.environ, "KEX_STORE": str(store), "KEX_BASE": str(store.with_name("base.db")),
             "LC_ALL": "C.UTF-8"},
    )  # fmt: skip


def test_a_server_is_backed_up_and_restored_while_it_serves(tmp_path: Path) -> None:
    store, folder = tmp_path / "kex.db", tmp_path / "backup"
    with served(KEX_STORE=str(store)) as (_, url):
        call(url, {"title": "one"})
        done = kex(store, "backup", str(folder))
        assert (done.returncode, done.stdout) == (0, f"{folder}\n"), done.stderr
        assert "conversations: " in done.stderr and "knowledge base" not in done.stderr
        call(url, {"title": "two"})
        done = kex(store, "restore", str(folder))
        assert done.returncode == 2 and "--replace" in done.stderr
        assert titles(url) == ["two", "one"]
        done = kex(store, "restore", str(folder), "--replace")
        assert done.returncode == 0, done.stderr
        assert f"conversations: restored to {store}" in done.stdout
        assert "the earlier content is kept in" in done.stderr
        assert titles(url) == ["one"]  # the server that was there all the time
        call(url, {"title": "three"})
        assert titles(url) == ["three", "one"]


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_it_says_what_is_not_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEX_STORE", str(tmp_path / "kex.db"))
    monkeypatch.setenv("KEX_BASE", "postgresql://ann:canary@localhost/kex")
    result = run("backup", str(tmp_path / "backup"))
    assert result.exit_code == 2
    assert "pg_dump" in result.stderr and "canary" not in result.stderr
    assert "nothing to back up" in result.stderr and str(tmp_path / "kex.db") in result.stderr
    assert not (tmp_path / "backup").exists()


def test_only_one_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "kex.db"
    with served(KEX_STORE=str(store)) as (_, url):
        call(url, {"title": "one"})
    monkeypatch.setenv("KEX_STORE", str(store))
    folder = str(tmp_path / "backup")
    assert run("backup", folder).exit_code == 0
    result = run("restore", folder, "--only", "base")
    assert result.exit_code == 2 and "does not hold" in result.stderr
    monkeypatch.setenv("KEX_STORE", "off")
    result = run("restore", folder)
    assert result.exit_code == 2 and "KEX_STORE" in result.stderr

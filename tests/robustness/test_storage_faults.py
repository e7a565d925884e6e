"""A full disk, a read-only folder, a locked database, a clock that was set back (scenario 15).

The answer comes all the same, with a warning; once the cause is gone, storing goes on by itself.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from corpus.index import FILE as INDEX
from corpus.run import RunOptions, run
from errors import StoreFailed
from settings import Settings
from storage.conversations import store as store_module
from storage.database import sqlite
from storage.knowledge_base.base import Base
from tests import EMPTY_CACHE
from tests.corpus.conftest import answers, people
from tests.robustness.writers import Asked, source, spec
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from tests.web.asking import form
from web.services import services_of

TEXT = "鲁迅生于绍兴。"
GOOD = '{"triples":[["鲁迅","出生地","绍兴"]]}'


class Disk:
    """A small disk of its own; only root may make one."""

    def __init__(self, folder: Path, size: str) -> None:
        folder.mkdir()
        self.folder = folder
        self._filler = folder / "filler"
        self._mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs")

    def _mount(self, *words: str) -> None:
        subprocess.run(["mount", *words, str(self.folder)], check=True, capture_output=True)

    def fill(self) -> None:
        with self._filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass  # full, which is what is wanted

    def empty(self) -> None:
        self._filler.unlink()

    def writable(self, on: bool) -> None:
        self._mount("-o", "remount,rw" if on else "remount,ro")

    def remove(self) -> None:
        subprocess.run(["umount", "-l", str(self.folder)], check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can make a disk; tests/storage/database has the same in SQLite")
    try:
        made = Disk(tmp_path / "disk", "2m")
    except subprocess.CalledProcessError:
        pytest.skip("this container may not mount")
    yield made
    made.remove()


def serve(store: Path) -> Serving:
    model = ScriptedModel(lambda _: [GOOD])
    settings = Settings(cache_dir=EMPTY_CACHE, store=store)
    return Serving(settings, {"Embedded": model})


def call(url: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def ask(url: str, conversation: str) -> Any:
    status, answer, _ = form(url, user_input=TEXT, prompt_type="KE1", conversation=conversation)
    assert status == 200
    assert answer["response"] == "(鲁迅, 出生地, 绍兴)"
    return answer


def stored(url: str, conversation: str) -> list[int]:
    return [turn["turn"] for turn in call(url, f"/conversations/{conversation}")["turns"]]


def test_a_full_disk(disk: Disk) -> None:
    with serve(disk.folder / "kex.db") as server:
        name = call(server.url, "/conversations", {})["id"]
        assert ask(server.url, name)["turn"] == 1
        disk.fill()
        for _ in range(40):  # what the write-ahead log has room for is still stored
            answer = ask(server.url, name)
            if "turn" not in answer:
                break
        assert "turn" not in answer
        (warning,) = answer["warnings"]
        assert "not stored" in warning and "free some space" in warning
        before = stored(server.url, name)  # it can be read
        disk.empty()
        assert ask(server.url, name)["turn"] == before[-1] + 1
        services_of(server.app).conversations.close()


def test_a_read_only_folder(disk: Disk) -> None:
    with serve(disk.folder / "kex.db") as server:
        name = call(server.url, "/conversations", {})["id"]
        assert ask(server.url, name)["turn"] == 1
        services_of(server.app).conversations.close()  # no open file keeps it from being read-only
        disk.writable(False)
        answer = ask(server.url, name)
        assert "turn" not in answer
        assert "let Kex write" in answer["warnings"][0]
        disk.writable(True)
        assert ask(server.url, name)["turn"] == 2
        services_of(server.app).conversations.close()


def test_a_locked_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    path = tmp_path / "kex.db"
    with serve(path) as server:
        name = call(server.url, "/conversations", {})["id"]
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = ask(server.url, name)
            assert "turn" not in answer and "another program holds it" in answer["warnings"][0]
            other.execute("ROLLBACK")
        assert ask(server.url, name)["turn"] == 1
        services_of(server.app).conversations.close()


def test_a_clock_that_was_set_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns keep their order, and the list of conversations is complete page by page."""
    now = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
    times = iter(
        [now, now, now - timedelta(days=400), *[now - timedelta(days=n) for n in range(9)]]
    )
    monkeypatch.setattr(store_module, "_now", lambda: next(times))
    with serve(tmp_path / "kex.db") as server:
        names = [call(server.url, "/conversations", {})["id"] for _ in range(2)]
        assert [ask(server.url, names[0])["turn"] for _ in range(3)] == [1, 2, 3]
        assert stored(server.url, names[0]) == [1, 2, 3]
        listed, before = [], ""
        while before is not None:
            page = call(server.url, f"/conversations?limit=1{before and f'&before={before}'}")
            listed += [one["id"] for one in page["conversations"]]
            before = page["next"]
        assert sorted(listed) == sorted(names)
        services_of(server.app).conversations.close()


def test_the_knowledge_base_on_a_full_disk(disk: Disk) -> None:
    base = Base(str(disk.folder / "base.db"))
    list(base.take_in([source(0)]))
    disk.fill()
    with pytest.raises(StoreFailed, match="free some space"):
        list(base.take_in(source(number) for number in range(1, 60)))
    assert base.status().sources == 1  # all of a transaction, or nothing
    disk.empty()
    list(base.take_in(source(number) for number in range(3)))
    assert base.status().sources == 3
    base.close()


def test_a_corpus_on_a_full_disk_goes_on_where_it_stood(disk: Disk) -> None:
    people(disk.folder / "in.jsonl", 60)
    log = disk.folder.parent / "asked"
    with closing(Asked(log)) as model:
        disk.fill()
        with pytest.raises(StoreFailed):
            run(disk.folder / "out", spec(disk.folder), RunOptions(2), model, Settings(), print)
        disk.empty()
        run(disk.folder / "out", spec(disk.folder), RunOptions(2), model, Settings(), print)
    assert len(answers(disk.folder / "out")) == 60


def test_a_damaged_index_of_a_corpus_is_left_alone(tmp_path: Path) -> None:
    people(tmp_path / "in.jsonl", 300)
    with closing(Asked(tmp_path / "asked")) as model:
        run(tmp_path / "out", spec(tmp_path), RunOptions(2), model, Settings(), print)
        path = tmp_path / "out" / INDEX
        content = bytearray(path.read_bytes())
        assert len(content) > 40_000
        content[12_000:36_000] = b"\x5a" * 24_000
        path.write_bytes(content)
        with pytest.raises(StoreFailed, match=r"damaged \(.*\): .*restore an earlier copy"):
            run(tmp_path / "out", spec(tmp_path), RunOptions(2), model, Settings(), print)
    assert path.read_bytes() == content

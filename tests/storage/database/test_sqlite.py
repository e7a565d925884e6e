"""The file itself: how it is opened, and what is said when it cannot be used."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event

from errors import StoreFailed
from storage.conversations.migrations import KIND
from storage.conversations.store import Store
from storage.database import sqlite
from storage.database.sqlite import open_engine
from tests import ROOT
from tests.storage.conversations.answers import turn


def refused(path: Path) -> str:
    with pytest.raises(StoreFailed) as caught:
        Store(path)
    assert (caught.value.status, caught.value.code) == (503, "store")
    assert str(path) in caught.value.message
    return caught.value.message


def test_every_connection_is_safe(path: Path) -> None:
    engine = open_engine(path, KIND)
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "busy_timeout": 10_000,
        "secure_delete": 1,
    }
    connections = [engine.connect() for _ in range(8)]
    for connection in connections:
        for name, value in expected.items():
            assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value, name
        connection.close()
    engine.dispose()


def test_the_file_is_its_owners_alone(store: Store, path: Path) -> None:
    name = store.begin().id
    store.append(name, turn())
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


def test_a_folder_in_which_nothing_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert "KEX_STORE" in refused(tmp_path / "file" / "kex.db")
    assert "KEX_STORE" in refused(Path("/proc/kex.db"))
    assert "KEX_STORE" in refused(tmp_path)


def test_a_file_that_must_not_be_written(store: Store) -> None:
    """As when its disk was mounted read-only while Kex ran; root may write any file."""
    name = store.begin().id
    event.listen(
        store._engine, "begin", lambda c: c.exec_driver_sql("PRAGMA query_only=ON"), insert=True
    )
    with pytest.raises(StoreFailed, match="let Kex write the file and its folder"):
        store.append(name, turn())
    assert store.load(name).size == 0


def test_a_full_disk(store: Store, path: Path) -> None:
    """SQLite's own limit on pages fails in the same place and with the same words."""
    name = store.begin().id
    store.append(name, turn("kept"))
    limit = "PRAGMA max_page_count=30"
    event.listen(store._engine, "begin", lambda c: c.exec_driver_sql(limit), insert=True)
    with pytest.raises(StoreFailed, match=r"disk is full.*free some space"):
        store.append(name, turn("字" * 200_000))
    assert [one.said.text for one in store.load(name).turns] == ["kept"]
    store.append(name, turn("room again"))


@pytest.mark.parametrize(
    "content", [b"Dear diary, " * 1000, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_file_that_is_no_database(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert "move it away" in refused(path)
    assert path.read_bytes() == content


def damage(path: Path) -> None:
    store = Store(path)
    name = store.begin().id
    for number in range(30):
        store.append(name, turn(f"{number} " * 500))
    store.close()
    content = bytearray(path.read_bytes())
    assert len(content) > 60_000
    content[20_000:40_000] = b"\x5a" * 20_000
    path.write_bytes(content)


def test_a_damaged_file_is_told_and_left_alone(path: Path) -> None:
    damage(path)
    before = path.read_bytes()
    assert "move it away" in refused(path)
    assert path.read_bytes() == before


def test_a_cut_file(path: Path) -> None:
    damage(path)
    path.write_bytes(path.read_bytes()[:30_000])
    assert "move it away" in refused(path)


def test_after_the_remedy_it_opens(path: Path) -> None:
    damage(path)
    refused(path)
    path.rename(path.with_suffix(".broken"))
    store = Store(path)
    assert store.page().conversations == ()
    store.close()


def test_another_program_that_holds_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    store = Store(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFailed, match=r"locked.*another program holds it"):
            store.begin()
        assert store.page().conversations == ()  # who reads does not wait for it
        other.execute("ROLLBACK")
    store.begin()
    store.close()


OPEN = """
import sys
from pathlib import Path
from storage.conversations.store import Store
store = Store(Path(sys.argv[1]))
store.begin("one")
store.close()
"""


def test_several_processes_may_make_the_file_at_once(path: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", OPEN, str(path)], cwd=ROOT, stderr=subprocess.PIPE)
        for _ in range(6)
    ]
    for process in started:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    store = Store(path)
    assert len(store.page().conversations) == 6
    store.close()


def test_only_one_module_knows_the_dialect() -> None:
    folder = Path(sqlite.__file__).parent
    knowing = {
        file.name
        for file in folder.rglob("*.py")
        if "PRAGMA" in (text := file.read_text("utf-8")) or "import sqlite3" in text
    }
    assert knowing == {"sqlite.py"}

"""A backup is of one moment, is whole or refused, and comes back into files that are in use."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from errors import Conflict, InputError, StoreFailed
from storage.backup.making import make_backup
from storage.backup.parts import MANIFEST, sha256_of
from storage.backup.restoring import restore_backup
from storage.conversations.store import Store
from storage.database import sqlite
from storage.knowledge_base.base import Base
from tests.storage.conversations.answers import turn
from tests.storage.knowledge_base.arrivals import triples


@pytest.fixture
def live(tmp_path: Path) -> dict[str, Path]:
    return {"conversations": tmp_path / "live" / "kex.db", "base": tmp_path / "live" / "base.db"}


@pytest.fixture
def filled(live: dict[str, Path]) -> str:
    """Both databases with something in them; the conversation's id."""
    store, base = Store(live["conversations"]), Base(str(live["base"]))
    name = store.begin("first").id
    store.append(name, turn())
    list(base.take_in([triples("a", "Ann lives in Leeds.", ("Ann", "lives in", "Leeds"))]))
    store.close()
    base.close()
    return name


def titles(path: Path) -> list[str]:
    store = Store(path)
    try:
        return [one.title for one in store.page().conversations]
    finally:
        store.close()


def test_both_databases_come_back(live: dict[str, Path], filled: str, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    made = make_backup(folder, live, "0.1.0")
    assert [one.name for one in made] == ["conversations", "base"]
    assert sorted(path.name for path in folder.iterdir()) == [
        MANIFEST, "base.db", "conversations.db",
    ]  # fmt: skip
    assert {path.stat().st_mode & 0o077 for path in (*folder.glob("*.db"), folder)} == {0}
    elsewhere = {name: tmp_path / "new" / path.name for name, path in live.items()}
    restored = restore_backup(folder, elsewhere)
    assert [one.before for one in restored] == [None, None]
    store, base = Store(elsewhere["conversations"]), Base(str(elsewhere["base"]))
    assert store.load(filled).turns[0].said.answer == turn().answer
    assert base.status().sources == 1 and base.triples().rows
    store.close()
    base.close()
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["base.db", "kex.db"]


def test_it_is_of_one_moment_while_others_write(live: dict[str, Path], tmp_path: Path) -> None:
    """Each turn has a correction in the same transaction's wake; turns are numbered without gap."""
    path = live["conversations"]
    store = Store(path)
    name = store.begin("busy").id
    over, written = threading.Event(), []

    def write() -> None:
        while not over.is_set():
            written.append(store.append(name, turn("long " * 2000)))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(8):
            before = len(written)
            make_backup(tmp_path / str(number), {"conversations": path}, "0.1.0")
            copied = Store(tmp_path / str(number) / "conversations.db")
            positions = [one.position for one in copied.load(name).turns]
            copied.close()
            assert positions == list(range(1, len(positions) + 1))
            assert len(positions) >= before
    finally:
        over.set()
        writer.join()
    store.close()
    assert len(written) > 8


def test_restoring_into_a_database_in_use(
    live: dict[str, Path], filled: str, tmp_path: Path
) -> None:
    folder, path = tmp_path / "backup", live["conversations"]
    make_backup(folder, live, "0.1.0")
    store = Store(path)
    later = store.begin("later").id
    store.rename(filled, "renamed")
    with pytest.raises(Conflict, match="--replace"):
        restore_backup(folder, {"conversations": path})
    assert store.load(later).title == "later"
    (restored,) = restore_backup(folder, {"conversations": path}, replace=True)
    assert [one.title for one in store.page().conversations] == ["first"]  # the open one sees it
    store.append(filled, turn("and writes on"))
    store.close()
    assert titles(path) == ["first"]
    assert restored.before is not None
    assert sorted(titles(restored.before)) == ["later", "renamed"]
    assert restored.before.stat().st_mode & 0o077 == 0


def test_a_damaged_database_is_moved_away(
    live: dict[str, Path], filled: str, tmp_path: Path
) -> None:
    folder, path = tmp_path / "backup", live["conversations"]
    make_backup(folder, live, "0.1.0")
    content = path.read_bytes()
    path.write_bytes(content[:5000] + b"\x5a" * (len(content) - 5000))
    with pytest.raises(StoreFailed):
        make_backup(tmp_path / "other", {"conversations": path}, "0.1.0")
    assert not (tmp_path / "other" / "conversations.db").exists()
    (restored,) = restore_backup(folder, {"conversations": path}, replace=True)
    assert titles(path) == ["first"]
    assert restored.before is not None
    assert restored.before.read_bytes()[5000:5010] == b"\x5a" * 10


def test_another_programs_database_is_left_alone(
    live: dict[str, Path], filled: str, tmp_path: Path
) -> None:
    folder, other = tmp_path / "backup", tmp_path / "other.db"
    make_backup(folder, live, "0.1.0")
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = other.read_bytes()
    with pytest.raises(StoreFailed, match="another program"):
        restore_backup(folder, {"conversations": other}, replace=True)
    with pytest.raises(StoreFailed, match="another program"):
        make_backup(tmp_path / "b", {"conversations": other}, "0.1.0")
    assert other.read_bytes() == before


@pytest.mark.parametrize("harm", ["cut", "changed", "missing", "manifest", "unfinished", "format"])
def test_a_backup_that_is_not_whole_changes_nothing(
    live: dict[str, Path], filled: str, tmp_path: Path, harm: str
) -> None:
    folder, path = tmp_path / "backup", live["conversations"]
    make_backup(folder, live, "0.1.0")
    file, manifest = folder / "base.db", folder / MANIFEST
    content = file.read_bytes()
    if harm == "cut":
        file.write_bytes(content[:-1])
    elif harm == "changed":
        file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif harm == "missing":
        file.unlink()
    elif harm == "manifest":
        manifest.write_text("[]")
    elif harm == "unfinished":
        manifest.unlink()
    else:
        manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 99}))
    before = path.read_bytes()
    with pytest.raises(InputError, match=str(tmp_path)) as caught:
        restore_backup(folder, live, replace=True)
    assert caught.value.field == "FOLDER"
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.replaced-*"))


def test_only_a_new_or_empty_folder_is_written(
    live: dict[str, Path], filled: str, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    assert len(make_backup(folder, live, "0.1.0")) == 2
    with pytest.raises(InputError, match="other files"):
        make_backup(folder, live, "0.1.0")  # a backup is never written over
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "base.db").write_text("mine")
    with pytest.raises(InputError, match="other files"):
        make_backup(tmp_path / "mine", live, "0.1.0")
    assert (tmp_path / "mine" / "base.db").read_text() == "mine"
    with pytest.raises(InputError, match="other files"):
        make_backup(tmp_path / "mine" / "base.db", live, "0.1.0")
    with pytest.raises(InputError, match="nothing to back up"):
        make_backup(tmp_path / "none", {"base": tmp_path / "no.db"}, "0.1.0")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "live", "mine"]


def test_the_folder_of_the_databases_is_no_place_for_a_backup(
    live: dict[str, Path], filled: str
) -> None:
    path = live["base"]
    live["conversations"].unlink()
    before = path.read_bytes()
    with pytest.raises(InputError, match="other files"):
        make_backup(path.parent, live, "0.1.0")
    assert path.read_bytes() == before


def test_no_write_is_lost_while_a_backup_is_restored(
    live: dict[str, Path], filled: str, tmp_path: Path
) -> None:
    """Each confirmed conversation is in the database, or in a file with earlier content."""
    folder, path = tmp_path / "backup", live["conversations"]
    make_backup(folder, live, "0.1.0")
    over = threading.Event()
    confirmed: list[str] = []

    def write(number: int) -> None:
        store = Store(path)
        count = 0
        while not over.is_set():
            count += 1
            title = f"{number}-{count}"
            store.begin(title)
            confirmed.append(title)
        store.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(3):
            restore_backup(folder, {"conversations": path}, replace=True)
    finally:
        over.set()
        for writer in writers:
            writer.join()
    found: set[str] = set()
    for file in (path, *path.parent.glob("*.replaced-*")):
        with closing(sqlite3.connect(file)) as connection:
            found.update(
                title for (title,) in connection.execute("SELECT title FROM conversations")
            )
    assert len(confirmed) > 20
    assert set(confirmed) <= found


def test_a_part_that_cannot_be_restored_leaves_the_other_alone(
    live: dict[str, Path], filled: str, tmp_path: Path
) -> None:
    """Both are checked and migrated before one of them is replaced."""
    folder = tmp_path / "backup"
    make_backup(folder, live, "0.1.0")
    with closing(sqlite3.connect(folder / "base.db")) as connection:
        connection.execute("INSERT INTO kex_base_schema VALUES (99, 0)")
        connection.commit()
    manifest = json.loads((folder / MANIFEST).read_text())
    file = folder / "base.db"
    manifest["databases"]["base"] |= {"bytes": file.stat().st_size, "sha256": sha256_of(file)}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    before = live["conversations"].read_bytes()
    with pytest.raises(StoreFailed, match="newer Kex"):
        restore_backup(folder, live, replace=True)
    assert live["conversations"].read_bytes() == before


def test_a_locked_database_is_said_to_be_so(
    live: dict[str, Path], filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    folder, path = tmp_path / "backup", live["conversations"]
    make_backup(folder, live, "0.1.0")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        make_backup(tmp_path / "while", live, "0.1.0")  # who writes keeps no backup waiting
        with pytest.raises(StoreFailed, match="locked"):
            restore_backup(folder, {"conversations": path}, replace=True)
        assert not list(path.parent.glob("*.replaced-*"))
        other.execute("ROLLBACK")
    assert titles(path) == ["first"]


def test_a_backup_of_a_newer_kex_is_refused(
    live: dict[str, Path], filled: str, tmp_path: Path
) -> None:
    path = live["conversations"]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO kex_schema VALUES (99, 0)")
        connection.commit()
    with pytest.raises(StoreFailed, match="newer Kex"):
        make_backup(tmp_path / "backup", live, "0.1.0")

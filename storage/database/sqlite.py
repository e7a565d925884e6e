"""Opens SQLite files: that of the conversations, and that of the knowledge base.

What others need of a database is an engine whose `writing` transactions exclude
each other. Every failure of the file becomes StoreFailed with its name and a remedy.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from errors import StoreFailed
from storage.database.migrating import Kind, migrate, version
from wording import message

BUSY_SECONDS = 10.0
# Up to this size a file is checked whole when it is opened (a third of a second for 90 MB), its
# indexes too; a larger one page by page, which takes a sixth of that. `check` is always whole.
WHOLE_CHECK_BYTES = 500_000_000
_WAL_TRIES = 50  # at a tenth of a second

_PRAGMAS = (
    "foreign_keys=ON",
    "synchronous=FULL",  # in WAL, anything less loses confirmed turns when the power fails
    "fullfsync=ON",  # without it macOS leaves them in the disk's cache; elsewhere it means nothing
    "secure_delete=ON",  # what is deleted is overwritten
)

# What SQLite says → what to do about it, by key.
_REMEDIES = {
    "disk is full": "errors.database_remedy_space",
    "readonly database": "errors.database_remedy_write",
    "unable to open": "errors.database_remedy_write",
    "locked": "errors.database_remedy_locked",
    "not a database": "errors.database_remedy_damaged",
    "malformed": "errors.database_remedy_damaged",
}
_OTHERWISE = "errors.database_remedy_disk"


class DamagedDatabase(StoreFailed):
    """The file is no whole database any more; another copy of it is needed."""


def open_engine(path: Path, kind: Kind) -> Engine:
    """The database of this kind at `path`, made or migrated where needed, and checked.

    Raises StoreFailed.
    """
    path = path.absolute()
    with translate_errors(str(path), kind.setting):
        _make_file(path)
        engine = create_engine(
            URL.create("sqlite", database=str(path)),
            connect_args={"timeout": BUSY_SECONDS},
            max_overflow=-1,  # a thread never waits for a connection
            json_serializer=lambda value: json.dumps(value, ensure_ascii=False),
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        try:
            # Before anything is written: the file may be another program's.
            _check(engine, path, kind, whole=path.stat().st_size <= WHOLE_CHECK_BYTES)
            _use_wal(engine)
            with writing(engine) as connection:
                migrate(connection, str(path), kind)
        except BaseException:
            engine.dispose()
            raise
    return engine


@contextmanager
def translate_errors(name: str, setting: str) -> Iterator[None]:
    """Turns what goes wrong inside into StoreFailed; `setting` is what names the file."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        said = str(error.orig if isinstance(error, DBAPIError) else error)
        key = next((act for sign, act in _REMEDIES.items() if sign in said), _OTHERWISE)
        remedy = message(key, setting=setting)
        failure = DamagedDatabase if key == _REMEDIES["malformed"] else StoreFailed
        raise failure(
            message("errors.database_unusable", name=name, reason=said, remedy=remedy)
        ) from error
    except OSError as error:
        remedy = message(_REMEDIES["unable to open"], setting=setting)
        raise StoreFailed(
            message(
                "errors.database_unusable", name=name, reason=error.strerror or error, remedy=remedy
            )
        ) from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that holds the right to write from its beginning.

    One that asks for it only after it has read may find that the rows have changed meanwhile.
    """
    with engine.execution_options(kex_writes=True).begin() as connection:
        yield connection


def overwrite_deleted(engine: Engine) -> None:
    """Take what was deleted out of the write-ahead log too; a reader may put that off."""
    with suppress(sqlite3.OperationalError):
        _execute(engine, "PRAGMA wal_checkpoint(TRUNCATE)")


def check(path: Path, kind: Kind) -> int:
    """Read the whole file, its indexes too, and return its version. Changes nothing.

    Raises StoreFailed for a damaged file, that of another program or of a newer Kex, and for none.
    """
    with translate_errors(str(path), kind.setting):
        os.close(os.open(path, os.O_RDWR))  # a missing file would be made
        engine = create_engine(
            URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_SECONDS}
        )
        try:
            return _check(engine, path, kind, whole=True)
        finally:
            engine.dispose()


def copy(source: Path, target: Path, setting: str, guard: Callable[[], None] | None = None) -> None:
    """Make the database `target` what `source` is at one moment, in one transaction.

    Both may be in use by this and other processes: those that read `target` go on with its new
    content. A new file is its owner's alone. Raises StoreFailed, also where one of them stays
    locked; `target` is then as before. `guard` is called when `target` is locked
    against other writers and not changed yet; if it raises, `target` is unchanged.
    """
    until = time.monotonic() + BUSY_SECONDS
    begun = False

    def patience(status: int, _remaining: int, _total: int) -> None:
        # After a step that found the file locked; the module itself would try for ever.
        nonlocal begun
        if status == sqlite3.SQLITE_OK and guard is not None and not begun:
            begun = True
            guard()
        elif not begun and time.monotonic() > until:
            raise sqlite3.OperationalError("database is locked")

    with translate_errors(str(source), setting):
        os.close(os.open(source, os.O_RDWR))
        reader = sqlite3.connect(source, timeout=BUSY_SECONDS)
    with closing(reader), translate_errors(str(target), setting):
        _make_file(target)
        with closing(sqlite3.connect(target, timeout=BUSY_SECONDS)) as writer:
            for pragma in _PRAGMAS:
                writer.execute(f"PRAGMA {pragma}")
            # All pages in one step: a reader of a write-ahead log keeps no writer waiting, and a
            # copy of several steps would restart whenever `source` is written. With a guard
            # the first step is a page, which locks `target` until the last one.
            reader.backup(writer, pages=-1 if guard is None else 1, progress=patience)


def single_file(path: Path, setting: str) -> None:
    """Make an unused database a single file, without a write-ahead log."""
    with translate_errors(str(path), setting), closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def files_of(path: Path) -> tuple[Path, ...]:
    """The file and those that SQLite may have beside it."""
    return path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))


def _make_file(path: Path) -> None:
    """Texts are private: only their owner may read the folder and the file that Kex makes."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin transactions when it sees fit
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    kind = "IMMEDIATE" if connection.get_execution_options().get("kex_writes") else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {kind}")


def _use_wal(engine: Engine) -> None:
    """Readers and the writer do not wait for each other; the file remembers it.

    The one thing for which SQLite does not wait while another process opens the file.
    """
    for rest in reversed(range(_WAL_TRIES)):
        try:
            return _execute(engine, "PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or not rest:
                raise
        time.sleep(0.1)


def _execute(engine: Engine, statement: str) -> None:
    """Outside of any transaction."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute(statement)
    finally:
        connection.close()


def _check(engine: Engine, path: Path, kind: Kind, *, whole: bool) -> int:
    """The version of the file. Raises StoreFailed for a damaged one."""
    pragma = "integrity_check(1)" if whole else "quick_check(1)"
    with engine.connect() as connection:
        found = connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()
        if found != "ok":
            raise DamagedDatabase(
                message(
                    "errors.database_damaged",
                    path=path,
                    found=str(found).splitlines()[-1],
                    remedy=message(_REMEDIES["malformed"]),
                )
            )
        return version(connection, str(path), kind=kind)

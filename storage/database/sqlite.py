"""Opens SQLite files: that of the conversations, and that of the knowledge base.

What others need of a database is an engine whose `writing` transactions exclude
each other. Every failure of the file becomes StoreFailed with its name and a remedy.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from errors import StoreFailed
from storage.database.migrating import Kind, migrate, version
from wording import message

BUSY_SECONDS = 10.0
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
            _check(engine, path, kind)
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
        raise StoreFailed(
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


def _check(engine: Engine, path: Path, kind: Kind) -> None:
    with engine.connect() as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if found != "ok":
            raise StoreFailed(
                message(
                    "errors.database_damaged",
                    path=path,
                    found=found,
                    remedy=message(_REMEDIES["malformed"]),
                )
            )
        version(connection, str(path), kind=kind)

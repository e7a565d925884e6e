"""Brings a database to the version of this code, by numbered migrations (docs/adr/0007-store.md).

The table `kex_schema` has a row for each one taken. Knows no dialect.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    func,
    insert,
    inspect,
    select,
)

from errors import StoreFailed
from store.migrations import MIGRATIONS

versions = Table(
    "kex_schema",
    MetaData(),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("applied", BigInteger, nullable=False),
)


Migrations = Sequence[Callable[[Connection], None]]


def version(connection: Connection, name: str, migrations: Migrations = MIGRATIONS) -> int:
    """How many migrations the database has; 0 where it is empty. Changes nothing.

    Raises StoreFailed for the database of a newer Kex or of another program; `name` is what it is
    called there.
    """
    tables = inspect(connection).get_table_names()
    if not tables:
        return 0
    if versions.name not in tables:
        raise StoreFailed(
            f"{name} is the database of another program (it has a table {tables[0]!r}): name "
            "another file with KEX_STORE."
        )
    found = connection.scalar(select(func.max(versions.c.version))) or 0
    if found > len(migrations):
        raise StoreFailed(
            f"{name} was written by a newer Kex (version {found}, this one knows "
            f"{len(migrations)}): update Kex, or name another file with KEX_STORE."
        )
    return found


def migrate(connection: Connection, name: str, migrations: Migrations = MIGRATIONS) -> None:
    """Take the migrations that are missing, all in the connection's transaction.

    Raises as `version` does.
    """
    found = version(connection, name, migrations)
    versions.create(connection, checkfirst=True)
    for number in range(found + 1, len(migrations) + 1):
        migrations[number - 1](connection)
        row = {"version": number, "applied": time.time_ns() // 1000}
        connection.execute(insert(versions), row)

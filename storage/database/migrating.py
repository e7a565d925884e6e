"""Brings a database to the version of this code, by numbered migrations (docs/adr/0007-store.md).

The table `kex_schema` (of another kind of database, another one) has a row for each one taken.
Knows no dialect.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
from wording import message

Migrations = Sequence[Callable[[Connection], None]]


def versions_table(name: str) -> Table:
    """A row for each migration that was taken; every kind of database has its own name for it."""
    return Table(
        name,
        MetaData(),
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column("applied", BigInteger, nullable=False),
    )


@dataclass(frozen=True)
class Kind:
    """A kind of database: what tells it from others, and the setting that names another one."""

    versions: Table
    setting: str
    migrations: Migrations


def version(
    connection: Connection,
    name: str,
    kind: Kind,
    migrations: Migrations | None = None,
) -> int:
    """How many migrations the database has; 0 where it is empty. Changes nothing.

    Raises StoreFailed for the database of a newer Kex or of another program; `name` is what it is
    called there.
    """
    migrations = kind.migrations if migrations is None else migrations
    tables = inspect(connection).get_table_names()
    if not tables:
        return 0
    if kind.versions.name not in tables:
        raise StoreFailed(
            message("errors.database_foreign", name=name, table=tables[0], setting=kind.setting)
        )
    found = connection.scalar(select(func.max(kind.versions.c.version))) or 0
    if found > len(migrations):
        raise StoreFailed(
            message(
                "errors.database_newer",
                name=name,
                found=found,
                known=len(migrations),
                setting=kind.setting,
            )
        )
    return found


def migrate(
    connection: Connection,
    name: str,
    kind: Kind,
    migrations: Migrations | None = None,
) -> None:
    """Take the migrations that are missing, all in the connection's transaction.

    Raises as `version` does.
    """
    migrations = kind.migrations if migrations is None else migrations
    found = version(connection, name, kind, migrations)
    kind.versions.create(connection, checkfirst=True)
    for number in range(found + 1, len(migrations) + 1):
        migrations[number - 1](connection)
        row = {"version": number, "applied": time.time_ns() // 1000}
        connection.execute(insert(kind.versions), row)

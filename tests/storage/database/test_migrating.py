from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from errors import StoreFailed
from storage.conversations.migrations import MIGRATIONS
from storage.conversations.store import Store
from storage.conversations.tables import metadata
from storage.database.migrating import migrate
from storage.database.sqlite import open_engine, writing


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    opened = open_engine(path)
    yield opened
    opened.dispose()


def shape(engine: Engine) -> dict[str, Any]:
    """Everything of the tables that a query or a constraint rests on."""
    found = inspect(engine)
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(table)],
            found.get_pk_constraint(table)["constrained_columns"],
            found.get_foreign_keys(table),
            found.get_indexes(table),
        )
        for table in sorted(found.get_table_names())
        if table != "kex_schema"
    }


def test_the_migrations_end_with_the_tables_of_the_code(engine: Engine) -> None:
    fresh = create_engine("sqlite://")
    metadata.create_all(fresh)
    assert shape(engine) == shape(fresh)
    assert set(shape(engine)) == {"conversations", "turns", "corrections"}
    fresh.dispose()


def test_a_migration_is_taken_once(path: Path, engine: Engine) -> None:
    taken: list[int] = []

    def second(connection: Connection) -> None:
        taken.append(2)
        connection.exec_driver_sql("ALTER TABLE conversations ADD COLUMN colour TEXT")

    for _ in range(2):
        with writing(engine) as connection:
            migrate(connection, "here", [*MIGRATIONS, second])
    assert taken == [2]
    engine.dispose()
    with pytest.raises(
        StoreFailed, match=r"newer Kex \(version 2, this one supports 1\): update Kex"
    ):
        Store(path)


def test_a_migration_that_fails_changes_nothing(engine: Engine) -> None:
    def half(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE half (id INTEGER)")
        raise StoreFailed("power cut")

    before = inspect(engine).get_table_names()
    with pytest.raises(StoreFailed), writing(engine) as connection:
        migrate(connection, "here", [*MIGRATIONS, half])
    assert inspect(engine).get_table_names() == before
    with writing(engine) as connection:
        migrate(connection, "here")  # still at 1


def test_the_database_of_another_program_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(StoreFailed, match=r"another program.*'bookmarks'.*KEX_STORE"):
        Store(path)
    assert path.read_bytes() == before


def test_the_tables_can_be_made_by_postgresql() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here
    for table in metadata.sorted_tables:
        assert "ON DELETE CASCADE" in str(CreateTable(table).compile(dialect=dialect)) or (
            table.name == "conversations"
        )
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect))

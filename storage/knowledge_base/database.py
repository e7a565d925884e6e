"""Opens the database of a knowledge base: a file of SQLite, or PostgreSQL by its address.

The rest of the package needs an engine whose `writing` transactions exclude each other, and every
failure as StoreFailed with a remedy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from storage.database import postgres, sqlite
from storage.database.migrating import Kind, versions_table
from storage.knowledge_base.migrations import MIGRATIONS

SETTING = "KEX_BASE"
KIND = Kind(versions_table("kex_base_schema"), SETTING, MIGRATIONS)
MANY = 500  # values in one statement, at most

T = TypeVar("T")


class Database:
    """`address` is a path or begins with postgresql://; opening it raises StoreFailed."""

    def __init__(self, address: str) -> None:
        self.name = postgres.without_password(address) if "://" in address else address
        self._served = "://" in address
        self._engine: Engine
        if self._served:
            self._engine = postgres.open_engine(address, KIND)
        else:
            self._engine = sqlite.open_engine(Path(address), KIND)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One state of the base, whatever is written meanwhile."""
        with self._translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The only one that writes; all of it is kept, or nothing."""
        begin = postgres.writing if self._served else sqlite.writing
        with self._translated(), begin(self._engine) as connection:
            yield connection

    def overwrite_deleted(self) -> None:
        """What was removed is in no file any more, where the database can promise that."""
        if not self._served:
            sqlite.overwrite_deleted(self._engine)

    def _translated(self) -> AbstractContextManager[None]:
        return (
            postgres.translate_errors(self.name)
            if self._served
            else sqlite.translate_errors(self.name, SETTING)
        )


def portions(values: Sequence[T], size: int = MANY) -> Iterator[Sequence[T]]:
    """As many at a time as one statement may name."""
    for at in range(0, len(values), size):
        yield values[at : at + size]

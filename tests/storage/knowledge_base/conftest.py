"""A base in a file of its own and, where PostgreSQL is at hand, in a database of a real server."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.knowledge_base.base import Base
from tests.storage.knowledge_base.postgresql import Server


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "base.db"


@pytest.fixture
def base(path: Path) -> Iterator[Base]:
    """In a file."""
    opened = Base(str(path))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server of its own; skipped with the reason where there is none.

    Not below pytest's own folder, which every other run of pytest closes to other users.
    """
    with tempfile.TemporaryDirectory(prefix="kex-postgresql-") as folder:
        server = Server(Path(folder))
        yield server
        server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_base(request: pytest.FixtureRequest, path: Path) -> Iterator[Base]:
    """In each kind of database."""
    address = str(path)
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        address = server.new_database()
    opened = Base(address)
    yield opened
    opened.close()

"""A base in a file of its own and, where PostgreSQL is at hand, in a database of a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge_base.base import Base
from tests.knowledge_base.postgresql import Server


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
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own; skipped with the reason where there is none."""
    server = Server(tmp_path_factory.mktemp("postgresql"))
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

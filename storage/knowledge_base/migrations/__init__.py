"""The numbered migrations of a knowledge base, by the rules of `storage.database.migrating`."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from storage.knowledge_base.migrations import m0001_base, m0002_assertions

MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    m0001_base.apply,
    m0002_assertions.apply,
)

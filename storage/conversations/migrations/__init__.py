"""The steps that a database of conversations has gone through, in order; each is taken once.

A step is a module `m<number>_<what>.py` with `apply(connection)`. One that has been published is
never changed: a further one follows it.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from storage.conversations.migrations import m0001_conversations
from storage.database.migrating import Kind, versions_table

MIGRATIONS: tuple[Callable[[Connection], None], ...] = (m0001_conversations.apply,)
KIND = Kind(versions_table("kex_schema"), "KEX_STORE", MIGRATIONS)

"""The steps that a knowledge base has gone through, by the rules of `store.migrations`."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from knowledge_base.migrations import m0001_base

MIGRATIONS: tuple[Callable[[Connection], None], ...] = (m0001_base.apply,)

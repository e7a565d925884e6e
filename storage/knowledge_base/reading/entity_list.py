"""Entities by name: all, or those of which one name holds a query."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, and_, case, func, literal, null, or_, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from storage.knowledge_base.searching import check_limit, cursor_of, holds, read_cursor, words_of
from storage.knowledge_base.tables import entities, mentions, names
from storage.knowledge_base.views import Found, Label, Page


def find_entities(
    connection: Connection, query: str = "", after: str | None = None, limit: int = 50
) -> Page:
    """Exact names first, then those that begin with the query, then those that hold all its words;
    among these the entities of most sources. Raises InputError."""
    check_limit(limit)
    rows = _named(connection, query, after, limit) if query.strip() else None
    if rows is None:
        rows = _all(connection, after, limit)
    shown = rows[:limit]
    labels = classes_of(connection, [row.id for row in shown])
    found = tuple(
        Found(row.public, row.name, row.sources, labels.get(row.id, ()), row.matched)
        for row in shown
    )
    if len(rows) <= limit:
        return Page(found, None)
    last = shown[-1]
    return Page(found, cursor_of((last.rank, last.sources, last.id)))


def _values(*numbers: int) -> ColumnElement[Any]:
    return tuple_(*map(literal, numbers))


def _all(connection: Connection, after: str | None, limit: int) -> list[Any]:
    wanted = select(
        entities.c.id,
        entities.c.public,
        entities.c.name,
        entities.c.sources,
        literal(0).label("rank"),
        null().label("matched"),
    ).where(entities.c.kind == "name")
    if after is not None:
        _, count, number = read_cursor(after, 3)
        wanted = wanted.where(tuple_(entities.c.sources, entities.c.id) < _values(count, number))
    order = entities.c.sources.desc(), entities.c.id.desc()
    return list(connection.execute(wanted.order_by(*order).limit(limit + 1)))


def _named(connection: Connection, query: str, after: str | None, limit: int) -> list[Any]:
    words = words_of(query)
    if not words:
        return []
    whole = "".join(words)
    rank = case(
        (names.c.search == whole, 0),
        (names.c.search.startswith(whole, autoescape=True), 1),
        else_=2,
    )
    matching = (
        select(names.c.entity, func.min(rank).label("rank"), func.min(names.c.text).label("said"))
        .where(*(holds(connection, names, word) for word in words))
        .group_by(names.c.entity)
        .subquery()
    )
    wanted = (
        select(
            entities.c.id,
            entities.c.public,
            entities.c.name,
            entities.c.sources,
            matching.c.rank,
            matching.c.said.label("matched"),
        )
        .join(matching, matching.c.entity == entities.c.id)
        .where(entities.c.kind == "name")
    )
    if after is not None:
        at, count, number = read_cursor(after, 3)
        behind = tuple_(entities.c.sources, entities.c.id) < _values(count, number)
        wanted = wanted.where(or_(matching.c.rank > at, and_(matching.c.rank == at, behind)))
    order = matching.c.rank, entities.c.sources.desc(), entities.c.id.desc()
    return list(connection.execute(wanted.order_by(*order).limit(limit + 1)))


def classes_of(connection: Connection, ids: Iterable[int]) -> dict[int, tuple[Label, ...]]:
    """The classes of each entity, those of most sources first."""
    counted = connection.execute(
        select(
            mentions.c.entity,
            mentions.c.label,
            func.count(mentions.c.source.distinct()).label("sources"),
        )
        .where(mentions.c.entity.in_(list(ids)), mentions.c.label != "")
        .group_by(mentions.c.entity, mentions.c.label)
    )
    found: defaultdict[int, list[Label]] = defaultdict(list)
    for row in counted:
        found[row.entity].append(Label(row.label, row.sources))
    return {
        entity: tuple(sorted(labels, key=lambda one: (-one.sources, one.label)))
        for entity, labels in found.items()
    }

"""Folded triples: statements of one head, relation and tail, with the sources behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    FromClause,
    Integer,
    Text,
    and_,
    case,
    column,
    func,
    literal,
    or_,
    select,
    tuple_,
    values,
)
from sqlalchemy.sql.elements import ColumnElement

from storage.knowledge_base.database import portions
from storage.knowledge_base.searching import check_limit, cursor_of, read_cursor
from storage.knowledge_base.tables import entities, sources, statements
from storage.knowledge_base.views import Page, Sentence, Thing, Triple
from storage.knowledge_base.writing.naming import short_key

SENTENCES = 5  # of a triple that are shown
_KEY = (statements.c.head, statements.c.relation_key, statements.c.tail)

Key = tuple[int, str, int]


def find_triples(
    connection: Connection,
    relation: str = "",
    entity: int | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """By relation, or of an entity, or both; in an order that lists can be read on by.

    Raises InputError.
    """
    check_limit(limit)
    where: list[ColumnElement[bool]] = []
    if relation.strip():
        where.append(statements.c.relation_key == short_key(relation))
    if entity is not None:
        where.append(or_(statements.c.head == entity, statements.c.tail == entity))
    first = func.min(statements.c.id).label("first")
    grouped = select(*_KEY, first).where(*where).group_by(*_KEY).order_by(*_ORDER)
    if after is not None:
        number, head, tail = read_cursor(after, 3)
        at = connection.scalar(select(statements.c.relation_key).where(statements.c.id == number))
        grouped = grouped.where(tuple_(*_ORDER) > tuple_(*map(literal, (at or "", head, tail))))
    rows = connection.execute(grouped.limit(limit + 1)).all()
    shown = rows[:limit]
    found = tuple(load_triples(connection, [(row[0], row[1], row[2]) for row in shown]))
    if len(rows) <= limit:
        return Page(found, None)
    last = shown[-1]
    return Page(found, cursor_of((last.first, last.head, last.tail)))


_ORDER = (statements.c.relation_key, statements.c.head, statements.c.tail)


def best_of(connection: Connection, ids: Sequence[int], limit: int) -> list[Key]:
    """The triples of these entities that most sources state, without those of one with itself
    (鲁迅 原名 周树人): they say why names are one."""
    found: dict[Key, int] = {}
    for end in (statements.c.head, statements.c.tail):
        for part in portions(ids):
            count = func.count(statements.c.source.distinct()).label("support")
            rows = connection.execute(
                select(*_KEY, count)
                .where(end.in_(part), statements.c.head != statements.c.tail)
                .group_by(*_KEY)
                .order_by(count.desc(), *_KEY)
                .limit(limit)
            )
            found |= {(row[0], row[1], row[2]): row.support for row in rows}
    return sorted(found, key=lambda key: (-found[key], key))[:limit]


def count_of(connection: Connection, entity: int) -> int:
    """How many folded triples the entity has with others."""
    of = or_(statements.c.head == entity, statements.c.tail == entity)
    return connection.scalar(select(func.count()).select_from(
        select(*_KEY).where(of, statements.c.head != statements.c.tail).distinct().subquery()
    )) or 0  # fmt: skip


def things(connection: Connection, ids: Iterable[int]) -> dict[int, Thing]:
    """Entities and literals by number."""
    found: dict[int, Thing] = {}
    for part in portions(sorted(set(ids))):
        for row in connection.execute(select(entities).where(entities.c.id.in_(part))):
            found[row.id] = Thing(row.public, row.name, row.kind)
    return found


def load_triples(connection: Connection, keys: Sequence[Key]) -> list[Triple]:
    """With names, support and sentences, in the order of the keys."""
    named = things(connection, (end for key in keys for end in (key[0], key[2])))
    counts: dict[Key, Any] = {}
    said: defaultdict[Key, list[Any]] = defaultdict(list)
    for part in portions(keys, 100):
        of = _one_of(part)
        rows = connection.execute(
            select(
                *_KEY,
                func.count(statements.c.source.distinct()).label("support"),
                func.count().label("statements"),
                func.count(statements.c.correction).label("corrected"),
                func.sum(case((statements.c.assertion == "planned", 1), else_=0)).label("planned"),
            )
            .join_from(of, statements, _match(of))
            .group_by(*_KEY)
        )
        counts |= {(row[0], row[1], row[2]): row for row in rows}
        for row in connection.execute(_sentences(of)):
            said[row.head, row.relation_key, row.tail].append(row)
    return [_triple(key, named, counts[key], said[key]) for key in keys if key in counts]


def _one_of(keys: Sequence[Key]) -> FromClause:
    """To be joined: each key is looked up in an index, which a list of tuples is not."""
    listed = values(
        column("head", Integer), column("relation_key", Text), column("tail", Integer), name="keys"
    ).data(list(keys))
    return listed.cte("wanted")


def _match(of: FromClause) -> ColumnElement[bool]:
    return and_(*(of.c[one.name] == one for one in _KEY))


def _sentences(of: FromClause) -> Any:
    """Some statements of each, one a source, with the sentence itself."""
    place = func.row_number().over(
        partition_by=_KEY, order_by=(statements.c.source, statements.c.id)
    )
    ranked = (
        select(*_KEY, statements.c.relation, statements.c.source, statements.c.start,
               statements.c.end, place.label("place"))
        .join_from(of, statements, _match(of))
        .subquery()
    )  # fmt: skip
    length = ranked.c.end - ranked.c.start
    sentence = func.substr(sources.c.text, ranked.c.start + 1, length).label("sentence")
    return (
        select(ranked, sources.c.name, sentence)
        .join(sources, sources.c.id == ranked.c.source)
        .where(ranked.c.place <= 4 * SENTENCES)
        .order_by(ranked.c.place)
    )


def _triple(key: Key, named: dict[int, Thing], counted: Any, said: list[Any]) -> Triple:
    relations = tuple(dict.fromkeys(row.relation for row in said))
    sentences = {
        (row.name, row.start): Sentence(row.name, row.sentence or "", row.start, row.end)
        for row in said
    }
    return Triple(
        named[key[0]],
        relations[0],
        relations,
        named[key[2]],
        counted.support,
        counted.statements,
        counted.corrected,
        counted.planned,
        tuple(sentences.values())[:SENTENCES],
    )

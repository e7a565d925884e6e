"""One entity: its names and why they are one, its classes, what is said of it and around it."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, func, or_, select

from errors import InputError, UnknownEntity
from storage.knowledge_base.reading.entity_list import classes_of
from storage.knowledge_base.reading.triples import best_of, count_of, load_triples, things
from storage.knowledge_base.tables import (
    claims,
    decisions,
    entities,
    mentions,
    names,
    nodes,
    sources,
)
from storage.knowledge_base.views import Card, Join, Name, Neighbourhood, Sentence
from wording import message

TRIPLES = 100  # on a card
MAX_AROUND = 500  # triples of a neighbourhood
_SENTENCES = 5


def number_of(connection: Connection, public: str) -> int:
    """The entity that an id names now; that of a name that became part of another finds it there.

    Raises UnknownEntity.
    """
    found: int | None = connection.scalar(select(nodes.c.entity).where(nodes.c.public == public))
    if found is None:
        raise UnknownEntity(
            message("errors.base_no_entity", name=public[:40]),
            field="entity",
        )
    return found


def load_card(connection: Connection, public: str) -> Card:
    """Raises UnknownEntity."""
    number = number_of(connection, public)
    row = connection.execute(select(entities).where(entities.c.id == number)).one()
    return Card(
        row.public,
        row.name,
        row.kind,
        row.sources,
        _names(connection, number, row.name),
        classes_of(connection, [number]).get(number, ()),
        _joins(connection, number),
        tuple(load_triples(connection, best_of(connection, [number], TRIPLES))),
        count_of(connection, number),
    )


def around(connection: Connection, public: str, depth: int = 1, limit: int = 100) -> Neighbourhood:
    """The most supported triples within `depth` steps. Raises UnknownEntity, InputError."""
    if depth not in (1, 2):
        raise InputError(message("errors.base_depth"), field="depth")
    if not 1 <= limit <= MAX_AROUND:
        raise InputError(message("errors.base_limit", limit=MAX_AROUND), field="limit")
    number = number_of(connection, public)
    keys = best_of(connection, [number], limit + 1)
    if depth == 2 and len(keys) <= limit:
        ends = {end for key in keys for end in (key[0], key[2])} - {number}
        named = [end for end, thing in things(connection, ends).items() if thing.kind == "name"]
        further = best_of(connection, sorted(named), limit + 1)
        keys = list(dict.fromkeys([*keys, *further]))
    whole = len(keys) <= limit
    found = tuple(load_triples(connection, keys[:limit]))
    there = {end for triple in found for end in (triple.head, triple.tail)}
    there |= {*things(connection, [number]).values()}
    return Neighbourhood(
        public, tuple(sorted(there, key=lambda one: (one.name, one.id))), found, whole
    )


def _names(connection: Connection, number: int, first: str) -> tuple[Name, ...]:
    own = select(nodes.c.id).where(nodes.c.entity == number)
    rows = connection.execute(
        select(names, nodes.c.key)
        .join(nodes, nodes.c.id == names.c.node)
        .where(names.c.node.in_(own))
        .order_by(names.c.sources.desc(), names.c.text)
    ).all()
    spelt = {row.text: row for row in rows}
    home = spelt[first].node if first in spelt else 0
    short = set(connection.scalars(
        select(mentions.c.text).where(mentions.c.entity == number, mentions.c.short).distinct()
    ))  # fmt: skip
    ends = set(_ends_of_claims(connection, number))

    def rule(row: Any) -> str:
        if row.text == first:
            return "exact"
        if row.text in short and row.search != row.key:
            return "short form"
        if row.node == home:
            return "normalised"
        return "alias" if row.node in ends else "person"

    return tuple(Name(row.text, row.sources, rule(row)) for row in rows)


def _ends_of_claims(connection: Connection, number: int) -> list[int]:
    own = select(nodes.c.id).where(nodes.c.entity == number)
    rows = connection.execute(
        select(claims.c.owner, claims.c.alias).where(
            claims.c.owner.in_(own), claims.c.alias.in_(own)
        )
    )
    return [end for row in rows for end in row]


def _joins(connection: Connection, number: int) -> tuple[Join, ...]:
    keys = select(nodes.c.id, nodes.c.key).where(nodes.c.entity == number)
    own = dict(connection.execute(keys).tuples().all())
    rows = connection.execute(_claims(list(own))).all()
    entity = dict(
        connection.execute(
            select(nodes.c.id, entities.c.public)
            .join(entities, entities.c.id == nodes.c.entity)
            .where(nodes.c.id.in_({end for row in rows for end in (row.owner, row.alias)}))
        )
        .tuples()
        .all()
    )
    grouped: defaultdict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.owner_text, row.alias_text, row.relation].append(row)
    found = [_join(said, entity, own) for said in grouped.values()]
    return (*_by_persons(connection, own), *found)


def _claims(own: list[int]) -> Any:
    sentence = func.substr(sources.c.text, claims.c.start + 1, claims.c.end - claims.c.start)
    return (
        select(claims, sources.c.name, sentence.label("sentence"))
        .join(sources, sources.c.id == claims.c.source)
        .where(or_(claims.c.owner.in_(own), claims.c.alias.in_(own)))
        .order_by(sources.c.name, claims.c.id)
        .limit(500)
    )


def _join(said: list[Any], entity: dict[int, str], own: dict[int, str]) -> Join:
    row = said[0]
    other = row.alias if row.owner in own else row.owner
    return Join(
        row.owner_text,
        row.alias_text,
        "alias",
        row.relation,
        entity[row.owner] == entity[row.alias],
        entity[other],
        tuple(
            Sentence(one.name, one.sentence or "", one.start, one.end) for one in said[:_SENTENCES]
        ),
    )


def _by_persons(connection: Connection, own: dict[int, str]) -> list[Join]:
    keys = set(own.values())
    found = []
    merges = select(decisions).where(decisions.c.action == "merge").order_by(decisions.c.id)
    for row in connection.execute(merges):
        _, key, _, name = json.loads(row.other)
        if row.key in keys and key in keys:
            found.append(Join(row.name, name, "person", "", True, "", ()))
    return found

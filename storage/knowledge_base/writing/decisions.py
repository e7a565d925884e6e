"""What persons decide about names: kept by name, so that later imports follow it.

`split` takes a name out of what the rules made: from its aliases, one spelling from its like, or
the name in some sources from the same name in others. `merge` makes two one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from errors import InputError, UnknownEntity, UnknownSource
from storage.conversations.rows import microseconds, moment
from storage.knowledge_base.database import Database, portions
from storage.knowledge_base.records import Decision
from storage.knowledge_base.tables import decisions, entities, mentions, names, nodes, sources
from storage.knowledge_base.writing.deriving import rederive
from storage.knowledge_base.writing.naming import Naming, Node, node_of, pairs
from wording import message


def naming_of(connection: Connection) -> Naming:
    """All decisions, as the rules take them."""
    by_source: dict[tuple[Node, str], str] = {}
    by_spelling: set[str] = set()
    alone: set[Node] = set()
    together: list[tuple[Node, Node]] = []
    for row in connection.execute(select(decisions).order_by(decisions.c.id)):
        node = Node(row.kind, row.key, row.part)
        if row.action == "merge":
            together.append((node, _node(json.loads(row.other))))
        elif row.action == "spelling":
            by_spelling.add(row.name)
        elif row.action == "sources":
            listed = json.loads(row.sources)
            by_source |= {(node, source): f"@{min(listed)}" for source in listed}
        else:
            alone.add(node)
    return Naming(by_source, frozenset(by_spelling), frozenset(alone), pairs(together))


def split(
    database: Database, name: str, in_sources: tuple[str, ...] = (), *, spelling: bool = False
) -> Decision:
    """Take a name out. Raises UnknownEntity, UnknownSource, or InputError where there is nothing
    to split."""
    if in_sources and spelling:
        raise InputError(message("errors.base_split_both"), field="source")
    with database.writing() as connection:
        found = _find(connection, name)
        if in_sources:
            _check_sources(connection, in_sources)
            plain = Node(found.node.kind, found.node.key)
            changed = _Row("sources", plain, found.text, sources=sorted(in_sources))
        elif spelling:
            changed = _Row("spelling", node_of(found.text), found.text)
        else:
            _forget_merges(connection, found.node)
            changed = _Row("alone", found.node, found.text)
        return _decide(connection, changed, [found.node.key])


def merge(database: Database, name: str, other: str) -> Decision:
    """Make two one. Raises UnknownEntity."""
    with database.writing() as connection:
        one, two = _find(connection, name), _find(connection, other)
        if one.node == two.node:
            raise InputError(
                message("errors.base_same_name", first=one.text, second=two.text), field="other"
            )
        said = [two.node.kind, two.node.key, two.node.part, two.text]
        new = _Row("merge", one.node, one.text, other=json.dumps(said, ensure_ascii=False))
        return _decide(connection, new, [one.node.key, two.node.key])


def undo(database: Database, number: int) -> None:
    """Take a decision back. Raises InputError where there is none of this number."""
    with database.writing() as connection:
        row = connection.execute(select(decisions).where(decisions.c.id == number)).one_or_none()
        if row is None:
            raise InputError(message("errors.base_no_decision", number=number), field="number")
        connection.execute(delete(decisions).where(decisions.c.id == number))
        keys = [row.key] + ([json.loads(row.other)[1]] if row.action == "merge" else [])
        _apply(connection, keys)


def listed(connection: Connection) -> list[Decision]:
    """In the order in which they were made."""
    return [
        _decision(row) for row in connection.execute(select(decisions).order_by(decisions.c.id))
    ]


@dataclass(frozen=True)
class _Found:
    node: Node
    text: str


@dataclass(frozen=True)
class _Row:
    action: str
    node: Node
    name: str
    other: str = ""
    sources: list[str] | None = None

    def values(self) -> dict[str, Any]:
        return {
            "action": self.action,
            "kind": self.node.kind,
            "key": self.node.key,
            "part": self.node.part,
            "name": self.name,
            "other": self.other,
            "sources": json.dumps(self.sources or [], ensure_ascii=False),
            "made": microseconds(datetime.now(timezone.utc)),
        }


def _decide(connection: Connection, new: _Row, keys: list[str]) -> Decision:
    values = new.values()
    same = [decisions.c[name] == value for name, value in values.items() if name != "made"]
    row = connection.execute(select(decisions).where(*same)).first()
    if row is None:
        connection.execute(insert(decisions), values)
        row = connection.execute(select(decisions).where(*same)).one()
        _apply(connection, keys)
    return _decision(row)


def _apply(connection: Connection, keys: list[str]) -> None:
    """Derive anew all sources that have one of these names."""
    of = nodes.c.key.in_(keys), nodes.c.id == mentions.c.node
    numbers = list(connection.scalars(select(mentions.c.source).where(*of).distinct()))
    # A name that is another's short form is filed under that one.
    short = select(mentions.c.source, mentions.c.text).where(mentions.c.short).distinct()
    numbers += [row.source for row in connection.execute(short) if node_of(row.text).key in keys]
    naming = naming_of(connection)
    for part in portions(sorted(set(numbers))):
        named = select(sources.c.id, sources.c.name).where(sources.c.id.in_(part))
        rederive(connection, dict(connection.execute(named).tuples().all()), naming)


def _forget_merges(connection: Connection, node: Node) -> None:
    """A person who splits what a person has merged takes that back."""
    for row in connection.execute(select(decisions).where(decisions.c.action == "merge")).all():
        if node in (Node(row.kind, row.key, row.part), _node(json.loads(row.other))):
            connection.execute(delete(decisions).where(decisions.c.id == row.id))


def _find(connection: Connection, name: str) -> _Found:
    """A name, or the id of an entity, which then counts by its first name."""
    by_id = connection.execute(
        select(nodes, entities.c.name).join(entities, entities.c.id == nodes.c.id)
        .where(entities.c.public == name)
    ).first()  # fmt: skip
    if by_id is not None:
        return _Found(Node(by_id.kind, by_id.key, by_id.part), by_id.name)
    plain = node_of(name)
    of = nodes.c.kind == plain.kind, nodes.c.key == plain.key
    found = connection.execute(select(nodes).where(*of).order_by(nodes.c.part)).all()
    short = select(names.c.id).where(names.c.search == plain.key).limit(1)
    if not found and connection.scalar(short) is not None:
        return _Found(plain, name)
    if not found:
        raise UnknownEntity(message("errors.base_no_name", name=name[:60]), field="name")
    exact = next((row for row in found if row.part == f"={name}"), found[0])
    return _Found(Node(exact.kind, exact.key, exact.part), name)


def _check_sources(connection: Connection, wanted: tuple[str, ...]) -> None:
    known = set(connection.scalars(select(sources.c.name).where(sources.c.name.in_(wanted))))
    for name in wanted:
        if name not in known:
            raise UnknownSource(message("errors.base_no_source", name=name[:60]), field="source")


def _node(said: list[str]) -> Node:
    kind, key, part = said[:3]
    return Node("literal" if kind == "literal" else "name", key, part)


def _decision(row: Any) -> Decision:
    other = json.loads(row.other)[3] if row.other else ""
    action = "merge" if row.action == "merge" else "split"
    if row.action == "spelling":
        other = "="
    return Decision(
        row.id, action, row.name, other, tuple(json.loads(row.sources)), moment(row.made)
    )

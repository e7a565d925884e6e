"""All that a base says, without its numbers and times: equal bases have equal dumps."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from storage.knowledge_base.base import Base
from storage.knowledge_base.tables import entities, mentions, names, nodes, statements


def dump(base: Base) -> dict[str, Any]:
    """Entities with their names and counts, folded triples, and what each source says."""
    found: dict[str, Any] = {}
    with base._database.reading() as connection:
        of = {row.id: row for row in connection.execute(select(entities))}
        found["entities"] = {row.public: (row.kind, row.name, row.sources) for row in of.values()}
        found["nodes"] = sorted(
            (row.kind, row.key, row.part, of[row.entity].public)
            for row in connection.execute(select(nodes))
        )
        found["names"] = sorted(
            (of[row.entity].public, row.text, row.sources)
            for row in connection.execute(select(names))
        )
        support = func.count(statements.c.source.distinct())
        key = statements.c.head, statements.c.relation_key, statements.c.tail
        found["triples"] = sorted(
            (of[row[0]].public, row[1], of[row[2]].public, row[3])
            for row in connection.execute(select(*key, support).group_by(*key))
        )
        found["sources"] = _sources(base)
    return found


def _sources(base: Base) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for head in base.sources(limit=200).rows:
        source = base.source(head.id)
        told[source.id] = (
            source.text,
            sorted((one.entity.id, one.text, one.label) for one in source.mentions),
            sorted((one.head.id, one.relation, one.tail.id) for one in source.statements),
        )
    return told


def check(base: Base) -> None:
    """The derived tables say what counting anew would."""
    with base._database.reading() as connection:
        of_node = {row.id: row.entity for row in connection.execute(select(nodes))}
        kept = {row.id: row for row in connection.execute(select(entities))}
        assert set(of_node.values()) == set(kept)
        assert all(of_node[number] == number for number in kept)
        counted: dict[int, set[int]] = {}
        spelt: dict[tuple[int, str], set[int]] = {}
        for row in connection.execute(select(mentions)):
            assert row.entity == of_node[row.node]
            counted.setdefault(row.entity, set()).add(row.source)
            spelt.setdefault((row.node, row.text), set()).add(row.source)
        assert {n: row.sources for n, row in kept.items()} == {
            n: len(where) for n, where in counted.items()
        }
        rows = connection.execute(select(names)).all()
        assert {(r.node, r.text): r.sources for r in rows} == {
            key: len(where) for key, where in spelt.items()
        }
        assert all(row.entity == of_node[row.node] for row in rows)
        for row in connection.execute(select(statements)):
            assert (row.head, row.tail) == (of_node[row.head_node], of_node[row.tail_node])

"""Writes what sources say into the derived tables, in place of what was derived before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from knowledge.items import Located
from knowledge.record import Record, read_record
from knowledge.text.spans import Span
from storage.knowledge_base.database import portions
from storage.knowledge_base.tables import answers, claims, mentions, nodes, sources, statements
from storage.knowledge_base.writing.derive import Claim, Derived, Mention, Statement, derive
from storage.knowledge_base.writing.naming import Naming, Node, short_key
from storage.knowledge_base.writing.refold import node_ids, refold


def rederive(connection: Connection, changed: Mapping[int, str], naming: Naming) -> None:
    """Derive these sources (number → name) anew, and fold what that touches."""
    touched = forget(connection, list(changed))
    derived: dict[int, Derived] = {}
    for number, name, records in _records(connection, changed):
        derived[number] = derive(name, records, naming)
    ids = node_ids(connection, (one.node for said in derived.values() for one in said.mentions))
    entity = _entity_of(connection, list(ids.values()))
    for table, rows in (
        (mentions, _rows(derived, "mentions", _mention, ids, entity)),
        (statements, _rows(derived, "statements", _statement, ids, entity)),
        (claims, _rows(derived, "claims", _claim, ids, entity)),
    ):
        if rows:
            connection.execute(insert(table), rows)
    refold(connection, touched | set(ids.values()), naming)


def forget(connection: Connection, numbers: Sequence[int]) -> set[int]:
    """Remove what was derived from these sources; the nodes that it was of."""
    touched: set[int] = set()
    for part in portions(numbers):
        of = select(mentions.c.node).where(mentions.c.source.in_(part)).distinct()
        touched.update(connection.scalars(of))
        # Ends of claims that are gone were tied to others by them.
        for table in (mentions, statements, claims):
            if table is claims:
                gone = select(claims.c.owner, claims.c.alias).where(claims.c.source.in_(part))
                touched.update(end for row in connection.execute(gone) for end in row)
            connection.execute(delete(table).where(table.c.source.in_(part)))
    return touched


def _records(
    connection: Connection, changed: Mapping[int, str]
) -> Iterable[tuple[int, str, list[tuple[int, Record]]]]:
    for part in portions(list(changed)):
        text_of = dict(
            connection.execute(select(sources.c.id, sources.c.text).where(sources.c.id.in_(part)))
            .tuples()
            .all()
        )
        found: dict[int, list[tuple[int, Record]]] = {}
        of = select(answers).where(answers.c.source.in_(part)).order_by(*_ORDER)
        for row in connection.execute(of):
            record = record_of(changed[row.source], text_of[row.source], row)
            found.setdefault(row.source, []).append((row.id, record))
        for number in part:
            yield number, changed[number], found.get(number, [])


# Not by number, which is the order in which they came.
_ORDER = (answers.c.source, answers.c.prompt_type, answers.c.model, answers.c.about)


def record_of(name: str, text: str, row: Any) -> Record:
    """An answer as it is kept, read again."""
    knowledge = json.loads(row.knowledge)
    stored = {"prompt_type": row.prompt_type, "lang": row.lang, "model": row.model}
    return read_record({"id": name, "text": text, **stored, "knowledge": knowledge})


def _entity_of(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for part in portions(ids):
        pairs = select(nodes.c.id, nodes.c.entity).where(nodes.c.id.in_(part))
        found.update(connection.execute(pairs).tuples().all())
    return found


def _rows(
    derived: Mapping[int, Derived],
    what: str,
    row: Any,
    ids: Mapping[Node, int],
    entity: Mapping[int, int],
) -> list[dict[str, Any]]:
    return [
        {"source": number, "answer": one.answer, **row(one, ids, entity)}
        for number, said in derived.items()
        for one in getattr(said, what)
    ]


def _mention(one: Mention, ids: Mapping[Node, int], entity: Mapping[int, int]) -> dict[str, Any]:
    node = ids[one.node]
    return {
        "node": node,
        "entity": entity[node],
        "text": one.place.text,
        "label": one.label,
        "start": one.place.start,
        "end": one.place.end,
        "status": one.place.status,
        "confidence": one.confidence,
        "correction": one.correction,
        "short": one.short,
    }


def _statement(
    one: Statement, ids: Mapping[Node, int], entity: Mapping[int, int]
) -> dict[str, Any]:
    also = json.dumps([[span.start, span.end] for span in one.also]) if one.also else None
    return {
        "kind": one.kind,
        "relation": one.relation,
        "relation_key": short_key(one.relation),
        "also": also,
        "confidence": one.confidence,
        "correction": one.correction,
        "assertion": one.assertion,
        **_ends(one.evidence),
        **_end("head", one.head_place, ids[one.head], entity),
        **_end("tail", one.tail_place, ids[one.tail], entity),
    }


def _claim(one: Claim, ids: Mapping[Node, int], _: Mapping[int, int]) -> dict[str, Any]:
    return {
        "owner": ids[one.owner],
        "owner_text": one.owner_text,
        "alias": ids[one.alias],
        "alias_text": one.alias_text,
        "relation": one.relation,
        **_ends(one.sentence),
    }


def _end(name: str, place: Located, node: int, entity: Mapping[int, int]) -> dict[str, Any]:
    return {
        name: entity[node],
        f"{name}_node": node,
        f"{name}_text": place.text,
        f"{name}_start": place.start,
        f"{name}_end": place.end,
        f"{name}_status": place.status,
    }


def _ends(span: Span | None) -> dict[str, int | None]:
    return {"start": span.start if span else None, "end": span.end if span else None}

"""The answers of a base as records, each string with the entity that it means in the base."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from sqlalchemy import Connection, select

from knowledge.record import Record
from storage.knowledge_base.tables import answers, entities, mentions, nodes, sources
from storage.knowledge_base.writing.deriving import record_of

PORTION = 200  # sources that are read at a time


def records_behind(connection: Connection, after: int) -> tuple[list[Record], int | None]:
    """The answers of the next sources behind this number, and the last one's; None at the end."""
    wanted = select(sources).where(sources.c.id > after).order_by(sources.c.id).limit(PORTION)
    rows = {row.id: row for row in connection.execute(wanted)}
    if not rows:
        return [], None
    known = _known_as(connection, list(rows))
    of = select(answers).where(answers.c.source.in_(list(rows)))
    found = []
    for row in connection.execute(of.order_by(answers.c.source, answers.c.id)):
        source = rows[row.source]
        record = record_of(source.name, source.text, row)
        found.append(replace(record, known_as=known[row.source]))
    return found, max(rows)


def _known_as(connection: Connection, numbers: list[int]) -> dict[int, dict[str, str]]:
    """For each source: string → name of its entity, other than the string alone would tell.

    Two entities of one name, which a person has split, are told apart by their ids.
    """
    found: defaultdict[int, dict[str, str]] = defaultdict(dict)
    rows = connection.execute(
        select(mentions.c.source, mentions.c.text, entities.c.name, entities.c.public, nodes.c.part)
        .join(entities, entities.c.id == mentions.c.entity)
        .join(nodes, nodes.c.id == entities.c.id)
        .where(mentions.c.source.in_(numbers), entities.c.kind == "name")
        .order_by(mentions.c.id)
    )
    for row in rows:
        name = f"{row.name} [{row.public[:8]}]" if row.part else row.name
        if name != row.text:
            found[row.source].setdefault(row.text, name)
    return found

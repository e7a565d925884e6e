"""Sources: found by words of their texts, shown with all that was found in them, removed."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, delete, func, select

from errors import UnknownSource
from knowledge.text.normalising import fold
from storage.conversations.rows import moment
from storage.knowledge_base.reading.triples import things
from storage.knowledge_base.searching import check_limit, cursor_of, holds, read_cursor, words_of
from storage.knowledge_base.tables import answers, corrections, mentions, sources, statements
from storage.knowledge_base.views import Mention, Page, Sentence, Source, SourceHead, Statement
from storage.knowledge_base.writing.decisions import naming_of
from storage.knowledge_base.writing.deriving import forget
from storage.knowledge_base.writing.refold import refold
from wording import message

_PIECE = 160  # characters of a text in a list
_BEFORE = 40


def find_sources(
    connection: Connection, query: str = "", after: str | None = None, limit: int = 50
) -> Page:
    """Those whose texts hold all words of the query, the last added first. Raises InputError."""
    check_limit(limit)
    words = words_of(query)
    wanted = select(sources.c.id, sources.c.name, sources.c.origin, sources.c.text)
    wanted = wanted.where(*(holds(connection, sources, word) for word in words))
    if after is not None:
        wanted = wanted.where(sources.c.id < read_cursor(after, 1)[0])
    rows = connection.execute(wanted.order_by(sources.c.id.desc()).limit(limit + 1)).all()
    found = tuple(
        SourceHead(row.name, row.origin, len(row.text), _piece(row.text, words))
        for row in rows[:limit]
    )
    return Page(found, cursor_of((rows[limit - 1].id,)) if len(rows) > limit else None)


def _piece(text: str, words: list[str]) -> str:
    """Around the first place of the first word."""
    at = 0
    if words:
        folded, origin = fold(text)
        place = folded.find(words[0])
        at = max(0, origin[place] - _BEFORE) if place >= 0 else 0
    piece = text[at : at + _PIECE].strip()
    return ("…" if at else "") + piece + ("…" if at + _PIECE < len(text) else "")


def load_source(connection: Connection, name: str) -> Source:
    """Raises UnknownSource."""
    row = connection.execute(select(sources).where(sources.c.name == name)).one_or_none()
    if row is None:
        raise _unknown(name)
    of = {
        answer.id: answer
        for answer in connection.execute(select(answers).where(answers.c.source == row.id))
    }
    mentioned = connection.execute(
        select(mentions)
        .where(mentions.c.source == row.id)
        .order_by(mentions.c.start, mentions.c.id)
    ).all()
    stated = connection.execute(
        select(statements).where(statements.c.source == row.id).order_by(statements.c.id)
    ).all()
    ids = [one.entity for one in mentioned] + [
        end for one in stated for end in (one.head, one.tail)
    ]
    named = things(connection, ids)
    return Source(
        row.name,
        row.origin,
        moment(row.added).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        row.text,
        tuple(_mention(one, named, of[one.answer]) for one in mentioned),
        tuple(_statement(one, named, of[one.answer], row) for one in stated),
        tuple(_corrections(connection, list(of))),
    )


def _mention(row: Any, named: dict[int, Any], answer: Any) -> Mention:
    return Mention(
        named[row.entity], row.text, row.label, row.start, row.end, row.status, row.confidence,
        row.correction, answer.prompt_type, answer.model,
    )  # fmt: skip


def _statement(row: Any, named: dict[int, Any], answer: Any, source: Any) -> Statement:
    text = source.text[row.start : row.end] if row.start is not None else ""
    return Statement(
        row.kind, named[row.head], row.head_text, row.relation, named[row.tail], row.tail_text,
        Sentence(source.name, text, row.start, row.end), row.confidence, row.correction,
        answer.model, row.assertion,
    )  # fmt: skip


def _corrections(connection: Connection, of: list[int]) -> list[dict[str, Any]]:
    rows = connection.execute(
        select(corrections).where(corrections.c.answer.in_(of)).order_by(corrections.c.id)
    )
    return [
        {
            "kind": row.kind,
            "before": row.before and json.loads(row.before),
            "after": row.after and json.loads(row.after),
            "at": moment(row.made).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        for row in rows
    ]


def remove_source(connection: Connection, name: str) -> None:
    """With all that was found in it alone. Raises UnknownSource."""
    number = connection.scalar(select(sources.c.id).where(sources.c.name == name))
    if number is None:
        raise _unknown(name)
    touched = forget(connection, [number])
    of = select(answers.c.id).where(answers.c.source == number)
    connection.execute(delete(corrections).where(corrections.c.answer.in_(of)))
    connection.execute(delete(answers).where(answers.c.source == number))
    connection.execute(delete(sources).where(sources.c.id == number))
    refold(connection, touched, naming_of(connection))


def count_rows(connection: Connection, table: Any, *where: Any) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(*where)) or 0


def _unknown(name: str) -> UnknownSource:
    return UnknownSource(message("errors.base_source_removed", name=name[:60]), field="source")

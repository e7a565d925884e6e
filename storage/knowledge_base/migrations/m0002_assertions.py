"""Migration 2: whether a statement is stated or planned, as its answer says.

Answers say so in their JSON since before; bases that were written then are brought up to date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

_ADD = "ALTER TABLE statements ADD COLUMN assertion VARCHAR(10) DEFAULT 'stated' NOT NULL"
_ANSWERS = "SELECT id, knowledge FROM answers WHERE knowledge LIKE '%\"planned\"%'"
_MARK = """UPDATE statements SET assertion = 'planned' WHERE answer = :answer
  AND head_text = :head AND relation = :relation AND tail_text = :tail"""


def apply(connection: Connection) -> None:
    connection.execute(text(_ADD))
    for number, knowledge in connection.execute(text(_ANSWERS)).all():
        for head, relation, tail in _planned(json.loads(knowledge)):
            names = {"head": head, "relation": relation, "tail": tail}
            connection.execute(text(_MARK), {"answer": number, **names})


def _planned(knowledge: Any) -> Iterator[tuple[str, str, str]]:
    """Head, relation and tail of an answer's planned triples and facts."""
    for part in knowledge if isinstance(knowledge, list) else [knowledge]:
        for item in part.get("triples", ()):
            if item.get("assertion") == "planned":
                yield item["head"]["text"], item["relation"], item["tail"]["text"]
        for fact in part.get("facts", ()):
            if fact.get("assertion") == "planned" and part.get("entity"):
                yield part["entity"]["text"], fact["key"], fact["value"]["text"]

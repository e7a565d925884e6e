"""Bases that an earlier Kex wrote."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import create_engine, delete, inspect, text

from storage.database.sqlite import open_engine, writing
from storage.knowledge_base.base import Base
from storage.knowledge_base.database import KIND
from storage.knowledge_base.tables import metadata
from tests.storage.knowledge_base.arrivals import facts, triples

TRIPLE = triples(
    "a", "新馆将建在杭州，旧馆在宁波。", ("新馆", "地点", "杭州"), ("旧馆", "地点", "宁波")
)
FACT = facts("b", "大桥将建在宁波。", "大桥", [("地点", "宁波")])


def test_statements_of_an_older_base_learn_that_they_are_planned(path: Path) -> None:
    base = Base(str(path))
    list(base.take_in([TRIPLE, FACT]))
    base.close()
    engine = open_engine(path, KIND)
    with writing(engine) as connection:
        for number, knowledge in connection.execute(text("SELECT id, knowledge FROM answers")):
            part = json.loads(knowledge)
            (part.get("triples") or part.get("facts"))[0]["assertion"] = "planned"
            said = {"id": number, "knowledge": json.dumps(part, ensure_ascii=False)}
            connection.execute(
                text("UPDATE answers SET knowledge = :knowledge WHERE id = :id"), said
            )
        connection.execute(text("ALTER TABLE statements DROP COLUMN assertion"))
        connection.execute(delete(KIND.versions).where(KIND.versions.c.version == 2))
    engine.dispose()
    base = Base(str(path))
    told = {one.head.name: one.planned for one in base.triples().rows}
    assert told == {"新馆": 1, "旧馆": 0, "大桥": 1}
    base.close()


def test_the_migrations_end_with_the_columns_of_the_code(path: Path) -> None:
    Base(str(path)).close()
    made, fresh = open_engine(path, KIND), create_engine("sqlite://")
    metadata.create_all(fresh)
    for table in metadata.tables:
        columns = [
            [
                (one["name"], str(one["type"]), one["nullable"])
                for one in inspect(engine).get_columns(table)
            ]
            for engine in (made, fresh)
        ]
        assert columns[0] == columns[1]
    made.dispose()
    fresh.dispose()

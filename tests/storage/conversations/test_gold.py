"""Gold rows, read back by the reader that they are written for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.gold.rows import EntityRow, FactRow, GoldRow, TripleRow, read_gold
from storage.conversations.gold import gold_rows
from storage.conversations.records import NewTurn
from storage.conversations.store import Store
from tests.storage.conversations.answers import CURIE, LU_XUN, entities, facts, triples, turn


def read(store: Store, name: str, tmp_path: Path) -> list[GoldRow]:
    file = tmp_path / "gold.jsonl"
    rows = gold_rows(store.load(name))
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return read_gold([file])


def test_corrected_turns_become_gold(store: Store, tmp_path: Path) -> None:
    name = store.begin().id
    for said in (turn(), turn(CURIE, entities()), turn(CURIE, facts(), entity="Marie Curie")):
        store.append(name, said)
    store.append(name, turn("没有改过"))
    store.append(name, NewTurn("?", {}, "Embedded", error={"code": "timeout"}))
    store.correct(name, 1, "delete", {"head": "鲁迅", "relation": "作品", "tail": "狂人日记"})
    store.correct(name, 2, "confirm", {"class": "place", "text": "Paris"})
    fact = {"entity": "Marie Curie", "key": "place of birth", "value": "Warsaw"}
    more = {
        "entity": {"text": "Marie Curie", "start": 0, "end": 11, "status": "verbatim"},
        "key": "work",
        "value": {"text": "Paris", "start": 53, "end": 58, "status": "verbatim"},
    }
    store.correct(name, 3, "confirm", fact)
    store.correct(name, 3, "add", after=more)
    one, two, three = read(store, name, tmp_path)
    assert isinstance(one, TripleRow) and isinstance(two, EntityRow) and isinstance(three, FactRow)
    assert one.gold == (("鲁迅", "出生地", "绍兴"),)
    assert (one.text, one.lang, one.source) == (LU_XUN, "zh", "kex-corrections")
    assert two.gold == {"person": ("Marie Curie",), "place": ("Warsaw", "Paris")}
    assert three.gold == {"place of birth": ("Warsaw",), "work": ("Paris",)}
    assert three.entity == "Marie Curie"
    assert one.id == f"{name}-1"


def test_an_answer_all_of_which_was_wrong(store: Store, tmp_path: Path) -> None:
    name = store.begin().id
    store.append(name, turn())
    for item in triples()["knowledge"]["triples"]:
        store.correct(name, 1, "delete", item)
    [row] = read(store, name, tmp_path)
    assert row.gold == ()


def test_the_entity_line_is_no_text_of_the_row(store: Store, tmp_path: Path) -> None:
    name = store.begin().id
    text = "Entity: Marie Curie\n" + CURIE
    store.append(name, turn(text, facts(text)))
    fact = {"entity": "Marie Curie", "key": "place of birth", "value": "Warsaw"}
    store.correct(name, 1, "confirm", fact)
    [row] = read(store, name, tmp_path)
    assert (row.text, row.entity) == (CURIE, "Marie Curie")


def test_two_entities_are_two_rows(store: Store, tmp_path: Path) -> None:
    name = store.begin().id
    store.append(name, turn(CURIE, facts()))
    place: dict[str, Any] = {"start": 53, "end": 58, "status": "verbatim"}
    paris = {"entity": {"text": "Paris", **place}, "key": "kind"}
    store.correct(name, 1, "add", after=paris | {"value": {"text": "city", **place}})
    first, second = read(store, name, tmp_path)
    assert [row.id for row in (first, second)] == [f"{name}-1-1", f"{name}-1-2"]
    assert [row.entity for row in (first, second)] == ["Marie Curie", "Paris"]


@pytest.mark.parametrize("given", [triples(), entities(), facts()], ids=["KE1", "KE2", "KE3"])
def test_without_corrections_there_is_no_gold(store: Store, given: dict[str, Any]) -> None:
    name = store.begin().id
    store.append(name, turn(CURIE, given))
    assert list(gold_rows(store.load(name))) == []

"""Corrections as a pure function, for each type of knowledge."""

from __future__ import annotations

import copy
from datetime import datetime, timezone
from typing import Any

import pytest

from errors import InputError, Unprocessable
from knowledge.answer_json import flatten, item_json, rebuild, response
from knowledge.corrections import Correction, Kind, corrected
from knowledge.raw import RawEntity, RawFact, RawTriple
from tests.storage.conversations.answers import CURIE, LU_XUN, entities, facts, grounded, triples

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
BORN = {"head": "鲁迅", "relation": "出生地", "tail": "绍兴"}


def made(kind: Kind, before: Any = None, after: Any = None) -> Correction:
    return Correction(kind, before, after, NOW)


@pytest.mark.parametrize("given", [triples(), entities(), facts()], ids=["KE1", "KE2", "KE3"])
def test_items_and_back(given: dict[str, Any]) -> None:
    task, knowledge = given["prompt_type"], given["knowledge"]
    assert rebuild(task, flatten(task, knowledge), knowledge) == knowledge
    assert response(task, given["lang"], knowledge) == given["response"]
    assert corrected(given, []) == given


def test_triples() -> None:
    given = triples()
    original = copy.deepcopy(given)
    [new] = map(item_json, grounded(LU_XUN, RawTriple("狂人日记", "作者", "鲁迅")))
    [better] = map(item_json, grounded(LU_XUN, RawTriple("鲁迅", "著作", "狂人日记")))
    result = corrected(
        given,
        [
            made("confirm", BORN),
            made("edit", BORN | {"relation": "作品", "tail": "狂人日记"}, better),
            made("add", after=new),
        ],
    )
    assert given == original
    assert [one["correction"] for one in result["knowledge"]["triples"]] == [
        "confirm",
        "edit",
        "add",
    ]
    assert result["response"] == (
        "(鲁迅, 出生地, 绍兴)\n(鲁迅, 著作, 狂人日记)\n(狂人日记, 作者, 鲁迅)"
    )
    assert result["corrected"] == {"edit": 1, "delete": 0, "add": 1, "confirm": 1}
    assert result["usage"] == given["usage"]


def test_later_corrections_see_what_earlier_ones_left() -> None:
    [one] = map(item_json, grounded(LU_XUN, RawTriple("鲁迅", "籍贯", "绍兴")))
    [two] = map(item_json, grounded(LU_XUN, RawTriple("鲁迅", "故乡", "绍兴")))
    result = corrected(triples(), [made("edit", BORN, one), made("edit", one, two)])
    assert [item["relation"] for item in result["knowledge"]["triples"]] == ["故乡", "作品"]
    added = corrected(triples(), [made("add", after=one), made("edit", one, two)])
    assert added["knowledge"]["triples"][-1]["correction"] == "add"
    gone = corrected(triples(), [made("add", after=one), made("delete", one)])
    assert [item["relation"] for item in gone["knowledge"]["triples"]] == ["出生地", "作品"]


def test_entities_change_their_class() -> None:
    [city] = map(item_json, grounded(CURIE, RawEntity("city", "Warsaw")))
    result = corrected(
        entities(),
        [
            made("edit", {"class": "place", "text": "Warsaw"}, city),
            made("delete", {"class": "place", "text": "Paris"}),
        ],
    )
    assert list(result["knowledge"]["entities"]) == ["person", "city"]
    assert result["knowledge"]["entities"]["city"][0]["mentions"] == [[24, 30]]
    assert result["response"] == "person: Marie Curie\ncity: Warsaw"


def test_facts_keep_their_card() -> None:
    [work] = map(item_json, grounded(CURIE, RawFact("Marie Curie", "Work", "Paris")))
    result = corrected(facts(), [made("add", after=work)])
    card = result["knowledge"]
    assert [fact["key"] for fact in card["facts"]] == ["place of birth", "Work"]
    assert card["not_stated"] == ["date of death"]
    assert "entity" not in card["facts"][1]
    assert "date of death: not stated" in result["response"]


def test_a_fact_about_another_entity_opens_a_card() -> None:
    [other] = map(item_json, grounded(CURIE, RawFact("Paris", "kind", "city")))
    [first, second] = corrected(facts(), [made("add", after=other)])["knowledge"]
    assert (first["entity"]["text"], second["entity"]["text"]) == ("Marie Curie", "Paris")
    nothing = facts() | {"knowledge": {"entity": None, "facts": []}}
    alone = corrected(nothing, [made("add", after=other)])["knowledge"]
    assert alone["entity"]["text"] == "Paris"


@pytest.mark.parametrize(
    ("correction", "field"),
    [
        (made("delete"), "before"),
        (made("confirm", BORN | {"tail": "北京"}), "before"),
        (made("delete", {"head": "鲁迅"}), "before"),
        (made("edit", BORN), "after"),
        (made("add"), "after"),
        (made("add", after=BORN), "after"),
        (made("edit", BORN | {"relation": "作品", "tail": "狂人日记"}, BORN), "after"),
    ],
)
def test_what_does_not_fit_names_its_field(correction: Correction, field: str) -> None:
    with pytest.raises(InputError) as caught:
        corrected(triples(), [correction])
    assert caught.value.field == field


def test_a_talk_has_no_items() -> None:
    with pytest.raises(Unprocessable):
        corrected({"prompt_type": "Chat", "response": "Hi"}, [made("confirm", BORN)])

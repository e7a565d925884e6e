"""KE3 answers the question: other names count, and what the text leaves open is said."""

from __future__ import annotations

import json
from typing import Any

from extraction.extractor import Answer, extract
from extraction.request.task import make_task
from knowledge.items import Fact, Located
from tests.scripted_model import ScriptedModel

TEXT = "北大建于1898年。许多人来自浙江。北大在北京，北大的校长是李平。"


def answer(text: str, cards: list[tuple[str, list[list[str]]]], **fields: Any) -> Answer:
    reply = {"entities": [{"entity": name, "facts": facts} for name, facts in cards]}
    model = ScriptedModel([json.dumps(reply, ensure_ascii=False)])
    *_, last = extract(make_task("KE3", text, **fields), model)
    assert isinstance(last, Answer)
    return last


def test_an_entity_under_another_name_is_there() -> None:
    got = answer(TEXT, [("北京大学", [["创办时间", "1898年"]])], entity="北京大学")
    assert got.warnings == ()
    knowledge = got.to_json()["knowledge"]
    assert knowledge["entity"] == {"text": "北京大学", "start": 0, "end": 2, "status": "normalised"}
    (fact,) = got.items
    assert isinstance(fact, Fact)
    assert fact.entity == Located("北京大学", 0, 2, "normalised")
    assert knowledge["aliases"] == [{"text": "北大", "start": 0, "end": 2, "status": "verbatim"}]


def test_so_it_is_where_there_are_no_facts_or_the_value_is_invented() -> None:
    at_first_alias = {"text": "北京大学", "start": 0, "end": 2, "status": "normalised"}
    for facts in ([], [["所在国", "中国"]]):
        got = answer(TEXT, [("北京大学", facts)], entity="北京大学", grounding="free")
        assert got.to_json()["knowledge"]["entity"] == at_first_alias


def test_values_are_sought_near_the_other_names() -> None:
    text = "北京很大。王先生去了北京大学。北大在北京。"
    got = answer(text, [("北京大学", [["位置", "北京"]])], entity="北京大学")
    (fact,) = got.items
    assert isinstance(fact, Fact)
    assert (fact.value.start, fact.entity.start) == (18, 10)


def test_what_is_said_of_another_name_is_said_of_the_entity() -> None:
    got = answer(TEXT, [("北大", [["位置", "北京"]])], entity="北京大学")
    assert got.to_json()["response"] == "北京大学\n  位置：北京"


def test_neither_name_is_told() -> None:
    got = answer(TEXT, [("清华大学", [])], entity="清华大学")
    assert got.warnings == ("The entity '清华大学' does not occur in the text.",)
    assert got.to_json()["knowledge"] == {
        "entity": {"text": "清华大学", "start": None, "end": None, "status": "inferred"},
        "aliases": [],
        "facts": [],
    }


def test_keys_that_were_asked_for_and_not_given() -> None:
    labels = {"校长": "", "校训": "", "创办时间": ""}
    got = answer(
        TEXT,
        [("北大", [["校长", "李平"], ["创办时间", "1898年"]])],
        entity="北大",
        labels=labels,
    ).to_json()
    assert got["knowledge"]["not_stated"] == ["校训"]
    assert got["response"] == "北大\n  校长：李平\n  创办时间：1898年\n  校训：未提及"


def test_all_that_was_asked_for_is_answered_where_nothing_was_found() -> None:
    labels = {"motto": "", "rector": ""}
    got = answer("Nothing.", [], entity="Peking University", labels=labels).to_json()
    assert got["knowledge"]["not_stated"] == ["motto", "rector"]
    assert got["response"] == "Peking University\n  motto: not stated\n  rector: not stated"
    got = answer("Nothing.", [], labels=labels).to_json()
    assert got["knowledge"] == {"entity": None, "facts": [], "not_stated": ["motto", "rector"]}
    assert got["response"].startswith("No facts about the entity found.\n  motto: not stated")


def test_dates_and_quantities_are_normalised_beside_the_value() -> None:
    got = answer(TEXT, [("北大", [["创办时间", "1898年"], ["校长", "李平"]])], entity="北大")
    first, second = got.to_json()["knowledge"]["facts"]
    assert first["value"]["text"] == "1898年"
    assert first["value"]["normalised"] == {"date": "1898"}
    assert "normalised" not in second["value"]


def test_open_keys_leave_nothing_open() -> None:
    got = answer(TEXT, [("北大", [["校长", "李平"]])], entity="北大").to_json()
    assert "not_stated" not in got["knowledge"]


def test_each_of_several_entities_has_its_own() -> None:
    text = "John Smith (born in Cork) met Ann Lee. Smith laughed. Lee is a writer."
    got = answer(
        text,
        [("John Smith", [["birthplace", "Cork"]]), ("Ann Lee", [["occupation", "writer"]])],
        labels={"birthplace": "", "occupation": ""},
    ).to_json()
    smith, lee = got["knowledge"]
    assert ([a["text"] for a in smith["aliases"]], smith["not_stated"]) == (
        ["Smith"],
        ["occupation"],
    )
    assert ([a["text"] for a in lee["aliases"]], lee["not_stated"]) == (["Lee"], ["birthplace"])

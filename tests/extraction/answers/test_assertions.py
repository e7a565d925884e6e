"""What becomes of items that a text denies, doubts or plans: given, held back, or merged."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extraction.extractor import Answer, Found, extract
from extraction.request.task import make_task
from knowledge.items import PromptType
from tests.scripted_model import ScriptedModel

NEGATED = "王芳不是张伟的妻子。李强可能会加入星海科技。大桥预计2030年通车。鲁迅生于绍兴。"
ROWS = [
    ["王芳", "配偶", "张伟"],
    ["李强", "任职单位", "星海科技"],
    ["大桥", "通车时间", "2030年"],
    ["鲁迅", "出生地", "绍兴"],
]
ALL = ["negated", "uncertain", "planned", "stated"]


def run(text: str, rows: list[list[str]], **options: Any) -> tuple[Answer, list[Found]]:
    reply = json.dumps({"triples": rows}, ensure_ascii=False)
    model = ScriptedModel([reply], constraint="json_schema")
    *events, answer = extract(make_task("KE1", text, **options), model)
    assert isinstance(answer, Answer)
    return answer, [event for event in events if isinstance(event, Found)]


def marks(answer: Answer) -> list[str]:
    return [item["assertion"] for item in answer.to_json()["knowledge"]["triples"]]


def test_only_stated_and_planned_items_are_given() -> None:
    answer, found = run(NEGATED, ROWS)
    written = answer.to_json()
    assert marks(answer) == ["planned", "stated"]
    assert len(found) == 2
    assert (answer.dropped.negated, answer.dropped.uncertain) == (1, 1)
    assert written["left_out"] == [
        {"why": "negated", "item": ROWS[0]},
        {"why": "uncertain", "item": ROWS[1]},
    ]
    assert len(answer.warnings) == 2
    planned, stated = written["knowledge"]["triples"]
    start = NEGATED.index("预计")
    assert planned["cue"] == {"text": "预计", "start": start, "end": start + 2}
    assert "cue" not in stated
    assert written["response"] == "(大桥, 通车时间, 2030年) [计划]\n(鲁迅, 出生地, 绍兴)"


def test_all_of_them_where_they_are_asked_for() -> None:
    answer, found = run(NEGATED, ROWS, assertions="all")
    assert marks(answer) == ALL
    assert len(found) == 4
    assert (answer.dropped.negated, answer.left_out, answer.warnings) == (0, (), ())
    cues = [item.get("cue", {}).get("text") for item in answer.to_json()["knowledge"]["triples"]]
    assert cues == ["不是", "可能会", "预计", None]


@pytest.mark.parametrize("schema", [{}, {"配偶": "", "出生地": ""}])
def test_a_list_of_relations_changes_nothing(schema: dict[str, str]) -> None:
    answer, _ = run(NEGATED, [ROWS[0], ROWS[3]], labels=schema)
    assert marks(answer) == ["stated"]
    assert answer.dropped.negated == 1


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Ann did not marry Bob in 1990. Ann married Bob in 1995.", "stated"),
        ("Ann married Bob in 1995. Ann did not marry Bob in 1990.", "stated"),
        ("Ann did not marry Bob. Ann may marry Bob.", "uncertain"),
    ],
)
def test_what_is_stated_elsewhere_is_stated(text: str, marked: str) -> None:
    """The two parts are read apart, and each gives the pair from its own sentence."""
    reply = json.dumps({"triples": [["Ann", "spouse", "Bob"]]})
    model = ScriptedModel([reply], constraint="json_schema", chunk_chars=40)
    task = make_task("KE1", text, assertions="all", lang="en")
    *_, answer = extract(task, model)
    assert isinstance(answer, Answer)
    [item] = answer.to_json()["knowledge"]["triples"]
    assert item["assertion"] == marked


def test_a_stated_item_is_not_listed_as_left_out_too() -> None:
    text = "Ann did not marry Bob in 1990. Ann married Bob in 1995."
    reply = json.dumps({"triples": [["Ann", "spouse", "Bob"]]})
    model = ScriptedModel([reply], constraint="json_schema", chunk_chars=40)
    *events, answer = extract(make_task("KE1", text, lang="en"), model)
    assert isinstance(answer, Answer)
    assert marks(answer) == ["stated"]
    assert (answer.left_out, answer.dropped.negated) == ((), 0)
    assert sum(isinstance(event, Found) for event in events) == 1


def test_a_denied_fact_is_left_out_and_its_key_is_not_called_unstated() -> None:
    text = "Ada Moreno was not born in Leeds; she was born in York."
    card = {"entity": "Ada Moreno", "facts": [["place of birth", "Leeds"]]}
    task_type: PromptType = "KE3"
    model = ScriptedModel([json.dumps({"entities": [card]})], constraint="json_schema")
    task = make_task(task_type, text, entity="Ada Moreno", labels={"place of birth": ""})
    *_, answer = extract(task, model)
    assert isinstance(answer, Answer)
    written = answer.to_json()
    assert written["knowledge"]["facts"] == []
    assert "not_stated" not in written["knowledge"]
    assert written["left_out"] == [
        {"why": "negated", "item": ["Ada Moreno", "place of birth", "Leeds"]}
    ]


def test_a_fact_of_the_other_clause_stays() -> None:
    text = "Ada Moreno was not born in Leeds; she was born in York."
    facts = [["place of birth", "Leeds"], ["place of birth", "York"]]
    card = {"entity": "Ada Moreno", "facts": facts}
    model = ScriptedModel([json.dumps({"entities": [card]})], constraint="json_schema")
    *_, answer = extract(make_task("KE3", text, entity="Ada Moreno"), model)
    assert isinstance(answer, Answer)
    [fact] = answer.to_json()["knowledge"]["facts"]
    assert (fact["value"]["text"], fact["assertion"]) == ("York", "stated")


def test_what_one_sentence_denies_it_does_not_state() -> None:
    """A trained model may write an item twice, once with a mark."""
    rows = [["鲁迅", "绍兴", "出生地"], ["鲁迅", "绍兴", "出生地", "negated"]]
    reply = json.dumps({"triples": rows}, ensure_ascii=False)
    model = ScriptedModel([reply], tuned=frozenset({"zh/KE1"}))
    *_, answer = extract(make_task("KE1", "鲁迅生于绍兴。"), model)
    assert isinstance(answer, Answer)
    assert marks(answer) == []
    assert answer.dropped.negated == 1

from __future__ import annotations

import json
import time

import pytest

from extraction.answers.answer_parser import AnswerParser
from knowledge.items import PromptType
from knowledge.raw import RawEntity, RawFact, RawItem, RawTriple

KE1 = '{"triples":[["鲁迅","出生地","绍兴"],["鲁迅","别名","\\"周\\\\树人"]]}'
TRIPLES = [RawTriple("鲁迅", "出生地", "绍兴"), RawTriple("鲁迅", "别名", '"周\\树人')]


def read(prompt_type: PromptType, *pieces: str) -> tuple[list[RawItem], bool]:
    parser = AnswerParser(prompt_type)
    items = [item for piece in pieces for item in parser.feed(piece)]
    return items, parser.ended


def test_every_cut_gives_the_same_items() -> None:
    for cut in range(len(KE1)):
        assert read("KE1", KE1[:cut], KE1[cut:]) == (TRIPLES, True)
    assert read("KE1", *KE1) == (TRIPLES, True)


def test_an_item_is_out_as_soon_as_it_is_complete() -> None:
    parser = AnswerParser("KE1")
    assert parser.feed('{"triples":[["a","b","c') == []
    assert parser.feed('"') == [RawTriple("a", "b", "c")]
    assert parser.feed("]]}") == []
    assert parser.ended


def test_objects_read_like_arrays() -> None:
    text = json.dumps({"triples": [{"head": "a", "relation": "b", "tail": "c"}]})
    assert read("KE1", *text) == ([RawTriple("a", "b", "c")], True)


def test_a_number_is_given_out_whole() -> None:
    assert read("KE1", '[["a","age",5', "5", "]]")[0] == [RawTriple("a", "age", "55")]


def test_entities_keep_their_class() -> None:
    items, ended = read("KE2", '{"人物":["鲁迅", " "],"地点":["绍兴"]}')
    assert items == [RawEntity("人物", "鲁迅"), RawEntity("地点", "绍兴")]
    assert ended


def test_facts_know_their_entity() -> None:
    compact = '{"entities":[{"entity":"鲁迅","facts":[["原名","周树人"]]}]}'
    objects = '{"entities":[{"entity":"鲁迅","facts":[{"key":"原名","value":"周树人"}]}]}'
    assert read("KE3", *compact)[0] == [RawFact("鲁迅", "原名", "周树人")]
    assert read("KE3", *objects)[0] == [RawFact("鲁迅", "原名", "周树人")]


def test_prose_and_fences_around_the_answer_are_passed_over() -> None:
    text = f"Sure [1]! Here it is:\n```json\n{KE1}\n```\nAnything else {{?}}"
    assert read("KE1", *text) == (TRIPLES, True)


def test_a_cut_answer_is_not_ended_and_keeps_its_items() -> None:
    assert read("KE1", KE1[:-3]) == (TRIPLES, False)


def test_rows_of_another_shape_are_left_out() -> None:
    assert read("KE1", '{"triples":[["a","b"],["a","b","c","d"],"x",["a","","c"]]}')[0] == []


@pytest.mark.parametrize("text", ['{"a" "b"}', '{"triples":[}'])
def test_what_is_not_json_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|column"):
        read("KE1", text)


def test_ten_thousand_items_cost_no_more_each_than_ten() -> None:
    text = json.dumps({"triples": [[f"h{i}", "r", f"t{i}"] for i in range(10_000)]})
    began = time.process_time()
    items, ended = read("KE1", *(text[at : at + 4] for at in range(0, len(text), 4)))
    assert (len(items), ended) == (10_000, True)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ('{"triples":[["a","b","c"],],}', RawTriple("a", "b", "c")),
        ('[{"tail":"c","head":"a","relation":"b","more":[1,{}]}]', RawTriple("a", "b", "c")),
        ('[["a","b","c\nd"]]', RawTriple("a", "b", "c\nd")),
        ('[["a","b",1.50]]', RawTriple("a", "b", "1.50")),
        ('[["a","b","\\ud83d\\ude00\\ud83d"]]', RawTriple("a", "b", "😀\ufffd")),
    ],
)
def test_careless_json_is_read(text: str, item: RawTriple) -> None:
    for pieces in ([text], list(text)):
        assert read("KE1", *pieces) == ([item], True)


def test_facts_may_come_before_their_entity() -> None:
    text = '{"entities":[{"facts":[["原名","周树人"]],"entity":"鲁迅"},{"facts":[["a","b"]]}]}'
    assert read("KE3", *text)[0] == [RawFact("鲁迅", "原名", "周树人")]
    assert read("KE3", '{"entity":"甲","facts":[["a","b"]]}')[0] == [RawFact("甲", "a", "b")]


def test_entities_may_be_nested() -> None:
    text = '{"entities":{"人物":["鲁迅"],"地点":[]}}'
    assert read("KE2", *text)[0] == [RawEntity("人物", "鲁迅")]


@pytest.mark.parametrize(
    ("prompt_type", "text", "misshapen"),
    [
        ("KE1", '{"triples":[]}', False),
        ("KE1", '{"triples":[["a","b","c"],["a"]]}', False),
        ("KE1", '{"result":"none"}', True),
        ("KE1", '{"triples":[{"subject":"a","predicate":"b","object":"c"}]}', True),
        ("KE2", '{"人物":[]}', False),
        ("KE2", '["鲁迅"]', True),
        ("KE2", '{"人物":[{"name":"鲁迅"}]}', True),
        ("KE3", '{"entities":[]}', False),
        ("KE3", '{"entities":[{"entity":"a","facts":[]}]}', False),
        ("KE3", '{"entity":"a"}', True),
    ],
)
def test_an_answer_of_another_shape_is_known(
    prompt_type: PromptType, text: str, misshapen: bool
) -> None:
    parser = AnswerParser(prompt_type)
    parser.feed(text)
    assert parser.misshapen == misshapen


BROKEN = ['["a" "b"]', '{"a"}', '{"a":}', '{"a",', '["a"}', '["a",b]', '[["', "x" * 9]


@pytest.mark.parametrize("text", BROKEN)
def test_nothing_breaks_the_parser_but_a_value_error(text: str) -> None:
    for prompt_type in ("KE1", "KE2", "KE3"):
        try:
            read(prompt_type, *text)
        except ValueError as error:
            assert "expected" in str(error)


def test_too_many_brackets_are_no_answer() -> None:
    with pytest.raises(ValueError, match="expected"):
        read("KE1", "[" * 1000)

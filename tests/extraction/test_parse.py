from __future__ import annotations

import json

import pytest

from extraction.knowledge import PromptType
from extraction.parse import AnswerParser, RawEntity, RawFact, RawItem, RawTriple

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

from __future__ import annotations

import json
from typing import Any

import llguidance
import pytest

from extraction.answers.answer_parser import AnswerParser
from extraction.prompting.answer_grammar import grammar, json_schema, write_answer
from knowledge.items import PromptType
from knowledge.raw import RawFact, RawTriple

TEXT = '鲁迅（1881年—1936年），原名"周树人"，Born in Shaoxing\\China。'


def accepts(lark: str, text: str) -> bool:
    """Whether the grammar takes the whole text, byte by byte."""
    tokenizer = llguidance.LLTokenizer("byte")
    matcher = llguidance.LLMatcher(tokenizer, lark.removeprefix("%llguidance {}\n"))
    tokens = list(text.encode())
    return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()


def form(prompt_type: PromptType, labels: list[str], entity: str | None = None) -> str:
    return grammar(prompt_type, "zh", TEXT, labels, entity)


@pytest.mark.parametrize(
    ("triples", "taken"),
    [
        ([], True),
        ([["鲁迅", "原名", "周树人"]], True),
        ([["鲁迅", "原名", '"周树人"']], True),
        ([["鲁迅", "出生地", "Shaoxing\\China"]], True),
        ([["鲁迅", "出生", "1881年"], ["鲁迅", "去世", "1936年"]], True),
        ([["胡适", "原名", "周树人"]], False),
        ([["鲁迅", "出生地", "Shao"]], False),
        ([["鲁迅", "出生地", " in"]], False),
        ([["鲁迅", "", "周树人"]], False),
        ([["", "原名", "周树人"]], False),
        ([["鲁迅", "原名"]], False),
        ([["鲁迅", "一个长得不像话的关系名称呀", "周树人"]], False),
    ],
)
def test_triples_are_pieces_of_the_text(triples: list[list[str]], taken: bool) -> None:
    text = json.dumps({"triples": triples}, ensure_ascii=False, separators=(",", ":"))
    assert accepts(form("KE1", []), text) is taken


def test_listed_relations_are_the_only_ones() -> None:
    lark = form("KE1", ["原名", '"出生"地'])
    assert accepts(lark, '{"triples":[["鲁迅","原名","周树人"]]}')
    assert accepts(lark, '{"triples":[["鲁迅","\\"出生\\"地","Shaoxing"]]}')
    assert not accepts(lark, '{"triples":[["鲁迅","别名","周树人"]]}')


def test_a_relation_may_come_last() -> None:
    lark = grammar("KE1", "zh", TEXT, ["原名"], None, "trained")
    text = write_answer("KE1", "trained", [["鲁迅", "原名", "周树人"]])
    assert text == '{"triples":[["鲁迅","周树人","原名"]]}'
    assert accepts(lark, text)
    assert not accepts(lark, '{"triples":[["鲁迅","原名","周树人"]]}')
    assert AnswerParser("KE1", trained=True).feed(text) == [RawTriple("鲁迅", "原名", "周树人")]


@pytest.mark.parametrize("mark", ["negated", "uncertain", "planned"])
def test_a_trained_model_says_what_is_not_stated(mark: Any) -> None:
    lark = grammar("KE1", "zh", TEXT, ["原名"], None, "trained")
    text = f'{{"triples":[["鲁迅","周树人","原名","{mark}"],["鲁迅","Shaoxing","原名"]]}}'
    assert accepts(lark, text)
    assert not accepts(lark, text.replace(mark, "stated"))
    first = RawTriple("鲁迅", "原名", "周树人", assertion=mark)
    # However it is cut into pieces: a triple is complete at its bracket, not before.
    for size in (1, 3, len(text)):
        parser = AnswerParser("KE1", trained=True)
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        found = [item for piece in pieces for item in parser.feed(piece)]
        assert found == [first, RawTriple("鲁迅", "原名", "Shaoxing")]
    card = f'{{"entities":[{{"entity":"鲁迅","facts":[["原名","周树人","{mark}"]]}}]}}'
    assert accepts(grammar("KE3", "zh", TEXT, [], "鲁迅", "trained"), card)
    fact = RawFact("鲁迅", "原名", "周树人", assertion=mark)
    assert AnswerParser("KE3", trained=True).feed(card) == [fact]


def test_classes_are_all_there_in_order() -> None:
    lark = form("KE2", ["人物", "地点"])
    assert accepts(lark, '{"人物":["鲁迅","周树人"],"地点":[]}')
    assert not accepts(lark, '{"地点":[],"人物":["鲁迅"]}')
    assert not accepts(lark, '{"人物":["鲁迅"]}')


def test_a_given_entity_is_the_only_one() -> None:
    lark = form("KE3", [], "胡适")
    assert accepts(lark, '{"entities":[{"entity":"胡适","facts":[["原名","周树人"]]}]}')
    assert not accepts(lark, '{"entities":[{"entity":"鲁迅","facts":[]}]}')
    free = form("KE3", [])
    assert accepts(free, '{"entities":[{"entity":"鲁迅","facts":[]}]}')
    assert not accepts(free, '{"entities":[{"entity":"胡适","facts":[]}]}')


@pytest.mark.parametrize(
    ("string", "taken"),
    [
        ("胡适", True),
        ("a" * 200, True),
        ("a" * 201, False),
        ("", False),
        (" 胡适", False),
        ("\u3000胡适", False),
        ("\n胡适", False),
        ('"胡适"', True),
        ("胡\\n适\n", True),
        ("👨\u200d👩 e\u0301", True),
    ],
)
def test_free_strings_are_any(string: str, taken: bool) -> None:
    lark = grammar("KE1", "zh", None, [], None)
    triple = {"triples": [[string, "原名", "周树人"]]}
    text = json.dumps(triple, ensure_ascii=False, separators=(",", ":"))
    assert accepts(lark, text) is taken


def test_a_long_text_compiles() -> None:
    text = "".join(chr(0x4E00 + i % 3000) for i in range(2500))
    lark = grammar("KE1", "zh", text, [], None)
    assert accepts(lark, f'{{"triples":[["{text[5:9]}","关系","{text[2000:2010]}"]]}}')


@pytest.mark.parametrize("style", ["arrays", "objects"])
def test_written_answers_read_back(style: Any) -> None:

    text = write_answer("KE1", style, [["a", "b", "c"]])
    assert AnswerParser("KE1").feed(text) == [RawTriple("a", "b", "c")]
    text = write_answer("KE3", style, {"entity": "e", "facts": [["k", "v"]]})
    assert AnswerParser("KE3").feed(text) == [RawFact("e", "k", "v")]


def test_the_schema_is_strict_everywhere() -> None:
    def check(node: Any) -> None:
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])
            for child in node["properties"].values():
                check(child)
        elif node.get("type") == "array":
            check(node["items"])

    check(json_schema("KE1", {"a": ""}))
    check(json_schema("KE2", {"a": "", "b": ""}))
    check(json_schema("KE3", {}))
    check(json_schema("KE3", {}, "甲"))


def test_a_given_entity_is_the_only_one_of_the_schema() -> None:
    card = json_schema("KE3", {}, "甲")["properties"]["entities"]["items"]
    assert card["properties"]["entity"] == {"type": "string", "enum": ["甲"]}

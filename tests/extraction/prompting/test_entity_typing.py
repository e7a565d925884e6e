"""Sorting candidates into classes: what is asked, and how the answer is read piece by piece."""

from __future__ import annotations

import json
import math

import llguidance
import pytest

from extraction.answers.confidence import confidence
from extraction.prompting.entity_typing import Candidate, TypingParser, candidates, typing_request
from knowledge.raw import RawEntity
from models.base import Capabilities, Mention

CAN = Capabilities("grammar", images=False, chunk_chars={"zh": 800, "en": 2400})
CURVE = (0.8, 2.2)
ASKED = [Candidate("Ann", True), Candidate('Bob "B"', True), Candidate("May", False)]
ANSWER = '{"Ann":"PER","Bob \\"B\\"":"none","May":"ORG"}'


def test_each_name_is_asked_once_and_figures_never() -> None:
    text = "Ann met Ann on two days in May"
    mentions = [
        Mention("PER", 0, 3), Mention("", 8, 11, sure=False), Mention("CARDINAL", 15, 18),
        Mention("TIME", 27, 30), Mention("", 0, 7, sure=False),
    ]  # fmt: skip
    assert candidates(text, mentions) == [Candidate("Ann", True), Candidate("Ann met", False)]


@pytest.mark.parametrize("step", [1, 2, 7, 100])
def test_an_entity_is_out_when_its_class_is_complete(step: int) -> None:
    parser = TypingParser(ASKED, "en", CURVE)
    found = []
    for at in range(0, len(ANSWER), step):
        found += parser.feed(ANSWER[at : at + step])
    assert found == [RawEntity("PER", "Ann"), RawEntity("ORG", "May")]
    assert parser.ended


def test_confidence_is_that_of_the_class_alone_and_doubt_drops_a_candidate() -> None:
    parser = TypingParser(ASKED, "en", CURVE)
    forced = math.log(1e-9)  # what the grammar forces may be unlikely; it is not the model's word
    pieces = [
        ('{"Ann":"', forced), ("P", math.log(0.9)), ("ER", math.log(0.5)), ('","', -1e-6),
        ('Bob \\"B\\"":"', forced), ("none", math.log(0.6)), ('","May":"', forced),
        ("ORG", math.log(0.7)), ('"}', -1e-6),
    ]  # fmt: skip
    found = [entity for text, logprob in pieces for entity in parser.feed(text, logprob)]
    assert [entity.text for entity in found if isinstance(entity, RawEntity)] == ["Ann"]
    assert isinstance(found[0], RawEntity)
    assert found[0].confidence == confidence(math.log(0.9) + math.log(0.5) - 1e-6, CURVE)


def test_an_answer_that_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="expected"):
        TypingParser(ASKED, "en", CURVE).feed("Ann is a person")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_grammar_takes_each_name_with_one_class_and_nothing_else(lang: str) -> None:
    names = ["刘敏", 'a "b"\\', "{text}", "x|y"]
    request = typing_request(names, "刘敏 {names}", {"PER": "", "岩石": ""}, lang, CAN, 200)  # type: ignore[arg-type]  # one of the two
    none = "none" if lang == "en" else "无"
    grammar = (request.grammar or "").removeprefix("%llguidance {}\n")
    assert llguidance.LLMatcher.validate_grammar(grammar) == ""
    tokenizer = llguidance.LLTokenizer("byte")
    for labels, fits in ((["PER", none, "岩石", none], True), (["PER", "LOC", none, none], False)):
        matcher = llguidance.LLMatcher(tokenizer, grammar)
        answer = json.dumps(dict(zip(names, labels, strict=True)), ensure_ascii=False)
        tokens = tokenizer.tokenize_str(answer.replace('": "', '":"').replace('", "', '","'))
        assert matcher.consume_tokens(tokens) is fits
    assert request.messages[-1].content.count("{names}") == 1  # the text's own words stay
    assert request.logprobs

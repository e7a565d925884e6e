"""The model's mark and the rule together, and what becomes of an item."""

from __future__ import annotations

import pytest

from knowledge.assertion import judging
from knowledge.assertion.judging import decide, judged
from knowledge.assertion.scope import Reading
from knowledge.grounding.source import Source, ground
from knowledge.items import Assertion, Cue, Entity, Fact, Triple
from knowledge.raw import RawEntity, RawFact, RawItem, RawTriple
from knowledge.text.document import Document
from knowledge.text.spans import Span

TEXT = "王芳不是张伟的妻子，而是李强的妹妹。她生于绍兴。"
RULE = Reading("uncertain", Span(0, 2))


def item_of(raw: RawItem, text: str = TEXT) -> Triple | Fact | Entity:
    return judged(ground(raw, Source(Document(text)), Span(0, len(text))), text)


def test_the_rule_marks_what_a_model_gave_as_stated() -> None:
    item = item_of(RawTriple("王芳", "配偶", "张伟"))
    assert isinstance(item, Triple)
    assert (item.assertion, item.cue) == ("negated", Cue("不是", 2, 4))
    fact = item_of(RawFact("王芳", "配偶", "张伟"))
    assert isinstance(fact, Fact)
    assert (fact.assertion, fact.cue) == ("negated", Cue("不是", 2, 4))


def test_what_is_stated_has_no_cue() -> None:
    for tail in ("李强", "绍兴"):
        item = item_of(RawTriple("王芳", "关系", tail))
        assert isinstance(item, Triple)
        assert (item.assertion, item.cue) == ("stated", None)


def test_a_mark_of_the_model_holds_and_shows_a_word_where_there_is_one() -> None:
    item = item_of(RawTriple("王芳", "兄弟", "李强", assertion="negated"))
    assert isinstance(item, Triple)
    assert (item.assertion, item.cue) == ("negated", Cue("不是", 2, 4))
    item = item_of(RawTriple("王芳", "出生地", "绍兴", assertion="uncertain"))
    assert isinstance(item, Triple)
    assert (item.assertion, item.cue) == ("uncertain", None)


def test_entities_and_what_is_not_in_the_text_stay_as_they_are() -> None:
    assert isinstance(item_of(RawEntity("人物", "王芳")), Entity)
    item = item_of(RawTriple("赵六", "出生地", "北京", assertion="planned"))
    assert isinstance(item, Triple)
    assert (item.evidence, item.assertion, item.cue) == (None, "planned", None)


@pytest.mark.parametrize(
    ("mark", "reading", "assertion"),
    [
        ("stated", Reading("stated"), "stated"),
        ("stated", RULE, "uncertain"),
        ("negated", Reading("stated"), "negated"),
        ("negated", RULE, "uncertain"),
        ("negated", Reading("planned", Span(0, 1)), "negated"),
        ("planned", RULE, "uncertain"),
        ("planned", Reading("stated"), "planned"),
    ],
)
def test_either_may_say_that_an_item_is_not_stated(
    mark: Assertion, reading: Reading, assertion: Assertion
) -> None:
    assert decide(mark, reading).assertion == assertion


def test_one_of_them_may_decide_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "DECIDES", "rule")
    assert decide("negated", Reading("stated")).assertion == "stated"
    monkeypatch.setattr(judging, "DECIDES", "model")
    assert decide("stated", RULE).assertion == "stated"


@pytest.mark.parametrize(
    ("text", "pair", "assertion", "cue"),
    [
        ("東海鋼鐵計劃於2030年在越南建廠。", ("東海鋼鐵", "越南"), "planned", "計劃於"),
        ("王芳從來沒有去過倫敦。", ("王芳", "倫敦"), "negated", "從來沒有"),
        ("據傳遠山集團將收購藍湖電子。", ("遠山集團", "藍湖電子"), "uncertain", None),
        ("他並非陳國華的學生。", ("他", "陳國華"), "negated", "並非"),
        ("著名作家林語堂生於福建。", ("林語堂", "福建"), "stated", None),
        ("無錫與蘇州相鄰。", ("無錫", "蘇州"), "stated", None),
    ],
)
def test_traditional_characters_are_read_as_simplified_ones(
    text: str, pair: tuple[str, str], assertion: Assertion, cue: str | None
) -> None:
    item = item_of(RawTriple(pair[0], "關係", pair[1]), text)
    assert isinstance(item, Triple)
    assert item.assertion == assertion
    if cue is not None:
        assert item.cue is not None and item.cue.text == cue

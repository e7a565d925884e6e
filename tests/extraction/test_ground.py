from __future__ import annotations

import pytest

from extraction.ground import Source, fold, ground
from extraction.knowledge import Entity, Span, Triple
from extraction.parse import RawEntity, RawTriple

WHOLE = Span(0, 10_000)


@pytest.mark.parametrize(
    ("text", "string", "found", "status"),
    [
        ("鲁迅生于绍兴。", "绍兴", "绍兴", "verbatim"),
        ("公司名为ＡＢＣ科技。", "ABC科技", "ＡＢＣ科技", "normalised"),
        ("He joined  the\nBBC.", "the BBC", "the\nBBC", "normalised"),
        ("“红楼梦”", '"红楼梦"', "“红楼梦”", "normalised"),
        ("APPLE Inc.", "Apple inc.", "APPLE Inc.", "normalised"),
        ("USA and US law", "US", "US", "verbatim"),
        ("😀鲁迅😀", "鲁迅", "鲁迅", "verbatim"),
        ("ﬁnance", "finance", "ﬁnance", "normalised"),
    ],
)
def test_a_string_is_found(text: str, string: str, found: str, status: str) -> None:
    got, spans = Source(text).locate(string)
    assert got == status
    assert text[spans[0].start : spans[0].end] == found


def test_whole_words_are_preferred_but_a_part_is_better_than_nothing() -> None:
    assert Source("USA, US").locate("US")[1] == [Span(5, 7)]
    assert Source("USA").locate("US")[1] == [Span(0, 2)]


def test_a_string_that_is_not_there_is_inferred() -> None:
    assert Source("鲁迅").locate("胡适") == ("inferred", [])
    assert Source("鲁迅").locate("") == ("inferred", [])


def test_nothing_is_found_before_the_body() -> None:
    assert Source("实体：甲\n甲乙", 5).locate("甲")[1] == [Span(5, 6)]


def test_head_and_tail_are_taken_where_they_stand_together() -> None:
    text = "甲公司很大。乙公司也很大。甲公司收购了乙公司。"
    item = ground(RawTriple("甲公司", "收购", "乙公司"), Source(text), WHOLE)
    assert isinstance(item, Triple)
    assert (item.head.start, item.tail.start) == (13, 19)
    assert item.evidence is not None
    assert text[item.evidence.start : item.evidence.end] == "甲公司收购了乙公司。"


def test_the_evidence_of_a_pronoun_is_the_sentence_of_the_tail() -> None:
    text = "鲁迅是作家。他生于绍兴。"
    item = ground(RawTriple("鲁迅", "出生地", "绍兴"), Source(text), WHOLE)
    assert isinstance(item, Triple)
    assert item.evidence == Span(6, 12)


def test_the_chunk_that_was_read_comes_first() -> None:
    text = "鲁迅在此。" * 3
    item = ground(RawTriple("鲁迅", "在", "此"), Source(text), Span(5, 10))
    assert isinstance(item, Triple)
    assert item.head.start == 5


def test_an_invented_head_has_no_place() -> None:
    item = ground(RawTriple("胡适", "朋友", "鲁迅"), Source("鲁迅在此。"), WHOLE)
    assert isinstance(item, Triple)
    assert (item.head.start, item.head.end, item.head.status) == (None, None, "inferred")
    assert item.tail.status == "verbatim"


def test_an_entity_knows_all_its_mentions() -> None:
    item = ground(RawEntity("人物", "鲁迅"), Source("鲁迅说，鲁迅写。"), WHOLE)
    assert isinstance(item, Entity)
    assert item.mentions == (Span(0, 2), Span(4, 6))


def test_folding_keeps_the_way_back() -> None:
    folded, origin = fold("Ａ ①ß")
    assert folded == "a1ss"
    assert origin == [0, 2, 3, 3]

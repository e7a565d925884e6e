from __future__ import annotations

import time

import pytest

from knowledge.grounding.source import Source, ground
from knowledge.items import Entity, Fact, Triple
from knowledge.raw import RawEntity, RawFact, RawTriple
from knowledge.text.document import Document
from knowledge.text.spans import Span

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
    got, spans = Source(Document(text)).locate(string)
    assert got == status
    assert text[spans[0].start : spans[0].end] == found


@pytest.mark.parametrize(
    ("text", "string", "starts"),
    [
        ("USA, US", "US", [5]),
        ("USA", "US", [0]),
        ("USA, U.S.", "US", [5]),
        ("In Paris's USA-based US", "Paris", [3]),
        ("Paris’s", "Paris", [0]),
        ("US-based", "US", [0]),
        ("two physicists", "physicist", [4]),
        ("USs or Tims", "Tim", [7]),
        ("2012年12月", "12", [5]),
        ("2012年", "12", []),
        ("11月和1月", "1月", [4]),
        ("11月", "1月", []),
        ("十一月和一月", "一月", [4]),
        ("十一月", "一月", []),
        ("iPhone15", "iPhone", [0]),
        ("iPhone15和iPhone", "iPhone", [9]),
        ("增长3.5和3", "3", [6]),
        ("增长3.5", "3", []),
        ("共12万人", "12", []),
        ("成本为1,200元", "200", []),
        ("共12万人，12人", "12", [6]),
        ("中国GDP增长", "GDP", [2]),
        ("𠮷野家和𠮷野", "𠮷野", [0, 4]),
        ("東京タワーです", "タワー", [2]),
        ("cafe\u0301 cafe", "cafe", [6]),
    ],
)
def test_words_and_numbers_are_not_torn(text: str, string: str, starts: list[int]) -> None:
    assert [span.start for span in Source(Document(text)).locate(string)[1]] == starts


def test_a_string_that_is_not_there_is_inferred() -> None:
    assert Source(Document("鲁迅")).locate("胡适") == ("inferred", [])
    assert Source(Document("鲁迅")).locate("") == ("inferred", [])


def test_nothing_is_found_before_the_body() -> None:
    assert Source(Document("实体：甲\n甲乙", 5)).locate("甲")[1] == [Span(5, 6)]


def test_head_and_tail_are_taken_where_they_stand_together() -> None:
    text = "甲公司很大。乙公司也很大。甲公司收购了乙公司。"
    item = ground(RawTriple("甲公司", "收购", "乙公司"), Source(Document(text)), WHOLE)
    assert isinstance(item, Triple)
    assert (item.head.start, item.tail.start) == (13, 19)
    assert item.evidence is not None
    assert text[item.evidence.start : item.evidence.end] == "甲公司收购了乙公司。"


def test_the_evidence_of_a_pronoun_is_the_sentence_of_the_tail() -> None:
    text = "鲁迅是作家。他生于绍兴。"
    item = ground(RawTriple("鲁迅", "出生地", "绍兴"), Source(Document(text)), WHOLE)
    assert isinstance(item, Triple)
    assert item.evidence == Span(6, 12)


def test_the_chunk_that_was_read_comes_first() -> None:
    text = "鲁迅在此。" * 3
    item = ground(RawTriple("鲁迅", "在", "此"), Source(Document(text)), Span(5, 10))
    assert isinstance(item, Triple)
    assert item.head.start == 5


def test_an_invented_head_has_no_place() -> None:
    item = ground(RawTriple("胡适", "朋友", "鲁迅"), Source(Document("鲁迅在此。")), WHOLE)
    assert isinstance(item, Triple)
    assert (item.head.start, item.head.end, item.head.status) == (None, None, "inferred")
    assert item.tail.status == "verbatim"


def test_an_entity_knows_all_its_mentions() -> None:
    item = ground(RawEntity("人物", "鲁迅"), Source(Document("鲁迅说，鲁迅写。")), WHOLE)
    assert isinstance(item, Entity)
    assert item.mentions == (Span(0, 2), Span(4, 6))


@pytest.mark.parametrize(
    ("text", "string", "found"),
    [
        ("成本为1,000元", "1000元", "1,000元"),
        ("成本为1000元", "1,000元", "1000元"),
        ("列夫·托尔斯泰", "列夫・托尔斯泰", "列夫·托尔斯泰"),
        ("列夫•托尔斯泰", "列夫托尔斯泰", "列夫•托尔斯泰"),
        ("他写了狂人日记。", "《狂人日记》", "狂人日记"),
        ("《狂人日记》的作者", "狂人日记的作者", "狂人日记》的作者"),
        ("生于绍兴，卒于上海", "绍兴，", "绍兴，"),
        ("生于绍兴", "绍兴。", "绍兴"),
        ("1949—1976年", "1949-1976年", "1949—1976年"),
        ("twenty–five", "twenty-five", "twenty–five"),
        ("清华大学（北京）", "清华大学(北京)", "清华大学（北京）"),
        ("The U.S. Senate", "US", "U.S"),
        ("Café de Flore", "Cafe\u0301 de Flore", "Café de Flore"),
        ("Dvořák", "Dvorak", "Dvořák"),
        ("鲁\u200b迅", "鲁迅", "鲁\u200b迅"),
        ("甲、乙", "甲，乙", "甲、乙"),
        ("first line\r\nsecond", "line second", "line\r\nsecond"),
        ("가각", "가", "가"),
        ("👨\u200d👩\u200d👧一家", "👨👩👧一家", "👨\u200d👩\u200d👧一家"),
        ("ＵＳＡ", "USA", "ＵＳＡ"),
        ("who? The W.H.O.", "WHO", "W.H.O"),
    ],
)
def test_spellings_of_one_string_meet(text: str, string: str, found: str) -> None:
    _, spans = Source(Document(text)).locate(string)
    assert [text[span.start : span.end] for span in spans] == [found]


@pytest.mark.parametrize(
    ("text", "string"),
    [
        ("气温-5℃", "－5,0℃"),
        ("气温5℃", "-5℃"),
        ("长3.5米", "35米"),
        ("第1,2,3名", "123名"),
        ("约1, 200名", "1200名"),
        ("在10:30", "1030"),
        ("ask who did it", "WHO"),
        ("C language", "C#"),
        ("鲁迅", "魯迅"),
        ("鲁迅", "。"),
        ("鲁迅", " \n"),
        ("각", "가"),
        ("ﬁ", "f"),
        ("鲁迅", "鲁迅" * 5000),
        ("", "鲁迅"),
    ],
)
def test_other_strings_do_not(text: str, string: str) -> None:
    assert Source(Document(text)).locate(string) == ("inferred", [])


def test_all_occurrences_are_known() -> None:
    assert len(Source(Document("鲁迅。" * 3000)).locate("鲁迅")[1]) == 3000
    assert len(Source(Document("鲁 迅。" * 3000)).locate("鲁迅")[1]) == 3000


def test_of_many_places_the_one_of_the_pair_is_taken() -> None:
    text = "鲁迅很忙。" * 300 + "鲁迅生于绍兴。" + "鲁迅很忙。" * 300
    item = ground(RawTriple("鲁迅", "出生地", "绍兴"), Source(Document(text)), WHOLE)
    assert isinstance(item, Triple)
    assert (item.head.start, item.tail.start) == (1500, 1504)


def test_of_several_sentences_the_one_with_the_relation_is_taken() -> None:
    text = "甲公司访问乙公司。后来甲公司宣布收购乙公司。"
    item = ground(RawTriple("甲公司", "收购", "乙公司"), Source(Document(text)), WHOLE)
    assert isinstance(item, Triple)
    assert item.evidence == Span(9, 22)


def test_strings_side_by_side_come_before_one_inside_the_other() -> None:
    text = "清华大学建于北京，清华是简称。"
    item = ground(RawTriple("清华大学", "简称", "清华"), Source(Document(text)), WHOLE)
    assert isinstance(item, Triple)
    assert (item.head.start, item.tail.start) == (0, 9)


def test_a_fact_names_its_sentence_too() -> None:
    item = ground(
        RawFact("鲁迅", "出生地", "绍兴"), Source(Document("鲁迅是作家。他生于绍兴。")), WHOLE
    )
    assert isinstance(item, Fact)
    assert item.evidence == Span(6, 12)
    item = ground(
        RawFact("鲁迅", "出生地", "北京"), Source(Document("鲁迅是作家。他生于绍兴。")), WHOLE
    )
    assert isinstance(item, Fact)
    assert item.evidence == Span(0, 6)


def numbered(count: int) -> list[RawTriple]:
    return [RawTriple(f"公司{i}", "总部", f"城市{i % 40}") for i in range(count)]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("".join(f"公司{i}的总部在城市{i % 40}。" for i in range(3400)), numbered(500)),
        ("a" * 50_000, [RawTriple("a" * i, "r", "a" * (i + 1)) for i in range(500)]),
        ("a " * 25_000, [RawTriple("a", f"r{i}", "A") for i in range(500)]),
        ("啊" * 50_000, [RawTriple("啊" * (i + 1), "r", "啊") for i in range(500)]),
        ("啊。" * 25_000, [RawTriple("啊", f"r{i}", "啊。") for i in range(500)]),
        ("甲乙" * 25_000, [RawTriple("甲", f"r{i}", "乙") for i in range(500)]),
        ("1," * 25_000, [RawTriple("1" * i, "r", "1,1") for i in range(500)]),
        ("１，０００ " * 8_000, [RawTriple("1000", f"r{i}", "1,000") for i in range(500)]),
        ("e\u0301" * 25_000, [RawTriple("é" * (i + 1), "r", "e") for i in range(500)]),
        ("啊" * 50_000, [RawEntity("人物", "啊" * (i % 3 + 1)) for i in range(500)]),
    ],
    ids=["plain", "a", "words", "han", "sentences", "pair", "digits", "wide", "accents", "names"],
)
def test_long_and_hostile_texts_take_no_longer(
    text: str, items: list[RawTriple] | list[RawEntity]
) -> None:
    began = time.process_time()
    source = Source(Document(text))
    for item in items:
        ground(item, source, Span(0, len(text)))
    assert time.process_time() - began < 5  # a way that is not linear takes minutes


@pytest.mark.parametrize(
    ("text", "string"),
    [
        ("会议于十二月召开", "二月"),
        ("二十三人", "三人"),
        ("三十五万元", "五万元"),
        ("一九九八年", "九八年"),
        ("第十二届", "二届"),
        ("Profit was -5% in 2020", "5%"),
        ("Profit was −5.2% in 2020", "5.2%"),
        ("about 10² of them", "102"),
        ("since 2012² it", "20122"),
    ],
)
def test_a_piece_of_a_count_is_never_a_place(text: str, string: str) -> None:
    assert Source(Document(text)).locate(string) == ("inferred", [])


@pytest.mark.parametrize(
    ("text", "string"),
    [
        ("第三百度公司", "百度公司"),
        ("公司成立于2019，200名员工入职", "2019"),
        ("公司成立于2019，200名员工入职", "200"),
        ("from 2019-2020 on", "2020"),
        ("120 km² wide", "120 km2"),
        ("an F-16 jet", "16"),
    ],
)
def test_what_is_whole_beside_numbers_is_found(text: str, string: str) -> None:
    assert Source(Document(text)).locate(string)[1]

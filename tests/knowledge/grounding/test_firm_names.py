"""Chinese firms with a place or a kind in brackets keep their whole name."""

from __future__ import annotations

import time

import pytest

from knowledge.grounding.firm_names import FirmNames
from knowledge.raw import RawEntity, RawFact, RawTriple


def entity(text: str, name: str) -> str | None:
    item = FirmNames(text).complete(RawEntity("机构", name))
    assert item is None or isinstance(item, RawEntity)
    return item.text if item else None


@pytest.mark.parametrize(
    ("text", "name", "whole"),
    [
        ("南江集团（香港）有限公司成立。", "南江集团", "南江集团（香港）有限公司"),
        ("北辰(中国)投资有限公司与他签约", "北辰", "北辰(中国)投资有限公司"),
        ("北辰（中国）有限公司起诉", "北辰（中国", "北辰（中国）有限公司"),
        ("北辰（中国）有限公司起诉", "北辰（中国）", "北辰（中国）有限公司"),
        ("由大信事务所（特殊普通合伙）审计", "大信事务所", "大信事务所（特殊普通合伙）"),
        ("远山（深圳）合伙企业（有限合伙）", "远山", "远山（深圳）合伙企业（有限合伙）"),
        ("东海银行（上海）分行开业", "东海银行", "东海银行（上海）分行"),
        ("北辰（中国）有限公司起诉", "北辰（中国）有限公司", "北辰（中国）有限公司"),
        ("He left Orby Valves (UK) Ltd.", "Orby Valves", "Orby Valves (UK) Ltd"),
        ("Orr & Sons (Far East) Pte. Ltd. paid.", "Orr & Sons", "Orr & Sons (Far East) Pte. Ltd."),
        ("The plant of Orby (Holdings) plc, Leeds", "Orby (Holdings)", "Orby (Holdings) plc"),
        ("Ann Berg (UK) and Orby (Holdings) plc", "Ann Berg", "Ann Berg"),
        ("Orby (formerly Orr) Ltd paid", "Orby", "Orby"),
        ("Orby (UK) Ltd and Orby AG paid", "Orby", "Orby"),
    ],
)  # fmt: skip
def test_a_name_is_completed(text: str, name: str, whole: str) -> None:
    assert entity(text, name) == whole


@pytest.mark.parametrize("read", ["山东", "山东(海阳)核电有限公司"])
def test_a_firm_that_begins_with_a_place_is_an_organisation(read: str) -> None:
    classes = {"LOC": "地点", "ORG": "公司"}
    firms = FirmNames("山东(海阳)核电有限公司在海阳开工。", classes)
    assert firms.complete(RawEntity("地点", read)) == RawEntity("公司", "山东(海阳)核电有限公司")
    assert firms.complete(RawEntity("业主", read)) == RawEntity("业主", "山东(海阳)核电有限公司")
    assert firms.complete(RawEntity("地点", "海阳")) == RawEntity("地点", "海阳")


@pytest.mark.parametrize("piece", ["中国", "有限公司", "中国）有限公司", "（中国）有限公司"])
def test_a_piece_of_a_name_is_no_entity(piece: str) -> None:
    assert entity("北辰（中国）有限公司起诉了他。", piece) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("北辰（中国）有限公司在中国起诉。", "中国"),  # it stands elsewhere, too
        ("南江集团控股南江集团（香港）有限公司。", "南江集团"),  # the parent is another firm
        ("南江市（原名南陵）人民政府", "南江市"),
        ("林秋白（1950年生）任公司董事", "林秋白"),
        ("Ada (of Leeds) Ltd", "Ada"),
        ("中兴通讯（深圳）签约", "中兴通讯"),
        ("张伟（男）毕业于清华大学。", "张伟"),
        ("王芳（财务总监）加入南江集团。", "王芳"),
        ("国际商业机器公司（IBM）与苹果公司合作", "国际商业机器公司"),
        ("张伟（广州）是南江集团的董事长", "广州"),
        ("苹果（Apple）公司", "Apple"),
        ("马化腾（左二）参观腾讯公司", "马化腾"),
    ],
)
def test_other_names_stay(text: str, name: str) -> None:
    assert entity(text, name) == name


@pytest.mark.parametrize(
    ("name", "balanced"),
    [("中国）", "中国"), ("（北辰", "北辰"), ("北辰（", "北辰"),
     ("《南江》", "《南江》"), ("a (b)", "a (b)")],
)  # fmt: skip
def test_no_bracket_is_left_open_at_an_edge(name: str, balanced: str) -> None:
    assert entity("无", name) == balanced


def test_triples_and_facts_have_whole_names() -> None:
    firms = FirmNames("北辰（中国）有限公司收购南江（上海）有限公司。")
    triple = firms.complete(RawTriple("北辰", "收购", "南江"))
    assert triple == RawTriple("北辰（中国）有限公司", "收购", "南江（上海）有限公司")
    fact = firms.complete(RawFact("北辰", "收购对象", "南江"))
    assert fact == RawFact("北辰（中国）有限公司", "收购对象", "南江（上海）有限公司")


def test_the_time_is_linear() -> None:
    began = time.monotonic()
    entity("北辰（中国）有限公司" * 3_000, "北辰")
    entity("（" * 60_000, "北辰")
    entity("公" * 60_000, "公")
    assert time.monotonic() - began < 3

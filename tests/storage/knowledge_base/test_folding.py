"""Entities are folded by rules alone, in any order the same, and a person's word is kept."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from errors import InputError, UnknownEntity, UnknownSource
from storage.knowledge_base.base import Base
from storage.knowledge_base.records import Arrival
from tests.storage.knowledge_base.arrivals import entities, facts, triples
from tests.storage.knowledge_base.dumping import check, dump

LUXUN = "鲁迅，原名周树人，1881年9月25日出生于浙江绍兴。"


def take(base: Base, *arrivals: Arrival, batch: int = 300) -> None:
    list(base.take_in(arrivals, batch))


def named(base: Base, query: str) -> list[set[str]]:
    """The names of each entity that the query finds."""
    return [
        {name.text for name in base.entity(found.id).names} for found in base.entities(query).rows
    ]


def test_one_spelling_is_one_entity_and_its_like_too(any_base: Base) -> None:
    take(
        any_base,
        triples("a", "IBM made it.", ("IBM", "made", "it")),
        triples("b", "ＩＢＭ made it.", ("ＩＢＭ", "made", "it")),
        triples("c", "IBM sold it.", ("IBM", "sold", "it")),
    )
    [found] = any_base.entities("ibm").rows
    card = any_base.entity(found.id)
    assert [(name.text, name.sources, name.rule) for name in card.names] == [
        ("IBM", 2, "exact"),
        ("ＩＢＭ", 1, "normalised"),
    ]
    assert [(one.relation, one.support) for one in card.triples] == [("made", 2), ("sold", 1)]
    assert [one.source for one in card.triples[0].sentences] == ["a", "b"]


def test_a_relation_that_states_names_folds_them_and_says_why(any_base: Base) -> None:
    take(
        any_base,
        triples("b", "周树人写了狂人日记。", ("周树人", "作品", "狂人日记")),
        triples("a", LUXUN, ("鲁迅", "原名", "周树人"), ("鲁迅", "出生地", "浙江绍兴")),
    )
    assert named(any_base, "鲁迅") == [{"鲁迅", "周树人"}]
    card = any_base.entity(any_base.entities("鲁迅").rows[0].id)
    [join] = card.joins
    assert (join.name, join.other, join.rule, join.relation, join.holds) == (
        "鲁迅", "周树人", "alias", "原名", True,
    )  # fmt: skip
    assert [one.text for one in join.sentences] == [LUXUN]
    assert {one.relation for one in card.triples} == {"作品", "出生地"}
    check(any_base)


def test_aliases_that_the_text_states_hold_everywhere_short_forms_in_it_alone(base: Base) -> None:
    text = "The World Health Organization (WHO) was founded in 1948. WHO is in Geneva."
    take(
        base,
        facts("who", text, "World Health Organization", [("founded", "1948")], ["WHO"]),
        triples("later", "WHO warned.", ("WHO", "did", "warned")),
        facts("m", "Marie Curie won. Curie left.", "Marie Curie", [("x", "won")], ["Curie"]),
        triples("p", "Curie was Pierre.", ("Curie", "first name", "Pierre")),
    )
    assert named(base, "WHO") == [{"World Health Organization", "WHO"}]
    assert sorted(map(sorted, named(base, "Curie"))) == [["Curie"], ["Curie", "Marie Curie"]]
    [marie] = [one for one in base.entities("Curie").rows if one.name == "Marie Curie"]
    rules = {name.text: name.rule for name in base.entity(marie.id).names}
    assert rules == {"Marie Curie": "exact", "Curie": "short form"}
    check(base)


def test_a_name_that_two_claim_joins_neither_and_is_shown(base: Base) -> None:
    take(
        base,
        triples("a", "北京大学简称北大。", ("北京大学", "简称", "北大")),
        triples("b", "北方大学简称北大。", ("北方大学", "简称", "北大")),
        triples("c", "北大很大。", ("北大", "是", "很大")),
    )
    assert sorted(map(sorted, named(base, "北"))) == [["北京大学"], ["北大"], ["北方大学"]]
    card = base.entity(base.entities("北京大学").rows[0].id)
    [join] = card.joins
    assert (join.other, join.holds) == ("北大", False)
    base.remove("b")  # and now one alone does
    assert named(base, "北京大学") == [{"北京大学", "北大"}]
    check(base)


def test_dates_and_quantities_are_literals(base: Base) -> None:
    take(base, triples("a", LUXUN, ("鲁迅", "出生日期", "1881年9月25日")))
    assert named(base, "1881") == []
    [triple] = base.triples("出生日期").rows
    assert triple.tail.kind == "literal"
    assert base.entity(triple.tail.id).triples == (triple,)


def test_a_person_splits_and_merges_and_later_imports_keep_it(any_base: Base) -> None:
    base = any_base
    take(base, triples("a", LUXUN, ("鲁迅", "原名", "周树人")))
    first = dump(base)
    decision = base.split("周树人", spelling=False)
    assert sorted(map(sorted, named(base, ""))) == [["周树人"], ["鲁迅"]]
    take(base, triples("b", "鲁迅，本名周树人。", ("鲁迅", "本名", "周树人")))
    assert sorted(map(sorted, named(base, ""))) == [["周树人"], ["鲁迅"]]
    base.remove("b")
    base.undo(decision.id)
    assert dump(base) == first

    take(base, triples("c", "豫才是他。", ("豫才", "是", "他")))
    merged = base.merge("豫才", "鲁迅")
    assert {"鲁迅", "周树人", "豫才"} in named(base, "豫才")
    card = base.entity(base.entities("豫才").rows[0].id)
    assert {join.rule for join in card.joins} == {"alias", "person"}
    base.remove("a")
    take(base, triples("a", LUXUN, ("鲁迅", "原名", "周树人")))
    assert {"鲁迅", "周树人", "豫才"} in named(base, "豫才")
    assert base.decisions() == [merged]
    base.split("豫才", spelling=False)
    assert {"豫才"} in named(base, "豫才")
    check(base)


def test_a_person_splits_one_name_of_two_by_source_and_like_spellings(base: Base) -> None:
    take(
        base,
        triples("a", "张伟是医生。", ("张伟", "职业", "医生")),
        triples("b", "张伟是教师。", ("张伟", "职业", "教师")),
        triples("c", "US is us.", ("US", "is", "us")),
    )
    base.split("张伟", ("b",), spelling=False)
    take(base, triples("d", "张伟是律师。", ("张伟", "职业", "律师")))
    cards = [base.entity(found.id) for found in base.entities("张伟").rows]
    assert sorted(sorted(one.tail.name for one in card.triples) for card in cards) == [
        ["医生", "律师"], ["教师"],
    ]  # fmt: skip
    assert named(base, "us") == [{"US", "us"}]
    base.split("us", spelling=True)
    assert sorted(map(sorted, named(base, "us"))) == [["US"], ["us"]]
    check(base)


def test_a_short_form_is_split_off_by_its_name(base: Base) -> None:
    take(base, facts("m", "Marie Curie won. Curie left.", "Marie Curie", [("x", "won")], ["Curie"]))
    base.split("Curie", spelling=False)
    assert sorted(map(sorted, named(base, "Curie"))) == [["Curie"], ["Marie Curie"]]


def test_what_is_not_there_is_told(base: Base) -> None:
    take(base, triples("a", LUXUN, ("鲁迅", "原名", "周树人")))
    with pytest.raises(UnknownEntity, match="no name '许寿裳'"):
        base.split("许寿裳", spelling=False)
    with pytest.raises(UnknownSource, match="no source 'x'"):
        base.split("鲁迅", ("x",), spelling=False)
    with pytest.raises(InputError, match="are the same name"):
        base.merge("鲁迅", "鲁迅")
    with pytest.raises(InputError, match="no decision 7"):
        base.undo(7)
    with pytest.raises(UnknownEntity):
        base.entity("0" * 20)


def some_sources(draw: random.Random) -> list[Arrival]:
    """Few names, so that they meet: aliases, chains of them, names that several claim."""
    pool = ["甲", "乙", "丙", "丁", "戊", "Ａ", "a", "A", "1999年"]
    made: list[Arrival] = []
    for number in range(draw.randrange(2, 9)):
        picks = [draw.choice(pool) for _ in range(6)]
        text = "，".join(picks) + "。"
        name = f"s{number}"
        relation = draw.choice(["别名", "又名", "also known as", "认识", "认 识"])
        made.append(triples(name, text, (picks[0], relation, picks[1]), (picks[2], "x", picks[3])))
        if draw.random() < 0.5:
            made.append(facts(name, text, picks[0], [("k", picks[2])], [picks[4]]))
        if draw.random() < 0.5:
            made.append(entities(name, text, {"字": [picks[5]]}))
    return made


@pytest.mark.parametrize("seed", range(40))
def test_any_order_gives_the_same_entities(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    arrivals = some_sources(draw)
    dumps = []
    for turn in range(3):
        base = Base(str(tmp_path / f"{turn}.db"))
        if seed % 2:  # decided by a person once its names are there, and kept
            take(base, triples("d", "甲乙。", ("甲", "认识", "乙"), ("A", "认识", "丙")))
            base.split("甲", spelling=False)
            base.merge("乙", "丙")
        if turn == 2:  # other answers first, and a source that is removed again
            take(base, *some_sources(draw)[:6], batch=2)
            take(base, triples("extra", "甲丁。", ("甲", "别名", "丁"), ("丁", "又名", "戊")))
            check(base)
            for source in base.sources().rows:
                if source.id != "d":
                    base.remove(source.id)
            check(base)
        draw.shuffle(arrivals)
        take(base, *arrivals, batch=1 + turn)
        check(base)
        dumps.append(dump(base))
        base.close()
    assert dumps[0] == dumps[1] == dumps[2]

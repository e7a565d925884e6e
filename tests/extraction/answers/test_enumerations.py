from __future__ import annotations

import pytest

from extraction.answers.enumerations import parts, taken_apart
from knowledge.raw import RawEntity, RawFact, RawTriple


@pytest.mark.parametrize(
    ("string", "expected"),
    [
        ("柳承龙、葛素媛、朴信惠", ["柳承龙", "葛素媛", "朴信惠"]),
        ("《雪、月、花》、《河灯》", ["《雪、月、花》", "《河灯》"]),
        ("《雪、月》", ["《雪、月》"]),
        ("歌手", ["歌手"]),
        ("、歌手", ["、歌手"]),
        ("歌手、", ["歌手、"]),
        ("（甲、乙", ["（甲、乙"]),
        ("他来了，说了、写了", ["他来了，说了、写了"]),
        (
            "情报员由忠于职守继而改变立场开始保护、作家",
            ["情报员由忠于职守继而改变立场开始保护、作家"],
        ),
        ("Paris, France", ["Paris, France"]),
    ],
)
def test_parts(string: str, expected: list[str]) -> None:
    assert parts(string) == expected


def test_tails_and_values_are_taken_apart_and_names_are_not() -> None:
    assert list(taken_apart(RawTriple("片", "主演", "甲、乙", 0.5))) == [
        RawTriple("片", "主演", "甲", 0.5),
        RawTriple("片", "主演", "乙", 0.5),
    ]
    assert list(taken_apart(RawFact("人", "职业", "歌手、演员"))) == [
        RawFact("人", "职业", "歌手"),
        RawFact("人", "职业", "演员"),
    ]
    assert list(taken_apart(RawEntity("人物", "甲、乙"))) == [RawEntity("人物", "甲、乙")]


@pytest.mark.parametrize("string", ["5、6个孩子", "3、4号线", "2、3月", "一、二年级"])
def test_enumerated_numbers_stay_together(string: str) -> None:
    assert parts(string) == [string]

from __future__ import annotations

import time

import pytest

from knowledge.text.borders import CUT, FREE, TIED, TORN, Borders


@pytest.mark.parametrize(
    ("text", "part", "grade"),
    [
        ("US law", "US", FREE),
        ("USA", "US", TORN),
        ("2012", "12", CUT),
        ("3.5", "3", CUT),
        ("3.5", "5", CUT),
        ("11.5", "1.5", CUT),
        ("1,200", "200", CUT),
        ("１，２００", "２００", CUT),
        ("1,2,3", "2", TIED),
        ("1881.9.25", "1881", TIED),
        ("版本3.10.2", "3.10", TIED),
        ("3. 5", "3", FREE),
        ("张三三十岁", "张三", TIED),
        ("十一月", "一月", CUT),
        ("二十三", "十三", CUT),
        ("3.", "3", FREE),
        ("v.5", "5", FREE),
        ("12万", "12", CUT),
        ("12月", "12", FREE),
        ("5G", "5", TIED),
        ("5张", "5", FREE),
        ("三十五", "三十", CUT),
        ("e\u0301", "e", TIED),
        ("👨\u200d👩", "👨", TIED),
        ("physicists", "physicist", TORN),
        ("churches", "church", TORN),
        ("bats", "bat", TORN),
        ("ABBAs", "ABBA", TORN),
        ("physicistship", "physicist", TORN),
        ("中文English", "English", FREE),
        ("foo_bar", "foo", FREE),
        ("𠀀𠀁", "𠀀", FREE),
        ("ไทยแลนด์", "ไทย", FREE),
        ("增长12.5至三十万", "5至三十", CUT),
        ("12人，三十万", "2人，三", CUT),
        ("三十至12.5", "十至12", CUT),
        ("physicists一二", "hysicists一", TORN),
        ("", "", FREE),
    ],
)
def test_grades(text: str, part: str, grade: int) -> None:
    start = text.index(part)
    assert Borders(text).grade(start, start + len(part)) == grade


def test_long_runs_of_digits_and_points_take_no_longer() -> None:
    for text in ("1" * 50_000, "1." * 25_000, "1,111" * 10_000, "一" * 50_000):
        began = time.process_time()
        assert Borders(text).grade(0, len(text)) == FREE
        assert time.process_time() - began < 1

from __future__ import annotations

import pytest

from extraction.borders import FREE, TIED, TORN, Borders


@pytest.mark.parametrize(
    ("text", "part", "grade"),
    [
        ("US law", "US", FREE),
        ("USA", "US", TORN),
        ("2012", "12", TORN),
        ("3.5", "3", TIED),
        ("3.5", "5", TIED),
        ("3. 5", "3", FREE),
        ("3.", "3", FREE),
        ("v.5", "5", FREE),
        ("12万", "12", TIED),
        ("12月", "12", FREE),
        ("5G", "5", TIED),
        ("5张", "5", FREE),
        ("三十五", "三十", TIED),
        ("e\u0301", "e", TIED),
        ("👨\u200d👩", "👨", TIED),
        ("physicists", "physicist", TIED),
        ("churches", "church", TIED),
        ("bats", "bat", TORN),
        ("ABBAs", "ABBA", TIED),
        ("physicistship", "physicist", TORN),
        ("中文English", "English", FREE),
        ("foo_bar", "foo", FREE),
        ("𠀀𠀁", "𠀀", FREE),
        ("ไทยแลนด์", "ไทย", FREE),
        ("", "", FREE),
    ],
)
def test_grades(text: str, part: str, grade: int) -> None:
    start = text.index(part)
    assert Borders(text).grade(start, start + len(part)) == grade

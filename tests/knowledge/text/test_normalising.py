from __future__ import annotations

import pytest

from knowledge.text.normalising import bare, fold


def test_folding_keeps_the_way_back() -> None:
    folded, origin = fold("Ａ ①ß")
    assert folded == "a1ss"
    assert origin == [0, 2, 3, 3]
    assert fold("实体：甲", 3) == ("甲", [3])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("“红楼梦”", '"红楼梦"'),
        ("「紅」", '"紅"'),
        ("列夫·托尔斯泰", "列夫・托尔斯泰"),
        ("《河灯》", "〈河灯〉"),
        ("1949－1976", "1949—1976"),
        ("１，０００", "1000"),
        ("1,000,000", "1000000"),
        ("e\u0301", "é"),
        ("soft\u00adware", "software"),
        ("11℃", "11°C"),
        ("a\r\nb", "a b"),
        ("STRASSE", "straße"),
    ],
)
def test_spellings_that_fold_to_the_same(one: str, other: str) -> None:
    assert fold(one)[0] == fold(other)[0]


@pytest.mark.parametrize("text", ["1,2", "12,34", "12345,678", "1,0000", "1, 000", "0.5", "-5"])
def test_numbers_keep_what_makes_them(text: str) -> None:
    for folded in (fold(text)[0], bare(text)[0]):
        assert folded == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("《狂人日记》。", "狂人日记"),
        ("U.S.", "us"),
        ("Dvořák’s", "dvoraks"),
        ("C#", "c#"),
        ("AT&T", "at&t"),
        ("3%", "3%"),
        ("（-5℃）", "-5°c"),
        ("**重点**", "重点"),
        ("。！？…", ""),
        ("", ""),
    ],
)
def test_bare_is_without_punctuation(text: str, without: str) -> None:
    assert bare(text)[0] == without

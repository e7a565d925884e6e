"""The rules that mend what the engines find, on words and names as the engines give them."""

from __future__ import annotations

import pytest

from models.base import Mention
from models.recognisers import chinese_rules, english_rules
from models.recognisers.chinese_rules import Word
from models.recognisers.english_rules import Found, masked
from models.recognisers.pieces import merged, pieces


def chinese(*words: tuple[str, str], confidence: float = 0.9) -> list[tuple[str, str]]:
    text, placed = "", []
    for piece, tag in words:
        placed.append(Word(tag, len(text), len(text) + len(piece), confidence))
        text += piece
    mentions = chinese_rules.to_mentions(text, placed)
    return [(mention.label, text[mention.start : mention.end]) for mention in mentions]


def english(text: str, *names: tuple[str, str]) -> list[tuple[str, str]]:
    found = []
    for name, label in names:
        start = text.index(name)
        found.append(Found(label, start, start + len(name)))
    mentions = english_rules.to_mentions(text, found)
    return [(mention.label, text[mention.start : mention.end]) for mention in mentions]


def test_chinese_joins() -> None:
    assert chinese(("安娜", "PER"), ("·", "w"), ("李", "n")) == [("PER", "安娜·李")]
    dots = [("安", "PER"), ("·", "w"), ("德", "n"), ("·", "w"), ("李", "PER")]
    assert chinese(*dots) == [("PER", "安·德·李")]
    assert chinese(("杭州", "LOC"), ("西湖公园", "LOC")) == [("LOC", "杭州西湖公园")]
    assert chinese(("云南", "LOC"), ("大理", "LOC")) == [("LOC", "云南"), ("LOC", "大理")]
    assert chinese(("杭州", "LOC"), ("机场", "n")) == [("LOC", "杭州机场")]
    assert chinese(("杭州", "LOC"), ("合唱团", "n")) == [("ORG", "杭州合唱团")]
    assert chinese(("张三", "PER"), ("李四", "PER")) == [("PER", "张三"), ("PER", "李四")]


def test_chinese_trims_and_drops() -> None:
    assert chinese(("华南地区", "LOC")) == [("LOC", "华南")]
    assert chinese(("@张三", "PER"), ("#", "ORG")) == [("PER", "张三")]
    assert chinese(("[", "w"), ("张三", "PER"), ("]", "w")) == []
    assert chinese(("张三", "PER"), confidence=0.4) == []
    assert chinese(("美", "ORG"), ("中", "LOC")) == [("LOC", "中")]
    assert chinese(("中", "LOC"), confidence=0.7) == []


@pytest.mark.parametrize(
    ("name", "label", "expected"),
    [
        ("the Green Party", "ORG", [("ORG", "Green Party")]),
        ("Anna Lee's", "PERSON", [("PER", "Anna Lee")]),
        ("Acme Inc.", "ORG", [("ORG", "Acme Inc.")]),
        ("(Acme.", "ORG", [("ORG", "Acme")]),
        ("Leeds, Ohio", "GPE", [("LOC", "Leeds"), ("LOC", "Ohio")]),
        ("Ann Lee and Bob Ray", "PERSON", [("PER", "Ann Lee"), ("PER", "Bob Ray")]),
        ("Bob Ray, Jr.", "PERSON", [("PER", "Bob Ray, Jr.")]),
        ("Silver Reservoir", "ORG", [("LOC", "Silver Reservoir")]),
        ("Anna2", "PERSON", []),
        ("crew", "ORG", []),
        ("--", "ORG", []),
        ("The Long Way", "WORK_OF_ART", [("WORK", "The Long Way")]),
        ("twelve", "CARDINAL", [("CARDINAL", "twelve")]),
    ],
)
def test_english_mends(name: str, label: str, expected: list[tuple[str, str]]) -> None:
    assert english(f"So {name} it is", (name, label)) == expected


def test_english_short_forms_and_surnames() -> None:
    text = "The Green Party (GP) met Anna Lee. Lee stayed."
    names = [("The Green Party", "ORG"), ("GP", "GPE"), ("Anna Lee", "PERSON")]
    short = [("ORG", "Green Party"), ("ORG", "GP"), ("PER", "Anna Lee")]
    assert english(text, *names) == short
    cut = "The Green Party (GP met"
    assert english(cut, ("The Green Party (GP", "ORG")) == [("ORG", "Green Party"), ("ORG", "GP")]
    lone = english("Lee stayed. Anna Lee left.", ("Lee", "ORG"), ("Anna Lee", "PERSON"))
    assert lone == [("PER", "Lee"), ("PER", "Anna Lee")]


def test_noise_is_masked_in_place() -> None:
    text = "RT @anna: see https://a.example/b #fun a.b@c.example &amp; Leeds \ud800"
    shown = masked(text)
    assert len(shown) == len(text)
    assert shown.split() == ["see", "&", "Leeds"]


def test_pieces_hold_the_text() -> None:
    text = "一句话。" * 30 + "\n\n" + "word " * 100 + "\r\n" + "x" * 250 + "\n \t\n"
    spans = list(pieces(text, 100))
    assert all(0 < end - start <= 100 for start, end in spans)
    assert "".join(text[a:b] for a, b in spans) == text.replace("\n", "").replace("\r", "")[:-2]
    assert all(text[b - 1] == "。" for a, b in spans if text[a] == "一")


def test_candidates_overlap_nothing() -> None:
    names = [Mention("PER", 2, 6)]
    candidates = [
        Mention("", 0, 3, sure=False),
        Mention("", 6, 9, sure=False),
        Mention("", 7, 12, sure=False),
    ]
    assert merged(names, candidates) == [names[0], candidates[2]]
    assert merged([], []) == []


def test_chinese_candidates() -> None:
    text = "《三体》在淘宝网"
    words = [
        Word("w", 0, 1, 0.9), Word("nw", 1, 3, 0.9), Word("w", 3, 4, 0.9), Word("p", 4, 5, 0.9),
        Word("nz", 5, 8, 0.6),
    ]  # fmt: skip
    found = chinese_rules.to_candidates(text, words)
    assert Mention("WORK", 1, 3, sure=False) in found
    assert Mention("", 5, 8, sure=False) in found
    assert all(not mention.sure for mention in found)


def test_english_candidates() -> None:
    text = "In May the Ministry of Health of Peru bought F-16 jets; see www.Moh.example, @Bob."
    names = [text[m.start : m.end] for m in english_rules.to_candidates(text)]
    assert names == ["May", "Ministry of Health of Peru", "F-16"]


def test_chinese_words_that_are_names_by_their_form() -> None:
    assert chinese(("清军", "n")) == [("ORG", "清军")]
    assert chinese(("空军", "n")) == []
    assert chinese(("地球", "n")) == [("LOC", "地球")]
    assert chinese(("桑德斯山", "PER")) == [("LOC", "桑德斯山")]
    assert chinese(("李小山", "PER")) == [("PER", "李小山")]

"""What holds for any text and any string, on thousands of them drawn with a fixed seed."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import pytest

from knowledge.grounding.source import Source, ground
from knowledge.items import Fact, Triple
from knowledge.raw import RawFact, RawTriple
from knowledge.text.document import Document
from knowledge.text.normalising import bare, fold
from knowledge.text.spans import Span

PARTS = {
    "chinese": ["鲁迅", "生于", "绍兴", "，", "。", "《", "》", "“", "”", "·", "三", " ", "\n"],
    "english": ["Paris", "US", "USA", "in", " ", " ", ". ", "-", "–", "“", "”", "'", "’", "1", ","],
    "numbers": ["1", "2", "0", ".", ",", " ", "年", "万", "-", "%", "１", "，", "．"],
    "emoji": ["👨‍👩‍👧", "😀", "❤️", "🇨🇳", "甲", "a", " ", "\u200d"],
    "marks": ["e\u0301", "é", "ñ", "n\u0303", "ß", "ﬁ", "한", "각", "a", "\u00ad", " "],
    "counts": ["12", "2", "5", "三", "十", "万", "人", "至", "，", ".", " ", "US", "１"],
    "width": ["Ａ", "A", "ａ", "１", "1", "（", "(", "）", ")", "　", "ｶ", "ﾞ", "㎏", "①"],
}  # fmt: skip
DECIMAL = re.compile(r"(?<![\d.,．，])\d+[.．]\d+(?![\d.,．，])")


def drawn(kind: str, count: int) -> list[tuple[str, str, random.Random]]:
    """Pairs of a text and a string, half of them pieces of it, folded or not."""
    chance = random.Random(kind)
    pairs = []
    for _ in range(count):
        text = "".join(chance.choices(PARTS[kind], k=chance.randrange(1, 30)))
        string = "".join(chance.choices(PARTS[kind], k=chance.randrange(0, 4)))
        if chance.random() < 0.5:
            start = chance.randrange(len(text))
            string = text[start : start + chance.randrange(1, 8)]
        if chance.random() < 0.3:
            string = chance.choice([fold(string)[0], string.upper(), string.strip()])
        pairs.append((text, string, chance))
    return pairs


@pytest.mark.parametrize("kind", PARTS)
def test_places_are_what_their_status_says(kind: str) -> None:
    for text, string, _ in drawn(kind, 1500):
        status, spans = Source(Document(text)).locate(string)
        assert (status == "inferred") == (not spans)
        assert all(one.end <= next_.start for one, next_ in pairwise(spans))
        for span in spans:
            assert 0 <= span.start < span.end <= len(text), (text, string)
            found = text[span.start : span.end]
            assert (found == string) == (status == "verbatim"), (text, string)
            if status == "normalised":
                assert bare(found)[0] == bare(string)[0], (text, string)


@pytest.mark.parametrize("kind", PARTS)
def test_no_place_begins_or_ends_inside_a_number(kind: str) -> None:
    for text, string, _ in drawn(kind, 1500):
        inside = {at for run in DECIMAL.finditer(text) for at in range(run.start() + 1, run.end())}
        for before, after in pairwise(range(len(text))):
            if text[before].isdecimal() and text[after].isdecimal():
                inside.add(after)
        for span in Source(Document(text)).locate(string)[1]:
            assert inside.isdisjoint((span.start, span.end)), (text, string)


@pytest.mark.parametrize("kind", PARTS)
def test_all_places_of_a_verbatim_string_that_stands_free_are_known(kind: str) -> None:
    for text, string, _ in drawn(kind, 500):
        if string[:1].isalnum() or string[:1] in ("《", "😀"):
            status, spans = Source(Document(f"{string}　{text}　{string}")).locate(string)
            assert status == "verbatim"
            assert spans[0].start == 0
            assert spans[-1].end == 2 * len(string) + len(text) + 2


@pytest.mark.parametrize("kind", PARTS)
def test_a_located_string_has_a_sentence_that_holds_its_start(kind: str) -> None:
    for text, string, chance in drawn(kind, 800):
        other = "".join(chance.choices(PARTS[kind], k=2))
        chunk = Span(0, chance.randrange(1, len(text) + 1))
        source = Source(Document(text))
        for item in (
            ground(RawTriple(string, "r", other), source, chunk),
            ground(RawFact(string, "k", other), source, chunk),
        ):
            assert isinstance(item, Triple | Fact)
            head, tail = (
                (item.head, item.tail) if isinstance(item, Triple) else (item.entity, item.value)
            )
            anchor = tail.start if tail.start is not None else head.start
            assert (item.evidence is None) == (anchor is None), (text, string, other)
            if item.evidence and anchor is not None and not text[anchor].isspace():
                assert item.evidence.start <= anchor < item.evidence.end

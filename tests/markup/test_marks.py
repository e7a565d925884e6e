"""Marks in a text."""

from __future__ import annotations

import random
import re
from html.parser import HTMLParser

from markup.marks import EVIDENCE, MAX_DEPTH, Mark, anchor, marked


class Reader(HTMLParser):
    """The text, and for each id which characters of it are inside of its element."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.covered: list[set[str]] = []
        self.ids: dict[str, int] = {}
        self.depth = 0
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if told.get("id"):
            self.ids[str(told["id"])] = len(self.text)
        self._open.append(str(told.get("class") or ""))
        self.depth = max(self.depth, len(self._open))

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        kinds = {kind for one in self._open for kind in one.split()}
        self.text += data
        self.covered += [kinds] * len(data)


def read(text: str, marks: list[Mark]) -> Reader:
    reader = Reader()
    reader.feed(marked(text, marks, "a1").markup)
    reader.close()
    return reader


def test_marks_count_characters_not_bytes_or_utf16_units() -> None:
    text = "😀𠮷 <鲁迅> & 👩‍👩‍👧"
    start = text.index("鲁迅")
    written = marked(text, [Mark(start, start + 2, "head", 'a"b')], "a1").markup
    assert f'<mark class="head" title="a&quot;b" id="a1-{start}-{start + 2}">鲁迅</mark>' in written
    assert read(text, [Mark(0, 1, "head")]).text == text


def test_marks_nest_and_equal_ones_are_one() -> None:
    marks = [Mark(0, 3, "tail", "t"), Mark(0, 9, "head", "h"), Mark(0, 9, "tail", "t")]
    assert re.sub(' (title|id)="[^"]*"', "", marked("New York City", marks, "a").markup) == (
        '<mark class="head tail"><mark class="tail">New</mark> York </mark>City'
    )


def test_what_crosses_is_cut_and_keeps_one_anchor() -> None:
    marks = [Mark(0, 6, "head"), Mark(3, 9, "tail")]
    found = read("abcdefghij", marks)
    assert found.ids == {"a1-0-6": 0, "a1-3-9": 3}
    assert found.covered[5] == {"head", "tail"}
    assert found.covered[6] == {"tail"}


def test_a_sentence_has_an_anchor_and_no_mark() -> None:
    written = marked("Lu Xun wrote.", [Mark(0, 13, EVIDENCE), Mark(0, 6, "head")], "a1").markup
    assert written.startswith('<span class="evidence" id="a1-0-13"><mark class="head"')


def test_line_ends_of_every_kind_stay_one_line_end() -> None:
    assert read("a\r\nb\rc\nd", [Mark(0, 2, "head"), Mark(2, 4, "tail")]).text == "a\nb\nc\nd"


def test_any_marks_cover_what_they_say_and_nothing_else() -> None:
    """Against a plain count, character by character."""
    chance = random.Random(20261201)
    for _ in range(300):
        text = "".join(chance.choices("ab <&\"'>😀𠮷鲁\n", k=chance.randrange(1, 40)))
        spans = [sorted(chance.sample(range(len(text) + 1), 2)) for _ in range(chance.randrange(7))]
        marks = [Mark(a, b, f"class-{number}") for number, (a, b) in enumerate(spans)]
        found = read(text, marks)
        assert found.text == text
        for at in range(len(text)):
            assert found.covered[at] == {m.kind for m in marks if m.start <= at < m.end}
        assert found.ids == {anchor("a1", m.start, m.end): m.start for m in marks}


def test_a_thousand_crossing_marks_stay_shallow_and_quick() -> None:
    text = "x" * 20_000
    marks = [Mark(at, at + 5_000, "head") for at in range(0, 15_000, 2)]
    found = read(text, marks)
    assert found.text == text
    assert len(found.ids) == len(marks)
    assert found.depth <= MAX_DEPTH + 1

"""The page holds what strangers wrote: none of it may act, and all of it must be readable."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from evaluation.highlight import highlight
from evaluation.markup import Html, element
from evaluation.page import render
from evaluation.report import build
from tests.evaluation.rows import judged, row

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)></details></style>&amp;"


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that elements close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.told: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.told.append(data)

    @classmethod
    def read(cls, page: str) -> Reader:
        reader = cls()
        reader.feed(page)
        reader.close()
        assert not reader._open
        return reader


def test_markup_escapes_all_but_markup() -> None:
    made = element("p", "<b>", 3, None, Html("<i>x</i>"), class_='a"b', title="")
    assert made.markup == '<p class="a&quot;b">&lt;b&gt;3<i>x</i></p>'


def test_what_strangers_wrote_does_nothing(tmp_path: Path) -> None:
    fields = {"id": EVIL, "source": EVIL, "text": f"Ann {EVIL} Bob", "entity": EVIL}
    rows = [
        judged(row(tmp_path, "KE1", [["Ann", EVIL, EVIL]], **fields), pred=((EVIL, EVIL, "Bob"),)),
        judged(row(tmp_path, "KE2", {EVIL: ["Ann"]}, **fields), pred={EVIL: (EVIL,)}),
        judged(row(tmp_path, "KE3", {EVIL: EVIL}, **fields), pred={EVIL: (EVIL,)}, error=EVIL),
    ]
    page = render(build(rows, {"model": EVIL, EVIL: [EVIL]}, 0), rows)
    read = Reader.read(page)
    assert {"script", "img", "link", "iframe"}.isdisjoint(read.tags)
    assert not any(name.startswith("on") for name in read.attributes)
    assert {"src", "href"}.isdisjoint(read.attributes)
    assert "default-src 'none'" in page
    assert "".join(read.told).count(EVIL) >= 10  # all of it is shown as it is


def test_the_page_shows_figures_and_every_row(tmp_path: Path) -> None:
    gold = [["Ann", "lives in", "Leeds"]]
    rows = [
        judged(row(tmp_path, "KE1", gold, id="first", text="Ann lives in Leeds."), pred=()),
        judged(row(tmp_path, "KE1", [], id="second", text="Nothing."), error="It broke."),
    ]
    told = "".join(Reader.read(render(build(rows, {"model": "Embedded"}, 0), rows)).told)
    for expected in ("Embedded", "triple relaxed", "first", "second", "missed",
                     "Ann · lives in · Leeds", "It broke.", "Nothing was to be found"):  # fmt: skip
        assert expected in told


@pytest.mark.parametrize(
    ("written", "marked"),
    [
        (
            '{"PER":["Ann"],"LOC":["York"]}',
            '<mark class="right" title="right">Ann</mark> met <mark class="missed" title="missed">'
            'Bob</mark> in <mark class="wrong" title="wrong">York</mark>; '
            '<mark class="right" title="right">Ann</mark> left.',
        ),
        (
            '{"PER":["Ann met Bob"]}',
            '<mark class="wrong missed" title="wrong, missed">Ann</mark><mark class="wrong" '
            'title="wrong"> met </mark><mark class="wrong missed" title="wrong, missed">Bob</mark>'
            ' in York; <mark class="missed" title="missed">Ann</mark> left.',
        ),
        ('{"PER":[]}', None),
    ],
)
def test_the_text_is_marked(tmp_path: Path, written: str, marked: str | None) -> None:
    text = "Ann met Bob in York; Ann left."
    one = judged(row(tmp_path, "KE2", {"PER": ["Ann", "Bob"]}, text=text), written=written)
    made = highlight(one).markup
    if marked is not None:
        assert made == f'<p class="text" lang="en">{marked}</p>'
    assert "".join(Reader.read(made).told) == text


def test_a_string_is_right_where_any_of_its_triples_is(tmp_path: Path) -> None:
    gold = [["Ann", "met", "Bob"]]
    written = '{"triples":[["Ann","met","Bob"],["Ann","met","York"]]}'
    one = judged(row(tmp_path, "KE1", gold, text="Ann met Bob in York."), written=written)
    assert '"right">Ann<' in highlight(one).markup
    assert '"wrong">York<' in highlight(one).markup


def test_the_entity_that_was_told_is_not_marked_as_found(tmp_path: Path) -> None:
    fields = {"text": "Ann is 30.", "entity": "Ann"}
    written = '{"entities":[{"entity":"Ann","facts":[["age","30"]]}]}'
    one = judged(row(tmp_path, "KE3", {"age": "30"}, **fields), written=written)
    assert highlight(one).markup.count("<mark") == 1

"""Parts of the page's scripts that a whole answer seldom reaches, called in a real browser."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

PARSE = """async ({ text, cuts }) => {
  const { readEvents } = await import("/static/js/core/sse.js");
  const bytes = new TextEncoder().encode(text);
  const pieces = cuts.map((cut, i) => bytes.slice(cut, cuts[i + 1]));
  const stream = new ReadableStream({
    start(control) { pieces.forEach((piece) => control.enqueue(piece)); control.close(); },
  });
  const events = [];
  for await (const { event, data } of readEvents(stream)) events.push([event, data]);
  return events;
}"""

MARK = """async ({ text, spans }) => {
  const { SourceText } = await import("/static/js/answer/source-text.js");
  const source = new SourceText(text);
  source.mark(spans.map(([start, end]) => (
    { group: "", groupKind: "", cells: [], spans: [{ start, end, kind: "head", label: "head" }] }
  )));
  await new Promise(requestAnimationFrame);
  const marks = [...source.element.querySelectorAll("mark")];
  return {
    text: source.element.textContent,
    marks: marks.map((mark) => [mark.dataset.rows, mark.textContent]),
  };
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, scripted_url: str) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(scripted_url)
    yield page
    page.close()


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_events_may_be_cut_at_any_byte(page: Page, newline: str) -> None:
    text = ": ping\n\nevent: item\ndata: 鲁迅😀\n\ndata:a\ndata: b\n\nevent: done\ndata: {}\n\n"
    text = text.replace("\n", newline)
    whole = [["item", "鲁迅😀"], ["message", "a\nb"], ["done", "{}"]]
    size = len(text.encode())
    for cut in range(size):
        assert page.evaluate(PARSE, {"text": text, "cuts": [0, cut]}) == whole
    assert page.evaluate(PARSE, {"text": text, "cuts": list(range(size))}) == whole


def test_an_event_without_its_blank_line_never_happened(page: Page) -> None:
    assert page.evaluate(PARSE, {"text": "event: done\ndata: {}\n", "cuts": [0]}) == []


def mark(page: Page, text: str, spans: list[tuple[int, int]]) -> Any:
    return page.evaluate(MARK, {"text": text, "spans": spans})


def test_spans_that_nest_and_cross_stay_readable(page: Page) -> None:
    assert mark(page, "内蒙古四子王旗", [(0, 7), (0, 3)])["marks"] == [
        ["0", "内蒙古四子王旗"],
        ["1", "内蒙古"],
    ]
    assert mark(page, "abcdef", [(0, 4), (2, 6)])["marks"] == [
        ["0", "abcd"],
        ["1", "cd"],
        ["1", "ef"],
    ]
    assert mark(page, "abc", [(0, 2), (0, 2)])["marks"] == [["0 1", "ab"]]


def test_places_outside_the_text_are_not_marked(page: Page) -> None:
    assert mark(page, "😀", [(0, 2), (1, 1), (-1, 1)])["marks"] == []


def test_marking_never_changes_the_text(page: Page) -> None:
    chance = random.Random(7)
    text = "a😀鲁迅\n𠮷b" * 4
    for _ in range(60):
        spans = [
            (start, chance.randint(start + 1, len(text)))
            for start in (chance.randrange(len(text)) for _ in range(chance.randint(1, 9)))
        ]
        marked = mark(page, text, spans)
        assert marked["text"] == text
        for row, (start, end) in enumerate(spans):
            pieces = [part for rows, part in marked["marks"] if str(row) in rows.split()]
            assert "".join(pieces) == text[start:end]

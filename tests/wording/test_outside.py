"""Templates and scripts of the page have no texts of their own: all of them are in the tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from web.pages import template_fields

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))

# Names of classes that models give, which have a colour of their own; no text of the page.
CLASSES = {"人物", "地点", "机构", "组织", "时间", "日期", "作品", "事件", "产品"}
# For developers: an element that a template has lost.
DEVELOPERS = {"The page has no #{}"}
# Keys of the keyboard, and the name of the program.
NAMES = {"Shift Enter", "Ctrl Z", "E · C · Delete", ", · Backspace", "Alt T · Alt N · Alt H", "Kex"}
# Selectors of the graph, and what a link says to the browser.
MARKS = {"node, edge", "noopener noreferrer"}
ALLOWED = CLASSES | DEVELOPERS | NAMES | MARKS

HAN = re.compile(r"[\u4e00-\u9fff]")
WORDS = re.compile(r"[A-Za-z]{2,}[,:;]? [A-Za-z]{2,}")
COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", re.S)
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')
# What is no text although it has blanks: names of CSS classes, selectors, media queries.
TECHNICAL = re.compile(
    r'(?:class|className|matches\(|closest\(|all\([\w.#]+,|querySelector(?:All)?\(|matchMedia\(|button\([^,"]*,)'
    r'\s*[:=]?\s*$'
)  # fmt: skip
SHOWN = ("alt", "aria-label", "label", "placeholder", "title")


def literals(code: str) -> Iterator[str]:
    """The strings of a script that may be texts."""
    code = COMMENT.sub("", code)
    for found in LITERAL.finditer(code):
        if not TECHNICAL.search(code[: found.start()]):
            yield re.sub(r"\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}", "{}", found[1] or found[2] or "")


def suspicious(string: str) -> bool:
    return string not in ALLOWED and bool(HAN.search(string) or WORDS.search(string))


class Reader(HTMLParser):
    """Collects what a browser shows of a template outside of Jinja's own marks."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def handle_data(self, data: str) -> None:
        self.shown += [data.strip()] if data.strip() else []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.shown += [value for name, value in attrs if name in SHOWN and value]


def shown(template: str) -> list[str]:
    reader = Reader()
    reader.feed(re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", template, flags=re.S))
    return reader.shown


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_have_no_texts_of_their_own(path: Path) -> None:
    assert [text for text in literals(path.read_text("utf-8")) if suspicious(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_have_no_texts_of_their_own(path: Path) -> None:
    template = path.read_text("utf-8")
    words = [text for text in shown(template) if re.search(r"[A-Za-z]{2,}|" + HAN.pattern, text)]
    assert [text for text in words if text.strip(" ·") not in ALLOWED] == []
    marks = "".join(re.findall(r"\{\{.*?\}\}|\{%.*?%\}", template, flags=re.S))
    assert [text for text in re.findall(r'"([^"]*)"', marks) if suspicious(text)] == []


def test_texts_are_found() -> None:
    code = 'el("p", { class: "a note" }, "Not found"); // no text\nconst s = `没有 ${n}`;'
    assert [text for text in literals(code) if suspicious(text)] == ["Not found", "没有 {}"]
    assert shown('<p title="{{ t }}">{{ t }} Not <b alt="found">') == ["Not", "found"]


def test_the_page_brings_its_scripts_all_their_texts() -> None:
    code = "".join(path.read_text("utf-8") for path in SCRIPTS)
    texts = template_fields("en")["wording"]["texts"]
    keys = set(re.findall(r'"((?:page|knowledge)\.[\w.]+)"', code))
    assert len(keys) > 100
    assert [key for key in keys if not any(text.startswith(key) for text in texts)] == []

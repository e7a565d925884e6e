"""The knowledge base in a browser: found, read, drawn, walked through; nobody is kept out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from settings import Settings
from storage.knowledge_base.base import Base
from tests import EMPTY_CACHE
from tests.page.conftest import Visit
from tests.page.test_access import LOOKS, check
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from tests.storage.knowledge_base.arrivals import entities, facts, triples
from web.services import services_of

TWO = "鲁迅出生于绍兴。他写了《呐喊》。"
ARRIVALS = [
    triples("a", "鲁迅出生于绍兴。", ("鲁迅", "出生地", "绍兴")),
    triples("b", TWO, ("鲁迅", "出生地", "绍兴"), ("鲁迅", "作品", "呐喊")),
    entities("b", TWO, {"人物": ["鲁迅"], "地点": ["绍兴"]}),
    facts("c", "周树人，笔名鲁迅，生于绍兴。", "周树人", [("出生地", "绍兴")], ["鲁迅"]),
    triples("d", "绍兴属于浙江。", ("绍兴", "属于", "浙江")),
    *(triples(f"n{n}", f"第{n}人住在绍兴。", (f"第{n}人", "住地", "绍兴")) for n in range(80)),
]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    address = str(tmp_path / "base.db")
    base = Base(address)
    list(base.take_in(ARRIVALS))
    base.close()
    settings = Settings(cache_dir=EMPTY_CACHE, store=None, base=address)
    with Serving(settings, {"Embedded": ScriptedModel(lambda _: [])}) as serving:
        yield serving
        holder = services_of(serving.app).knowledge_base
        holder.close()


def test_from_the_chat_to_an_entity_its_graph_and_its_source(
    serving: Serving, visit: Visit
) -> None:
    page = visit(serving.url)
    page.get_by_role("link", name="Knowledge base").click()
    box = page.get_by_role("searchbox")
    box.fill("周树")
    box.press("Enter")
    page.get_by_role("link", name="鲁迅", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("鲁迅")
    page.get_by_role("button", name="Draw the graph").click()
    drawn = page.locator(".canvas")
    expect(drawn).to_have_attribute("aria-label", re.compile("^Graph of 3 nodes and 2 edges;"))
    page.get_by_role("button", name="One step further").click()
    expect(drawn).to_have_attribute("aria-label", re.compile("^Graph of 84 nodes and 83 edges;"))
    expect(page.locator(".graph")).to_have_count(1)
    graph = "document.querySelector('.canvas')._cyreg.cy"
    page.evaluate(f"void {graph}.edges('[name = \"作品\"]')[0].emit('tap')")
    expect(page.locator(".graph .evidence q")).to_contain_text("他写了《呐喊》。 (b)")
    page.evaluate(f"void {graph}.nodes('[label = \"绍兴\"]')[0].emit('tap')")
    expect(page.get_by_role("heading", level=1)).to_have_text("绍兴")
    page.get_by_role("link", name="d", exact=True).click()
    expect(page.locator(".source mark")).to_have_text(["绍兴", "浙江"])
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html[lang=zh] .source mark")).to_have_count(2)


def test_lists_are_read_on(serving: Serving, visit: Visit) -> None:
    page = visit(serving.url)
    page.goto(f"{serving.url}/base/entities?ui=en")
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tbody tr")).to_have_count(34)
    expect(page.get_by_role("link", name="Next")).to_have_count(0)
    page.get_by_role("link", name="Back to the start").click()
    expect(page.locator("tbody tr")).to_have_count(50)


@pytest.mark.parametrize("look", LOOKS)
def test_nobody_is_kept_out(serving: Serving, visit: Visit, look: dict[str, Any]) -> None:
    page = visit(serving.url, **look)
    for path in ("entities?", "triples?", "sources?", "source?id=b&", "entities?query=鲁迅&"):
        page.goto(f"{serving.url}/base/{path}ui={look['ui']}")
        check(page, path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.locator("tbody a").first.click()
    page.locator("details.joins summary").click()
    page.locator("#around button").first.click()
    expect(page.locator(".canvas")).to_be_visible()
    check(page, "entity")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

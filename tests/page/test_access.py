"""The page for everybody: axe-core finds nothing wrong, in any state, light or dark, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from settings import Settings
from tests import EMPTY_CACHE
from tests.page.conftest import Visit, forgive, script
from tests.page.test_page import LUXUN, finished, send
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from web.services import services_of

# Colours on their way are no contrast to judge; what pulses for ever stays.
STILL = """document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime < Infinity)
    .forEach((one) => one.finish())"""
LOOKS = [
    pytest.param({"ui": "en", "color_scheme": "light"}, id="light"),
    pytest.param({"ui": "zh", "color_scheme": "dark"}, id="dark"),
    pytest.param(
        {"ui": "en", "color_scheme": "light", "viewport": {"width": 360, "height": 740}}, id="phone"
    ),
]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    models = {name: ScriptedModel(script) for name in ("Embedded", "Local-GLM")}
    settings = Settings(cache_dir=EMPTY_CACHE, store=tmp_path / "kex.db")
    with Serving(settings, models) as serving:
        yield serving
        memory = services_of(serving.app).conversations
        memory.close()


def check(page: Page, state: str) -> None:
    """Contrast (AA), names, roles, order, as far as a program can judge them."""
    page.evaluate(STILL)
    found = Axe().run(page)
    wrong = [
        (one["id"], one["impact"], [node["html"][:160] for node in one["nodes"]][:4])
        for one in found.response["violations"]
    ]
    assert wrong == [], state
    assert "color-contrast" in {one["id"] for one in found.response["passes"]}


@pytest.mark.parametrize("look", LOOKS)
def test_nobody_is_kept_out(
    serving: Serving, visit: Visit, look: dict[str, Any], problems: list[str]
) -> None:
    page = visit(serving.url, **look)
    check(page, "welcome")

    send(page, LUXUN)
    finished(page)
    page.locator("#history-button").click()
    expect(page.locator(".history li")).to_have_count(1)
    check(page, "history")
    page.keyboard.press("Escape")

    page.locator(".turn [aria-expanded]").click()
    expect(page.locator(".turn .canvas")).to_be_visible()
    page.locator("tr[data-row]").first.focus()
    page.keyboard.press("c")
    expect(page.locator("tr[data-row] .badge")).to_have_count(1)
    page.locator("tr[data-row]").nth(1).focus()
    page.keyboard.press("e")
    expect(page.locator("form.correction")).to_be_visible()
    page.locator(".turn select").last.select_option("Local-GLM")
    expect(page.locator(".comparison table")).to_be_visible()
    check(page, "three views, a correction, a comparison")

    send(page, "SLOW")
    expect(page.locator(".running tr[data-row]").first).to_be_visible()
    check(page, "an answer on its way")
    page.locator("#stop-button").click()

    page.locator("#user-input").focus()
    page.locator("#only-button").click()
    page.locator("#only-row select").select_option(index=1)
    expect(page.locator(".chip").first).to_be_visible()
    send(page, "FAIL")
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, "names, and an error")

    send(page, "<img src=x onerror=alert(1)>", "KE2")
    expect(page.locator(".badge")).to_have_count(1)
    send(page, "你好", "Chat")
    expect(page.locator(".turn.talk .measures")).to_be_visible()
    page.locator("#help-button").click()
    expect(page.locator("#help")).to_be_visible()
    check(page, "a talk, and the sheet of keys")
    forgive(page, problems)


@pytest.mark.parametrize("look", LOOKS)
def test_nobody_is_kept_out_of_the_http_api(
    serving: Serving, visit: Visit, look: dict[str, Any]
) -> None:
    page = visit(serving.url, **look)
    page.goto(f"{serving.url}/docs?ui={look['ui']}")
    assert "/get_response" in page.locator("main").inner_text()
    check(page, "the page of the routes")

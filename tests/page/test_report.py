"""The HTML report and the page without scripts, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect

from export.formats import write
from export.report.page import POLICY, STYLE
from markup.html import Html, document
from tests.export.answers import NASTY, TASKS, XSS, nasty, reals
from tests.page.test_page import LUXUN

Opened = Callable[..., Page]


@pytest.fixture
def asked() -> list[str]:
    """Every address that a page asked for, dialogs, and what the browser complained about."""
    return []


@pytest.fixture
def show(browser: Browser, asked: list[str], tmp_path: Path) -> Iterator[Opened]:
    """Opens a file that holds this HTML."""
    contexts: list[BrowserContext] = []

    def on_dialog(dialog: Dialog) -> None:
        asked.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open_file(html: str, **options: Any) -> Page:
        file = tmp_path / f"report{len(contexts)}.html"
        file.write_text(html, encoding="utf-8", newline="")
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("dialog", on_dialog)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda said: asked.append(said.text))
        page.on("pageerror", lambda error: asked.append(str(error)))
        page.goto(file.as_uri())
        assert asked.pop(0) == file.as_uri()
        return page

    yield open_file
    for context in contexts:
        context.close()


def test_nothing_in_a_report_acts(show: Opened, asked: list[str]) -> None:
    corpus = [*XSS, *(string for string in NASTY if len(string) < 1000)]
    records = [nasty(task, string) for string in corpus for task in TASKS]
    page = show("".join(write("html", records)))
    page.locator("td a").first.click()
    page.locator("mark").last.hover()
    page.keyboard.press("Tab")
    page.wait_for_timeout(500)
    assert asked == []
    assert page.locator("section").count() == len(records)
    assert page.locator("script, img, iframe, form, base, link, object, [onerror]").count() == 0
    headings = page.locator("h2").all_text_contents()
    plain = [string for string in corpus if not re.search("[\x00-\x1f\x7f-\x9f]", string)]
    assert set(headings) >= set(plain)


def test_the_policy_holds_where_escaping_would_fail(show: Opened, asked: list[str]) -> None:
    evil = Html(
        "<script>alert(1)</script><img src=http://127.0.0.1:9/x onerror=alert(2)>"
        "<style>body { display: none }</style><iframe srcdoc='<script>alert(3)</script>'></iframe>"
    )
    page = show("".join(document("en", "t", STYLE, POLICY, "seen", evil)))
    page.wait_for_timeout(300)
    expect(page.locator("body")).to_be_visible()
    refused = [one for one in asked if "Content Security Policy" in one]
    for what in ("inline script", "event handler", "inline style", "image"):
        assert any(what in one for one in refused), what
    # The browser tells of the picture's address, too, though it never asked for it.
    assert {one for one in asked if one not in refused} <= {"http://127.0.0.1:9/x"}


def test_a_report_is_whole_without_scripts(show: Opened, asked: list[str]) -> None:
    page = show("".join(write("html", reals())), java_script_enabled=False)
    first = page.locator("section").first
    expect(first.locator("mark")).to_have_text(["鲁迅", "周树人", "1881年9月25日"])
    expect(first.locator("tbody tr")).to_have_count(3)
    expect(first.locator("svg .node")).to_have_count(4)
    first.get_by_role("link", name="周树人", exact=True).click()
    expect(first.locator("mark:target")).to_have_text("周树人")
    first.locator("a.quote").first.click()
    expect(first.locator(".evidence:target")).to_contain_text("绍兴")
    assert asked == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_scrolls_down_only(show: Opened, scheme: str) -> None:
    page = show(
        "".join(write("html", reals())),
        viewport={"width": 360, "height": 740},
        color_scheme=scheme,
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(244, 246, 244)") == (scheme == "light")


def test_the_form_works_without_scripts(
    browser: Browser, scripted_url: str, asked: list[str]
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.on("console", lambda said: asked.append(said.text))
    page.goto(scripted_url)
    assert "the answer comes as a page of its own" in page.content()
    page.fill("#user-input", "😀\n" + LUXUN)
    page.click("#send-button")
    expect(page.locator("mark")).to_have_text(["鲁迅", "浙江绍兴", "狂人日记"])
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("svg .node")).to_have_count(3)
    assert page.locator("body").evaluate("body => getComputedStyle(body).maxWidth") == "1024px"
    page.get_by_role("link", name="返回").click()
    page.fill("#user-input", "FAIL")
    page.click("#send-button")
    expect(page.locator(".error")).to_have_text("The model broke off.")
    page.get_by_role("link", name="Back").click()
    expect(page.locator("#user-input")).to_be_visible()
    context.close()
    assert [one for one in asked if "503" not in one] == []

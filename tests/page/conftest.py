"""A real browser, and the two servers that the page's tests open."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Dialog,
    Page,
    Request,
    expect,
    sync_playwright,
)

from errors import ModelFailed
from models.base import GenerateRequest
from models.embedded.model import Embedded
from settings import Settings
from tests import EMPTY_CACHE
from tests.scripted_model import ScriptedModel, Step
from tests.serving import Serving

# Chromium asks its maker's hosts for many things at a start; none of it belongs to a test.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# Reports to the console what the content security policy refused, so that `visit` sees it.
REPORT = "addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.blockedURI))"

Visit = Callable[..., Page]

# Read before any test runs: tests clear the KEX_ variables.
CHROMIUM = os.environ.get("KEX_TEST_CHROMIUM")


def find_browser() -> str:
    """Chromium's path; without one the page's tests are skipped, in CI they fail."""
    names = [CHROMIUM] if CHROMIUM else ["chromium", "chromium-browser", "google-chrome"]
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    reason = "no Chromium: install it, or set KEX_TEST_CHROMIUM"
    if os.environ.get("CI"):
        raise FileNotFoundError(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    path = find_browser()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield chromium
        chromium.close()


def script(request: GenerateRequest) -> Sequence[Step]:
    """What the scripted model answers, by a word in the text, in pieces of the text."""
    text = request.messages[-1].content
    if "SLOW" in text:
        steps: list[Step] = ['{"triples":[']
        for number in range(40):
            row = json.dumps(["SLOW", f"step {number}", "LOW"])
            steps += [0.5, ("," if number else "") + row]
        return [*steps, "]}"]
    if "FAIL" in text:
        return ['{"triples":[["FAIL","is","AIL"],', 0.2, ModelFailed("The model broke off.")]
    if "<img" in text:
        return [json.dumps({"person": ["<img src=x onerror=alert(1)>"]})]
    if "STRANGE" in text:
        return ['{"triples":[["STRANGE","knows","Lord Kelvin"]]}']
    if "鲁迅" in text:
        first, second = '["鲁迅","出生地","浙江绍兴"]', '["鲁迅","作品","狂人日记"]'
        return ['{"triples":[' + first + ",", 0.3, second, 0.3, "]}"]
    return ['{"triples":[]}']


@pytest.fixture(scope="session")
def scripted_url() -> Iterator[str]:
    """A real server whose model plays a script."""
    settings = Settings(cache_dir=EMPTY_CACHE, store=None)
    with Serving(settings, {"Embedded": ScriptedModel(script)}) as serving:
        yield serving.url


@pytest.fixture(scope="session")
def page_url(tiny: Embedded) -> Iterator[str]:
    """A real server with a real, tiny model."""
    settings = Settings(cache_dir=EMPTY_CACHE, store=None, max_tokens=64)
    with Serving(settings, {"Embedded": tiny}) as serving:
        yield serving.url


def settle(page: Page) -> None:
    """Waits until the scripts are at work: they come after the browser's load event."""
    expect(page.locator("#counter")).not_to_be_empty()


@pytest.fixture
def problems() -> list[str]:
    """What the browser complained about; a test that expects a complaint clears it."""
    return []


def forgive(page: Page, problems: list[str]) -> None:
    """Ends a test that provoked complaints: a browser may log them later than it shows an error."""
    page.close()
    problems.clear()


@pytest.fixture
def visit(browser: Browser, scripted_url: str, problems: list[str]) -> Iterator[Visit]:
    """Opens the page; afterwards nothing may have gone wrong in it or left its host."""
    contexts: list[BrowserContext] = []

    def open_page(base: str = scripted_url, ui: str | None = "en", **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(REPORT)
        _watch(page, base, problems)
        page.goto(f"{base}/?ui={ui}" if ui else base)
        expect(page.locator("#counter")).not_to_be_empty()  # the scripts are at work
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def _watch(page: Page, base: str, problems: list[str]) -> None:
    def on_dialog(dialog: Dialog) -> None:
        problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def on_request(request: Request) -> None:
        # A blob's address begins with the page's own and leads to its memory.
        if urlsplit(request.url.removeprefix("blob:")).netloc != urlsplit(base).netloc:
            problems.append(f"left the host: {request.url}")

    page.on("console", lambda said: problems.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", on_dialog)
    page.on("request", on_request)

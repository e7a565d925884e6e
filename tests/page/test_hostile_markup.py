"""Markup from the model, the history, an entity, a file's name and an export runs nowhere.

Scenario 13. The `visit` fixture notes every dialog, every message of the console and every request
that leaves the host; tests/page/test_report.py opens the exported report itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from models.base import GenerateRequest
from settings import Settings
from tests import EMPTY_CACHE
from tests.export.answers import XSS
from tests.page.conftest import Visit
from tests.page.handing import choose, file
from tests.page.test_page import finished, send
from tests.scripted_model import ScriptedModel, Step
from tests.serving import Serving
from tests.storage.conversations.answers import turn
from web.services import services_of

# What a form can carry: a NUL is refused before it comes to anything.
CORPUS = [one for one in XSS if "\0" not in one and "\x0b" not in one]


def script(request: GenerateRequest) -> Sequence[Step]:
    """The markup of the text as names, or as a fact's key and value."""
    text = request.messages[-1].content
    said = [one for one in CORPUS if one in text]
    if "born in" in text:
        return [json.dumps({one: said for one in said})]
    return [json.dumps({"person": said})]


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Serving]:
    settings = Settings(cache_dir=EMPTY_CACHE, store=tmp_path / "kex.db")
    with Serving(settings, {"Embedded": ScriptedModel(script)}) as serving:
        yield serving


def no_elements(page: Page) -> None:
    """None of the corpus became an element."""
    made = "main script, main img, main iframe, main object, main base, main svg[onload]"
    assert page.locator(made).count() == 0
    assert page.locator("[onerror], [onload], [onmouseover], [onbegin], [ontoggle]").count() == 0
    assert page.locator("main a[href^='javascript']").count() == 0


def test_in_answers_and_history(keeping: Serving, visit: Visit) -> None:
    page = visit(keeping.url)
    for start in range(0, len(CORPUS), 8):
        some = CORPUS[start : start + 8]
        send(page, " and ".join(f"Ann met {one} here." for one in some), "KE2")
        finished(page)
        no_elements(page)
    first = page.locator("tr[data-row]").first
    expect(first).to_contain_text("alert(1)")
    page.reload()  # from the database
    expect(page.locator(".turn").first).to_be_visible()
    no_elements(page)
    page.get_by_role("button", name="History").click()
    expect(page.locator(".history .title")).to_contain_text("<script>")
    no_elements(page)
    page.wait_for_timeout(300)


def test_as_titles_of_conversations(keeping: Serving, visit: Visit) -> None:
    store = services_of(keeping.app).conversations.get()
    for one in CORPUS:
        store.append(store.begin(one).id, turn(one))  # an empty conversation is not listed
    page = visit(keeping.url)
    page.get_by_role("button", name="History").click()
    expect(page.locator(".history .title").first).to_be_visible()
    shown = page.locator(".history .title").all_text_contents()
    assert sorted(shown) == sorted(CORPUS)
    no_elements(page)
    page.wait_for_timeout(300)


def test_in_names_of_files_and_columns(
    keeping: Serving,
    visit: Visit,
    problems: list[str],
) -> None:
    page = visit(keeping.url)
    for one in CORPUS[:12]:
        name = one.replace("/", "∕")[:100]
        choose(page, file(f"{name}.csv", f'"{one.replace(chr(34), chr(34) * 2)}",b\n1,2'))
    expect(page.locator(".slip")).to_have_count(12)
    expect(page.locator(".slip").first).to_contain_text("<script>")
    no_elements(page)
    page.wait_for_timeout(300)

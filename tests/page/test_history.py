"""Conversations that the server keeps: in the page's address, and in the list beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from errors import ModelFailed
from models.base import GenerateRequest
from settings import Settings
from tests import EMPTY_CACHE
from tests.page.conftest import Visit, forgive
from tests.page.test_page import LUXUN, finished, send
from tests.page.test_talk import ask
from tests.scripted_model import ScriptedModel, Step
from tests.serving import Serving
from web.services import services_of


def script(request: GenerateRequest) -> Sequence[Step]:
    """Triples, talk, a failure, or a slow answer."""
    text = request.messages[-1].content
    if "鲁迅" in text:
        return ['{"triples":[["鲁迅","出生地","浙江绍兴"]]}']
    if "Ada" in text:
        return ['{"triples":[["Ada","likes","<b>tea</b>"]]}']
    if "FAIL" in text:
        return ['{"triples":[["FAIL","is","AIL"],', ModelFailed("The model broke off.")]
    if "SLOW" in text:
        return ["Slowly", 2.0, " done"]
    return [f"{text}: {len(request.messages)}"]


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Serving]:
    settings = Settings(cache_dir=EMPTY_CACHE, store=tmp_path / "kex.db")
    with Serving(settings, {"Embedded": ScriptedModel(script)}) as serving:
        yield serving
        memory = services_of(serving.app).conversations
        memory.close()


def history(page: Page) -> None:
    page.get_by_role("button", name="History").click()
    expect(page.get_by_role("searchbox", name="Search titles")).to_be_focused()


def titles(page: Page, *expected: str) -> None:
    expect(page.locator(".history .title")).to_have_text(list(expected))


def test_a_reload_shows_what_was_said(keeping: Serving, visit: Visit) -> None:
    page = visit(keeping.url)
    send(page, LUXUN)
    finished(page)
    ask(page, "one", "one: 1")
    ask(page, "two", "two: 3")
    assert re.search(r"[?&]c=[0-9a-f-]{36}", page.url)
    page.reload()
    expect(page.locator(".turn")).to_have_count(3)
    expect(page.locator("mark")).to_have_text(["鲁迅", "浙江绍兴"])
    expect(page.locator(".measures")).to_have_count(3)
    expect(page.locator("#welcome")).to_be_hidden()
    ask(page, "three", "three: 5")


def test_an_error_is_there_again_and_its_retry_takes_its_place(
    keeping: Serving, visit: Visit
) -> None:
    page = visit(keeping.url)
    send(page, "FAIL")
    expect(page.get_by_role("alert")).to_contain_text("The model broke off.")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("The model broke off.")
    page.get_by_role("button", name="Retry").click()
    expect(page.locator("#send-button")).to_be_enabled()
    expect(page.locator(".turn")).to_have_count(1)


def test_the_items_of_an_answer_that_broke_off_are_kept(keeping: Serving, visit: Visit) -> None:
    page = visit(keeping.url)
    send(page, "FAIL")
    expect(page.get_by_role("alert")).to_be_visible()
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("incomplete")
    expect(page.locator("tr[data-row]")).to_have_text(["FAILisAIL"])


def test_the_list_is_searched_opened_renamed_and_emptied(keeping: Serving, visit: Visit) -> None:
    page = visit(keeping.url)
    send(page, LUXUN)
    finished(page)
    page.get_by_role("button", name="New conversation").click()
    send(page, "Ada likes <b>tea</b>.")
    finished(page)
    history(page)
    titles(page, "Ada likes <b>tea</b>.", LUXUN)
    page.fill(".history input[type=search]", "绍兴")
    titles(page, LUXUN)
    page.locator(".history a").click()
    expect(page.locator("mark").first).to_have_text("鲁迅")
    page.go_back()
    expect(page.locator("mark").first).to_have_text("Ada")
    page.fill(".history input[type=search]", "")
    titles(page, "Ada likes <b>tea</b>.", LUXUN)
    expect(page.locator(".history a[aria-current=page] .title")).to_have_text(
        "Ada likes <b>tea</b>."
    )

    page.locator(".history li").first.hover()
    page.get_by_role("button", name="Rename: Ada").click()
    page.fill(".history li input", "Tea")
    page.press(".history li input", "Enter")
    titles(page, "Tea", LUXUN)
    page.reload()
    history(page)
    titles(page, "Tea", LUXUN)

    page.locator(".history li").first.hover()
    page.get_by_role("button", name="Delete: Tea").click()
    titles(page, "Tea", LUXUN)  # it asks first
    page.get_by_role("button", name="Delete it?").click()
    titles(page, LUXUN)
    expect(page.locator("#welcome")).to_be_visible()
    assert "c=" not in page.url
    page.keyboard.press("Escape")
    expect(page.locator(".history")).to_be_hidden()


def test_an_answer_that_is_left_alone_is_kept(keeping: Serving, visit: Visit) -> None:
    page = visit(keeping.url)
    ask(page, "SLOW")
    expect(page.locator(".answer .said")).to_have_text("Slowly")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#send-button")).to_be_enabled()
    expect(page.locator(".turn")).to_have_count(0)
    page.go_back()
    expect(page.locator(".answer .said")).to_have_text("Slowly done")


def test_a_replacement_that_is_stopped_replaces_nothing(keeping: Serving, visit: Visit) -> None:
    page = visit(keeping.url)
    ask(page, "one", "one: 1")
    ask(page, "two", "two: 3")
    page.get_by_role("button", name="Edit").first.click()
    ask(page, "SLOW")
    expect(page.locator(".answer .said:visible")).to_have_text(["Slowly"])
    page.keyboard.press("Escape")
    expect(page.locator(".answer .said")).to_have_text(["one: 1", "Slowly", "two: 3"])
    ask(page, "three", "three: 5")
    page.reload()
    expect(page.locator(".answer .said:visible")).to_have_text(["one: 1", "two: 3", "three: 5"])


def test_what_was_stopped_is_there_to_be_asked_again(keeping: Serving, visit: Visit) -> None:
    page = visit(keeping.url)
    ask(page, "one", "one: 1")
    ask(page, "SLOW")
    expect(page.locator(".answer .said").last).to_have_text("Slowly")
    memory = services_of(keeping.app).conversations
    name = page.url.partition("c=")[2]
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped.").last).to_be_visible()
    while len(memory.get().load(name).turns) < 2:  # the server hears of it within a second
        page.wait_for_timeout(50)
    page.reload()
    expect(page.get_by_text("Stopped.").last).to_be_visible()
    expect(page.locator(".answer .said").last).to_have_text("Slowly")  # what had come is there
    page.get_by_role("button", name="Retry").click()
    expect(page.locator(".answer .said").last).to_have_text("Slowly done")
    expect(page.locator(".turn")).to_have_count(2)
    assert [turn.position for turn in memory.get().load(name).turns] == [1, 2]


def test_an_answer_in_another_conversation_is_told(keeping: Serving, visit: Visit) -> None:
    page = visit(keeping.url)
    ask(page, "SLOW")
    expect(page.locator(".answer .said")).to_have_text("Slowly")
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_text("Another conversation is still generating")).to_be_visible()
    page.get_by_role("button", name="Show it").click()
    expect(page.locator(".answer .said")).to_contain_text("Slowly")
    expect(page.locator("#elsewhere")).to_be_hidden()
    expect(page.locator("#send-button")).to_be_enabled()


def test_a_conversation_begun_slowly_does_not_take_over_the_next(
    keeping: Serving, visit: Visit
) -> None:
    page = visit(keeping.url)
    slow: list[Route] = []
    page.route("**/conversations", lambda route: slow.append(route))
    page.fill("#user-input", LUXUN)
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(1)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".turn")).to_have_count(0)
    slow[0].continue_()
    page.unroute("**/conversations")
    expect(page.locator("#send-button")).to_be_enabled()
    assert "c=" not in page.url
    expect(page.locator("#welcome")).to_be_visible()
    history(page)
    titles(page, LUXUN)


def test_a_conversation_that_is_gone_is_told(
    keeping: Serving, visit: Visit, problems: list[str]
) -> None:
    page = visit(keeping.url)
    page.goto(f"{keeping.url}/?ui=en&c=00000000-0000-4000-8000-000000000000")
    expect(page.get_by_role("alert")).to_contain_text("may have been deleted")
    send(page, LUXUN)
    finished(page)
    forgive(page, problems)  # the browser logs the 404


def test_one_deleted_elsewhere_takes_no_text_along(
    keeping: Serving, visit: Visit, problems: list[str]
) -> None:
    page = visit(keeping.url)
    send(page, LUXUN)
    finished(page)
    memory = services_of(keeping.app).conversations
    memory.get().delete(page.url.partition("c=")[2])
    send(page, "Ada likes <b>tea</b>.")
    expect(page.get_by_role("alert")).to_contain_text("may have been deleted")
    page.get_by_role("button", name="Retry").click()
    expect(page.locator("mark").last).to_have_text("<b>tea</b>")
    forgive(page, problems)


def test_without_a_store_nothing_offers_one(visit: Visit, scripted_url: str) -> None:
    page = visit(scripted_url)
    expect(page.get_by_role("button", name="History")).to_have_count(0)
    send(page, LUXUN)
    finished(page)
    assert "c=" not in page.url

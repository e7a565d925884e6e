"""Answers corrected by a person: kept, marked, saved, and learnt from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from models.base import GenerateRequest
from settings import Settings
from tests import EMPTY_CACHE
from tests.page.conftest import Visit, forgive
from tests.page.test_page import LUXUN, finished, send
from tests.scripted_model import ScriptedModel, Step
from tests.serving import Serving
from web.services import services_of

LOCATED = "鲁迅出生地浙江绍兴"


@pytest.fixture
def asked() -> list[GenerateRequest]:
    """What the model was asked."""
    return []


@pytest.fixture
def correcting(tmp_path: Path, asked: list[GenerateRequest]) -> Iterator[Serving]:
    def script(request: GenerateRequest) -> Sequence[Step]:
        asked.append(request)
        return ['{"triples":[["鲁迅","出生地","浙江绍兴"],["鲁迅","作品","狂人日记"]]}']

    settings = Settings(cache_dir=EMPTY_CACHE, store=tmp_path / "kex.db")
    with Serving(settings, {"Embedded": ScriptedModel(script)}) as serving:
        yield serving
        memory = services_of(serving.app).conversations
        memory.close()


@pytest.fixture
def page(correcting: Serving, visit: Visit) -> Page:
    page = visit(correcting.url)
    send(page, LUXUN)
    finished(page)
    expect(page.get_by_role("button", name="Add item")).to_be_visible()
    return page


def rows(page: Page, *texts: str) -> None:
    expect(page.locator("tr[data-row]")).to_have_text(list(texts))


def test_items_are_confirmed_edited_deleted_and_the_answer_stays_so(page: Page) -> None:
    page.locator("tr[data-row]").first.hover()
    page.get_by_role("button", name="Confirm").click()
    rows(page, f"{LOCATED}confirmed", "鲁迅作品狂人日记")
    page.locator("tr[data-row]").nth(1).hover()
    page.get_by_role("button", name="Edit (E)").click()
    page.get_by_label("Relation", exact=True).last.fill("代表作")
    page.get_by_role("button", name="Save", exact=True).click()
    rows(page, f"{LOCATED}confirmed", "鲁迅代表作狂人日记edited")
    page.locator("tr[data-row]").first.focus()
    page.keyboard.press("Delete")
    rows(page, "鲁迅代表作狂人日记edited")
    page.reload()
    rows(page, "鲁迅代表作狂人日记edited")
    expect(page.locator("mark")).to_have_text(["鲁迅", "狂人日记"])


def test_keys_act_on_the_row_that_has_the_focus(page: Page) -> None:
    page.locator("tr[data-row]").first.focus()
    page.locator("tr[data-row]").nth(1).hover()  # now the buttons stand in the other row
    page.keyboard.press("Delete")
    expect(page.locator("tr[data-row]")).to_have_text(["鲁迅作品狂人日记"])


def test_the_form_of_an_item_is_in_sight_on_a_phone(correcting: Serving, visit: Visit) -> None:
    for width in (360, 320):
        page = visit(correcting.url, viewport={"width": width, "height": 740})
        for number in (1, 2):
            send(page, LUXUN)
            expect(page.locator(".measures")).to_have_count(number)
            expect(page.get_by_role("button", name="Add item")).to_have_count(number)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.locator("tr[data-row]").last.focus()
        page.keyboard.press("e")
        expect(page.locator("form.correction input").first).to_be_focused()
        bottom = "document.activeElement.getBoundingClientRect().bottom"
        top = "document.querySelector('#composer').getBoundingClientRect().top"
        assert page.evaluate(f"{bottom} <= {top}")


def test_a_key_that_is_held_deletes_one_row(page: Page) -> None:
    page.locator("tr[data-row]").first.focus()
    for _ in range(10):
        page.keyboard.down("Delete")
    page.keyboard.up("Delete")
    rows(page, "鲁迅作品狂人日记")
    page.keyboard.press("Delete")
    rows(page)
    expect(page.get_by_role("button", name="Add item")).to_be_focused()


def test_the_form_stands_below_its_row_and_the_item_keeps_the_focus(page: Page) -> None:
    first = page.locator("tr[data-row]").first
    first.focus()
    page.keyboard.press("E")  # as with Caps Lock
    below = page.locator("tr[data-row='0'] + tr.editing")
    below.get_by_label("Tail").fill("绍兴")
    page.locator("thead .sort").last.click()
    expect(below).to_be_visible()
    page.locator("thead .sort").last.click()
    below.get_by_label("Tail").press("Enter")
    rows(page, "鲁迅出生地绍兴edited", "鲁迅作品狂人日记")  # sorted by the tail, descending
    expect(page.locator("tr:focus")).to_contain_text("绍兴")
    page.keyboard.press("Delete")
    expect(page.locator("tr:focus")).to_contain_text("狂人日记")


def test_a_new_item_comes_into_sight_past_the_filter(page: Page) -> None:
    page.evaluate("document.querySelector('.filter').hidden = false")
    page.fill(".filter", "作品")
    page.get_by_role("button", name="Add item").click()
    form = page.get_by_role("form", name="Add item")
    for label, value in (("Head", "鲁迅"), ("Relation", "籍贯"), ("Tail", "绍兴")):
        form.get_by_label(label).fill(value)
    page.keyboard.press("Enter")
    expect(page.locator("tr:focus")).to_have_text("鲁迅籍贯绍兴added")
    expect(form).to_have_count(0)


def test_the_row_below_is_next_where_the_table_is_sorted(page: Page) -> None:
    page.locator("thead .sort").nth(1).click()
    page.locator("thead .sort").nth(1).click()
    shown = page.locator("tr[data-row]").all_inner_texts()
    page.locator("tr[data-row]").first.focus()
    page.keyboard.press("Delete")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page.locator("tr:focus")).to_have_text(re.sub(r"\s", "", shown[1]))


def test_what_another_tab_corrected_is_shown_before_it_is_undone(
    page: Page, correcting: Serving, visit: Visit, problems: list[str]
) -> None:
    page.locator("tr[data-row]").first.focus()
    page.keyboard.press("c")
    rows(page, f"{LOCATED}confirmed", "鲁迅作品狂人日记")
    other = visit(page.url, ui=None)
    expect(other.get_by_role("button", name="Add item")).to_be_visible()  # the keys work by now
    other.locator("tr[data-row]").nth(1).focus()
    other.keyboard.press("Delete")
    rows(other, f"{LOCATED}confirmed")
    page.locator(".trace").get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("changed elsewhere")
    rows(page, f"{LOCATED}confirmed")
    page.locator(".trace").get_by_role("button").click()
    rows(page, f"{LOCATED}confirmed", "鲁迅作品狂人日记")
    forgive(page, problems)


def test_without_corrections_nothing_is_learnt_from(page: Page) -> None:
    learn = page.locator("#learn-row")
    page.locator("tr[data-row]").first.focus()
    page.keyboard.press("c")
    expect(learn).to_be_visible()
    page.keyboard.press("Control+z")
    expect(learn).to_be_hidden()


def test_what_was_deleted_stays_readable_and_comes_back(page: Page) -> None:
    first = page.locator("tr[data-row]").first
    first.focus()
    page.keyboard.press("Delete")
    trace = page.locator(".trace")
    expect(trace).to_contain_text("1 correction")
    expect(trace.locator("del")).to_have_text("鲁迅 · 出生地 · 浙江绍兴")
    page.reload()
    rows(page, "鲁迅作品狂人日记")
    expect(trace.locator("del")).to_have_count(1)
    first.focus()
    page.keyboard.press("c")
    undo = trace.get_by_role("button")
    undo.click()
    rows(page, "鲁迅作品狂人日记")
    expect(undo).to_be_focused()
    first.focus()
    page.keyboard.press("Control+z")
    rows(page, LOCATED, "鲁迅作品狂人日记")
    expect(trace).to_be_hidden()
    page.keyboard.press("Control+z")  # nothing is left to be taken back, and nothing happens
    page.reload()
    rows(page, LOCATED, "鲁迅作品狂人日记")


def test_what_is_being_typed_survives_another_change(page: Page) -> None:
    page.get_by_role("button", name="Add item").click()
    form = page.get_by_role("form", name="Add item")
    form.get_by_label("Relation").fill("籍贯")
    page.locator("tr[data-row]").nth(1).focus()
    page.keyboard.press("c")
    rows(page, LOCATED, "鲁迅作品狂人日记confirmed")
    page.keyboard.press("e")
    expect(form.get_by_label("Relation")).to_have_value("籍贯")


def test_asking_again_leaves_a_corrected_answer_alone(page: Page) -> None:
    page.locator("tr[data-row]").first.focus()
    page.keyboard.press("Delete")
    rows(page, "鲁迅作品狂人日记")
    page.get_by_role("button", name="Regenerate").click()
    rows(page, "鲁迅作品狂人日记", LOCATED, "鲁迅作品狂人日记")
    page.reload()
    rows(page, "鲁迅作品狂人日记", LOCATED, "鲁迅作品狂人日记")
    page.get_by_role("link", name="中文").click()
    expect(page.locator("html[lang=zh] tr[data-row]")).to_have_count(3)


def test_the_graph_follows_a_correction(page: Page) -> None:
    page.get_by_role("button", name="Graph", exact=True).click()
    drawn = page.locator(".turn .canvas")
    expect(drawn).to_have_attribute("aria-label", re.compile("3 nodes and 2 edges"))
    page.locator("tr[data-row]").first.focus()
    page.keyboard.press("Delete")
    expect(drawn).to_have_attribute("aria-label", re.compile("2 nodes and 1 edge;"))


def test_a_selected_piece_of_the_text_becomes_an_item(page: Page) -> None:
    page.get_by_role("button", name="Add item").click()
    form = page.get_by_role("form", name="Add item")
    expect(form.get_by_label("Head")).to_be_focused()
    page.locator("mark", has_text="鲁迅").dblclick()
    expect(form.get_by_label("Head")).to_have_value("鲁迅")
    form.get_by_label("Relation").fill("籍贯")
    form.get_by_label("Tail").fill("绍兴")
    page.keyboard.press("Enter")
    rows(page, LOCATED, "鲁迅作品狂人日记", "鲁迅籍贯绍兴added")


def test_what_does_not_fit_is_said_and_nothing_is_lost(page: Page, problems: list[str]) -> None:
    page.get_by_role("button", name="Add item").click()
    form = page.get_by_role("form", name="Add item")
    for label, value in (("Head", "鲁迅"), ("Relation", "出生地"), ("Tail", "浙江绍兴")):
        form.get_by_label(label).fill(value)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("already")
    expect(form.get_by_label("Tail")).to_have_value("浙江绍兴")
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    forgive(page, problems)


def test_corrections_become_examples_by_choice(page: Page, asked: list[GenerateRequest]) -> None:
    learn = page.get_by_label("Learn from my corrections")
    expect(learn).to_be_hidden()
    page.locator("tr[data-row]").nth(1).hover()
    page.get_by_role("button", name="Delete (Del)").click()
    rows(page, LOCATED)
    learn.check()
    send(page, "老舍出生于北京。")
    expect(page.locator(".measures")).to_have_count(2)
    shown = [message.content for message in asked[-1].messages if message.role == "assistant"]
    assert [json.loads(one)["triples"] for one in shown] == [[["鲁迅", "出生地", "浙江绍兴"]]]


def test_what_is_saved_holds_the_corrections(page: Page) -> None:
    page.locator("tr[data-row]").nth(1).focus()
    page.keyboard.press("Delete")
    rows(page, LOCATED)
    with page.expect_download() as download:
        page.get_by_label("Save as…").select_option("csv")
    text = download.value.path().read_text("utf-8-sig")
    assert "出生地" in text and "狂人日记" not in text.replace(LUXUN, "")

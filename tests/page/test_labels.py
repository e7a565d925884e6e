"""Names that narrow an answer: chips, sets of them at hand, sets of one's own."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import Visit
from tests.page.handing import hand_over
from tests.page.test_page import LUXUN, send


@pytest.fixture
def page(visit: Visit) -> Page:
    page = visit()
    page.locator("#only-button").click()
    expect(page.get_by_label("Presets…")).to_be_visible()
    expect(page.locator("#only-input")).to_be_focused()
    return page


def chips(page: Page, *names: str) -> None:
    expect(page.locator(".chip")).to_have_text(list(names))


def test_names_become_chips_that_can_be_taken_away(page: Page) -> None:
    page.keyboard.type("出生地，作品、号")
    chips(page, "出生地", "作品")
    page.keyboard.press("Enter")
    chips(page, "出生地", "作品", "号")
    expect(page.locator(".turn")).to_have_count(0)  # the first Enter ends the name
    page.get_by_role("button", name="Remove: 作品").click()
    expect(page.locator("#only-input")).to_be_focused()
    page.keyboard.press("Backspace")  # the last one, to be changed
    chips(page, "出生地")
    expect(page.locator("#only-input")).to_have_value("号")
    page.keyboard.type("出生地,")
    chips(page, "出生地", "号出生地")
    page.keyboard.type("出生地,")  # it is there already
    chips(page, "出生地", "号出生地")
    with page.expect_request("**/get_response") as sent:
        send(page, LUXUN)
    assert parse_qs(sent.value.post_data or "")["schema"] == ["出生地, 号出生地"]


def test_a_list_of_lines_can_be_pasted(page: Page) -> None:
    page.keyboard.type("born in")
    hand_over(page, "paste", at="#only-input", text_plain="wife\r\ndog\n")
    chips(page, "born in", "wife", "dog")


def test_a_name_still_in_the_input_method_is_left_alone(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send(
        "Input.imeSetComposition", {"text": "chu,", "selectionStart": 4, "selectionEnd": 4}
    )
    chips(page)
    session.send("Input.insertText", {"text": "出生地，"})
    chips(page, "出生地")


def test_sets_of_names_are_at_hand(page: Page) -> None:
    page.get_by_label("Presets…").select_option(label="Company")
    expect(page.locator(".chip").first).to_have_text("founded by")
    expect(page.get_by_role("button", name="Save as preset")).to_be_hidden()
    page.select_option("#prompt-select-box", "KE2")
    page.locator("#only-button").click()
    page.get_by_label("Presets…").select_option(label="人、地、机构")
    chips(page, "人物", "地点", "机构")


def test_a_set_of_ones_own_is_kept_and_forgotten(page: Page) -> None:
    page.keyboard.type("wife, dog,")
    page.get_by_role("button", name="Save as preset").click()
    page.reload()
    chips(page, "wife", "dog")  # the draft
    page.get_by_role("button", name="Remove: dog").click()
    page.get_by_label("Presets…").select_option(label="wife, dog")
    chips(page, "wife", "dog")
    page.get_by_role("button", name="Delete preset").click()
    expect(page.get_by_role("button", name="Save as preset")).to_be_visible()
    assert "wife" not in page.get_by_label("Presets…").inner_text()


def test_descriptions_stay_as_they_were_written(page: Page) -> None:
    text = '{"wife": "who is married to him, now"}'
    page.keyboard.insert_text(text)
    chips(page)
    with page.expect_request("**/get_response") as sent:
        send(page, LUXUN)
    assert parse_qs(sent.value.post_data or "")["schema"] == [text]


def test_the_entities_of_the_last_answer_are_suggested(visit: Visit) -> None:
    page = visit()
    send(page, "<img src=x onerror=alert(1)>", "KE2")
    expect(page.locator(".measures")).to_have_count(1)
    suggested = page.locator("#entity-list option")
    expect(suggested).to_have_attribute("value", "<img src=x onerror=alert(1)>")
    expect(suggested).to_have_attribute("label", "person")

"""The chat page in a real browser, over a real server.

`scripted_url` serves a model that plays a script, `page_url` a real, tiny one; see conftest.py.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import Visit, forgive

LUXUN = "鲁迅出生于浙江绍兴，写了《狂人日记》。"


def send(page: Page, text: str, task: str = "KE1") -> None:
    page.locator("#user-input").focus()  # on a phone it brings the menus
    page.select_option("#prompt-select-box", task)
    page.fill("#user-input", text)
    page.press("#user-input", "Enter")


def finished(page: Page) -> None:
    expect(page.locator(".measures").last).to_be_visible()
    expect(page.locator("#send-button")).to_be_enabled()


def test_the_ids_and_values_that_scripts_rely_on(visit: Visit) -> None:
    page = visit()
    values = "options => options.map(option => option.value)"
    tasks = page.locator("#prompt-select-box option").evaluate_all(values)
    models = page.locator("#model-select-box option").evaluate_all(values)
    assert tasks == ["KE1", "KE2", "KE3", "Chat"]
    assert set(models) == {"Local-GLM", "ChatGpt", "Embedded"}
    names = set(page.locator("form").evaluate("form => [...new FormData(form).keys()]"))
    asked = {"user_input", "prompt_type", "model_type", "entity", "schema", "grounding", "lang"}
    assert names == asked
    for one in ("form[action^='/get_response'][method='post'] #user-input", "#chat-box"):
        expect(page.locator(one)).to_have_count(1)


def test_enter_sends_and_rows_appear_before_the_end(visit: Visit) -> None:
    page = visit()
    send(page, "SLOW")
    expect(page.locator("#chat-box .user")).to_contain_text("SLOW")
    expect(page.locator("#user-input")).to_have_value("")
    expect(page.locator("tr[data-row]").nth(1)).to_contain_text("step 1")
    expect(page.locator("#send-button")).to_be_disabled()
    expect(page.locator(".status")).to_be_visible()


def test_a_whole_answer_is_a_table_with_its_spans_marked(visit: Visit) -> None:
    page = visit()
    send(page, LUXUN)
    finished(page)
    rows = page.locator("tbody tr")
    expect(rows).to_have_text(["鲁迅出生地浙江绍兴", "鲁迅作品狂人日记"])
    expect(page.locator("table caption")).to_have_text("2 triples")
    expect(page.locator("thead th[scope=col]")).to_have_count(3)
    expect(page.locator("mark")).to_have_text(["鲁迅", "浙江绍兴", "狂人日记"])
    expect(page.locator(".measures")).to_contain_text("Embedded")
    rows.nth(1).hover()
    expect(page.locator("mark.lit")).to_have_text(["鲁迅", "狂人日记"])


@pytest.mark.parametrize("before", ["😀", "👩‍👩‍👧 𠮷\n\n", "e\u0301"])
def test_marks_count_characters_not_utf16_units(visit: Visit, before: str) -> None:
    page = visit()
    send(page, before + LUXUN)
    finished(page)
    expect(page.locator("mark")).to_have_text(["鲁迅", "浙江绍兴", "狂人日记"])
    assert page.locator(".source").evaluate("node => node.textContent") == before + LUXUN


def test_the_sheet_of_keys_opens_and_closes(visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="Keyboard").click()
    expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("Shift Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Keyboard").click()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_escape_stops_the_answer(visit: Visit) -> None:
    page = visit()
    send(page, "SLOW")
    expect(page.locator("tr[data-row]").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#send-button")).to_be_enabled(timeout=1000)
    expect(page.locator(".note")).to_contain_text("Stopped")


def test_shift_enter_breaks_the_line(visit: Visit) -> None:
    page = visit()
    page.fill("#user-input", "one")
    page.press("#user-input", "Shift+Enter")
    page.keyboard.type("two")
    expect(page.locator("#user-input")).to_have_value("one\ntwo")
    expect(page.locator(".turn")).to_have_count(0)


@pytest.mark.parametrize("composing", ["isComposing: true", "keyCode: 229"])
def test_enter_of_an_input_method_does_not_send(visit: Visit, composing: str) -> None:
    page = visit()
    page.fill("#user-input", "鲁迅")
    kept = page.locator("#user-input").evaluate(
        "box => box.dispatchEvent(new KeyboardEvent('keydown', "
        f"{{key: 'Enter', bubbles: true, cancelable: true, {composing}}}))"
    )
    assert kept, "the key belongs to the input method and must reach it"
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator("#user-input")).to_have_value("鲁迅")


def test_stop_frees_the_page_within_a_second(visit: Visit) -> None:
    page = visit()
    send(page, "SLOW")
    expect(page.locator("tr[data-row]").first).to_be_visible()
    page.click("#stop-button")
    expect(page.locator("#send-button")).to_be_enabled(timeout=1000)
    expect(page.locator("#stop-button")).to_be_hidden()
    expect(page.locator(".note")).to_contain_text("incomplete")
    expect(page.locator("#user-input")).to_have_value("SLOW")
    page.fill("#user-input", LUXUN)
    page.press("#user-input", "Enter")
    finished(page)


def test_an_error_is_shown_and_nothing_is_lost(visit: Visit) -> None:
    page = visit()
    send(page, "FAIL")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The model broke off.")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page.locator("#user-input")).to_have_value("FAIL")
    page.get_by_role("button", name="Retry").click()
    expect(page.locator(".turn")).to_have_count(1)
    expect(alert).to_be_visible()


def test_a_refused_request_says_why(visit: Visit, problems: list[str]) -> None:
    page = visit()
    page.select_option("#model-select-box", "ChatGpt")
    expect(page.locator("#model-note")).not_to_be_empty()
    reason = page.locator("#model-note").inner_text()
    send(page, LUXUN)
    expect(page.get_by_role("alert")).to_contain_text(reason)
    expect(page.locator("#user-input")).to_have_value(LUXUN)
    forgive(page, problems)  # the browser itself logs every answer that is not 200


def test_a_stream_that_just_ends_is_no_answer(visit: Visit) -> None:
    page = visit()
    page.route(
        "**/get_response",
        lambda route: route.fulfill(content_type="text/event-stream", body=": kex\n\nevent: it"),
    )
    send(page, LUXUN)
    expect(page.get_by_role("alert")).to_contain_text("incomplete")
    expect(page.locator("#user-input")).to_have_value(LUXUN)


def test_what_a_model_writes_is_text_not_markup(visit: Visit) -> None:
    page = visit()
    send(page, "<img src=x onerror=alert(1)>", "KE2")
    finished(page)
    expect(page.locator("tr[data-row]")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator("mark")).to_have_text(["<img src=x onerror=alert(1)>"])
    expect(page.locator("#chat-box img")).to_have_count(0)


def test_the_labels_follow_the_language(visit: Visit) -> None:
    chinese = visit(ui=None, locale="zh-CN")
    expect(chinese.locator("html[lang=zh] #send-button")).to_have_text("发送")
    send(chinese, LUXUN)
    finished(chinese)
    expect(chinese.locator("table caption")).to_have_text("2 个三元组")
    chinese.get_by_role("link", name="English").click()
    expect(chinese.locator("html[lang=en] #send-button")).to_have_text("Send")


def test_the_entity_is_asked_for_facts_only(visit: Visit) -> None:
    entity = visit().locator("#entity-input")
    expect(entity).to_be_hidden()
    entity.page.select_option("#prompt-select-box", "KE3")
    expect(entity).to_be_visible()


def test_labels_are_asked_for_by_each_task(visit: Visit) -> None:
    page = visit()
    row, button = page.locator("#only-row"), page.locator("#only-button")
    expect(row).to_be_hidden()
    button.click()
    expect(page.locator("#only-input")).to_be_focused()
    page.fill("#only-input", "born in, works")
    page.select_option("#prompt-select-box", "KE2")
    expect(button).to_have_text("Classes…")
    expect(row).to_be_hidden()
    page.select_option("#prompt-select-box", "Chat")
    expect(button).to_be_hidden()
    page.reload()
    page.select_option("#prompt-select-box", "KE1")
    expect(page.locator(".chip")).to_have_text(["born in", "works"])
    with page.expect_request("**/get_response") as sent:
        send(page, LUXUN)
    assert parse_qs(sent.value.post_data)["schema"] == ["born in, works"]


def test_the_whole_page_is_light(visit: Visit) -> None:
    entries = visit(ui="zh").evaluate("performance.getEntries().map((entry) => entry.toJSON())")
    sizes = [one.get("decodedBodySize", 0) for one in entries if "/models" not in one["name"]]
    assert 20_000 < sum(sizes) < 136 * 1024  # with the texts of all scripts


def test_the_limit_counts_characters_and_the_draft_survives(visit: Visit) -> None:
    page = visit()
    page.fill("#user-input", "😀")
    expect(page.locator("#counter")).to_contain_text("1 / ")
    page.reload()
    expect(page.locator("#user-input")).to_have_value("😀")
    limit = int(page.locator("#user-input").get_attribute("data-max-chars") or 0)
    page.fill("#user-input", "x" * (limit + 2))
    expect(page.locator("#counter")).to_contain_text("2 over")
    page.press("#user-input", "Enter")
    expect(page.locator("#send-button")).to_be_disabled()
    expect(page.locator(".turn")).to_have_count(0)


def test_each_tab_has_a_draft_of_its_own(visit: Visit) -> None:
    one = visit()
    one.fill("#user-input", "one")
    other = one.context.new_page()
    other.goto(one.url)
    expect(other.locator("#user-input")).to_have_value("one")  # the last draft of all
    other.fill("#user-input", "other")
    one.reload()
    expect(one.locator("#user-input")).to_have_value("one")
    other.reload()
    expect(other.locator("#user-input")).to_have_value("other")


def test_on_paper_the_page_is_light(visit: Visit) -> None:
    page = visit(color_scheme="dark")
    shade = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(shade) == "rgb(18, 22, 20)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(shade) == "rgb(244, 246, 244)"


def test_an_answer_is_followed_by_who_is_at_its_end(visit: Visit) -> None:
    page = visit(viewport={"width": 900, "height": 420})
    send(page, "SLOW")
    page.locator("tr[data-row]").nth(6).wait_for()
    page.mouse.wheel(0, 5_000)
    page.locator("tr[data-row]").nth(9).wait_for()
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight - scrollY") < 5
    page.mouse.wheel(0, -5_000)
    page.locator("tr[data-row]").nth(12).wait_for()
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight - scrollY") > 120
    page.locator("#stop-button").click()


def test_what_is_being_written_is_put_aside_not_lost(visit: Visit) -> None:
    page = visit()
    send(page, LUXUN)
    finished(page)
    page.fill("#user-input", "a precious draft")
    page.get_by_role("button", name="Edit").click()
    expect(page.locator("#user-input")).to_have_value(LUXUN)
    page.get_by_role("button", name="Restore it").click()
    expect(page.locator("#user-input")).to_have_value("a precious draft")
    page.get_by_role("button", name="Restore it").click()
    page.press("#user-input", "Enter")
    finished(page)
    expect(page.locator("#user-input")).to_have_value("a precious draft")
    expect(page.locator("#aside-row")).to_be_hidden()


@pytest.mark.parametrize(
    "draft",
    ['{"only":{"KE1":5},"task":"ZZ","text":7}', "null", "[]", "{", '{"only":"x"}', '"x"'],
)
def test_a_spoilt_storage_spoils_nothing(visit: Visit, draft: str) -> None:
    page = visit()
    for name in ("kex.draft", "kex.presets"):
        for storage in ("localStorage", "sessionStorage"):
            page.evaluate(f"([name, text]) => {storage}.setItem(name, text)", [name, draft])
    page.reload()
    expect(page.locator("#counter")).not_to_be_empty()
    page.locator("#only-button").click()
    page.fill("#only-input", "出生地,作品,")
    expect(page.locator(".chip")).to_have_count(2)
    send(page, LUXUN)
    finished(page)


def test_what_was_left_out_is_told_item_by_item(visit: Visit) -> None:
    page = visit()
    send(page, "SLOW")
    page.locator("tr[data-row]").first.wait_for()
    page.locator("#stop-button").click()
    send(page, "STRANGE")
    expect(page.locator(".left-out summary")).to_contain_text("not in the text (1)")
    expect(page.locator(".left-out li")).to_be_visible()  # nobody has to open it
    expect(page.locator(".left-out li")).to_have_text(
        "STRANGE · knows · Lord Kelvinnot in the text"
    )


def test_strings_may_be_asked_for_in_any_words(visit: Visit) -> None:
    page = visit()
    page.locator("#only-button").click()
    page.get_by_label("Wording").select_option("free")
    send(page, "STRANGE")
    finished(page)
    expect(page.locator("tr[data-row] .badge.inferred")).to_have_count(1)
    expect(page.locator(".left-out")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Wording")).to_have_value("free")
    page.select_option("#prompt-select-box", "Chat")
    expect(page.locator("#grounding-row")).to_be_hidden()


def test_escape_in_the_input_method_stops_nothing(visit: Visit) -> None:
    page = visit()
    send(page, "SLOW")
    page.locator("tr[data-row]").first.wait_for()
    escape = "new KeyboardEvent('keydown', {key: 'Escape', isComposing: true, bubbles: true})"
    page.evaluate(f"document.querySelector('#user-input').dispatchEvent({escape})")
    page.locator("tr[data-row]").nth(2).wait_for()
    page.locator("#user-input").press("Escape")
    expect(page.locator("#send-button")).to_be_enabled()


def test_a_phone_never_scrolls_sideways(visit: Visit) -> None:
    page = visit(viewport={"width": 360, "height": 740})
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    send(page, LUXUN + "x" * 300)
    finished(page)
    assert page.evaluate(fits)


def test_below_answers_an_unused_box_is_one_line_on_a_phone(visit: Visit) -> None:
    page = visit(viewport={"width": 360, "height": 740})
    menu = page.locator("#prompt-select-box")
    page.locator("#user-input").blur()
    expect(menu).to_be_visible()  # nothing is below it yet
    send(page, LUXUN)
    finished(page)
    page.locator("#user-input").blur()
    expect(menu).to_be_hidden()
    page.locator("#user-input").focus()
    expect(menu).to_be_visible()
    page.fill("#user-input", "一")
    page.locator("#user-input").blur()
    expect(menu).to_be_visible()


def test_an_example_is_one_click_with_a_real_model(visit: Visit, page_url: str) -> None:
    page = visit(page_url)
    page.locator(".example").first.click()
    expect(page.locator(".turn:not(.running)")).to_have_count(1, timeout=120_000)
    expect(page.locator("#send-button")).to_be_enabled()
    page.fill("#user-input", "Kex")  # the model is loaded: it counts what is typed
    expect(page.locator("#tokens")).to_have_text(re.compile(r"^\d+ tokens?$"))
    page.fill("#user-input", "")
    expect(page.locator("#tokens")).to_be_empty()

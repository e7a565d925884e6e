"""Talking with a model in the page: turns, the conversation that goes along, the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from errors import ModelFailed
from models.base import GenerateRequest
from settings import Settings
from tests import EMPTY_CACHE
from tests.page.conftest import Visit, forgive, settle
from tests.scripted_model import ScriptedModel, Step
from tests.serving import Serving
from tests.web.asking import picture

TIMEOUT = 120_000  # milliseconds; the real model may have to wait for a busy machine


def talk(request: GenerateRequest) -> Sequence[Step]:
    """Says how many messages it was sent, and whether it sees."""
    text = request.messages[-1].content
    if "SLOW" in text:
        return ["Slowly", *[step for _ in range(40) for step in (0.5, " on")]]
    if "FAIL" in text:
        return ["Half", 0.2, ModelFailed("The model broke off.")]
    if "list" in text:
        return ["**Two**:\n\n1. `a", 0.1, "`\n2. b"]
    if "<img" in text:
        return ["<img src=x onerror=alert(1)>\n  **bold**"]
    if "鲁迅" in text:
        return ['{"triples":[["鲁迅","出生地","绍兴"]]}']
    seen = sum(len(message.images) for message in request.messages)
    return [0.1, f"{text}: {len(request.messages)}", 0.1, f"/{seen}"]


@pytest.fixture(scope="module")
def seeing_model() -> ScriptedModel:
    return ScriptedModel(talk, images=True)


@pytest.fixture(scope="module")
def seeing_url(seeing_model: ScriptedModel) -> Iterator[str]:
    """A real server whose models talk: `Embedded` sees, `Local-GLM` reads only."""
    models = {"Embedded": seeing_model, "Local-GLM": ScriptedModel(talk)}
    with Serving(Settings(cache_dir=EMPTY_CACHE, store=None), models) as serving:
        yield serving.url


@pytest.fixture
def panda(tmp_path: Path) -> Path:
    path = tmp_path / "panda.png"
    path.write_bytes(picture(8, 8))
    return path


def ask(page: Page, text: str, answer: str | None = None) -> None:
    page.select_option("#prompt-select-box", "Chat")
    page.fill("#user-input", text)
    page.press("#user-input", "Enter")
    if answer is not None:
        expect(page.locator(".answer .said").last).to_have_text(answer)
        expect(page.locator("#send-button")).to_be_enabled()


def test_what_was_said_goes_along(visit: Visit, seeing_url: str) -> None:
    page = visit(seeing_url)
    ask(page, "one", "one: 1/0")
    expect(page.locator("#user-input")).to_have_value("")
    expect(page.locator(".measures")).to_contain_text("Embedded")
    ask(page, "two", "two: 3/0")
    ask(page, "three", "three: 5/0")
    expect(page.locator(".user .said")).to_have_text(["one", "two", "three"])


def test_what_a_model_writes_is_set(visit: Visit, seeing_url: str) -> None:
    page = visit(seeing_url)
    ask(page, "a list")
    said = page.locator(".answer .said")
    expect(said.locator("strong")).to_have_text("Two")
    expect(said.locator("ol li")).to_have_text(["a", "b"])
    expect(said.locator("code")).to_have_text("a")


def test_a_new_conversation_forgets(visit: Visit, seeing_url: str) -> None:
    page = visit(seeing_url, ui="zh")
    renew = page.get_by_role("button", name="新对话")
    page.select_option("#prompt-select-box", "Chat")
    expect(page.locator("#user-input")).to_have_attribute("placeholder", "问点什么…")
    expect(renew).to_be_hidden()
    ask(page, "一", "一: 1/0")
    renew.click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator("#welcome")).to_be_visible()
    expect(renew).to_be_hidden()
    ask(page, "二", "二: 1/0")
    expect(page.locator(".turn")).to_have_count(1)


def test_a_conversation_begun_during_an_answer_does_not_hold_it(
    visit: Visit, seeing_url: str
) -> None:
    page = visit(seeing_url)
    ask(page, "one", "one: 1/0")
    ask(page, "two")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator("#send-button")).to_be_enabled()
    ask(page, "three", "three: 1/0")


def test_a_question_is_asked_again_or_anew(visit: Visit, seeing_url: str) -> None:
    page = visit(seeing_url)
    ask(page, "one", "one: 1/0")
    ask(page, "two", "two: 3/0")
    page.get_by_role("button", name="Regenerate").last.click()
    expect(page.locator(".measures")).to_have_count(2)
    expect(page.locator(".answer .said").last).to_have_text("two: 3/0")
    page.get_by_role("button", name="Edit").first.click()
    expect(page.locator("#replacing")).to_be_visible()
    ask(page, "zero", "zero: 1/0")
    expect(page.locator("#replacing")).to_be_hidden()
    expect(page.locator(".user .said")).to_have_text(["zero"])
    page.get_by_role("button", name="Edit").first.click()
    page.get_by_role("button", name="Keep them").click()
    ask(page, "and", "and: 3/0")
    expect(page.locator(".user .said")).to_have_text(["zero", "and"])


def test_what_others_follow_is_not_replaced_without_a_word(visit: Visit, seeing_url: str) -> None:
    page = visit(seeing_url)
    ask(page, "one", "one: 1/0")
    ask(page, "two", "two: 3/0")
    page.get_by_role("button", name="Regenerate").first.click()
    expect(page.locator("#replacing")).to_be_visible()
    expect(page.locator(".user .said")).to_have_text(["one", "two"])
    expect(page.locator("#user-input")).to_have_value("one")
    page.keyboard.press("Enter")
    expect(page.locator(".user .said")).to_have_text(["one"])
    expect(page.locator(".answer .said")).to_have_text(["one: 1/0"])


def test_a_talk_is_saved_up_to_an_answer(visit: Visit, seeing_url: str) -> None:
    page = visit(seeing_url)
    for number, word in enumerate(("one", "two", "three")):
        ask(page, word, f"{word}: {2 * number + 1}/0")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as Markdown").nth(1).click()
    assert download.value.suggested_filename == "kex-Chat-one.md"
    said = ["## You", "one", "## Embedded", "one: 1/0", "## You", "two", "## Embedded", "two: 3/0"]
    assert download.value.path().read_text() == "\n\n".join(said) + "\n"


def test_extractions_in_between_are_no_part_of_it(visit: Visit, seeing_url: str) -> None:
    page = visit(seeing_url)
    ask(page, "one", "one: 1/0")
    page.select_option("#prompt-select-box", "KE1")
    page.fill("#user-input", "FAIL")
    page.press("#user-input", "Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#send-button")).to_be_enabled()
    ask(page, "two", "two: 3/0")


def test_what_a_model_writes_is_text_as_it_stands(visit: Visit, seeing_url: str) -> None:
    page = visit(seeing_url)
    ask(page, "<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>\n  **bold**")
    said = page.locator(".answer .said")
    assert said.evaluate("node => node.textContent") == "<img src=x onerror=alert(1)>\n  **bold**"
    expect(page.locator("#chat-box img")).to_have_count(0)


def test_a_stopped_answer_is_not_part_of_the_conversation(
    visit: Visit, seeing_url: str, seeing_model: ScriptedModel
) -> None:
    page = visit(seeing_url)
    seeing_model.stopped.clear()
    ask(page, "SLOW")
    expect(page.locator(".answer .said")).to_contain_text("Slowly on")
    page.click("#stop-button")
    expect(page.locator("#send-button")).to_be_enabled(timeout=1000)
    assert seeing_model.stopped.wait(2)
    expect(page.locator(".note")).to_contain_text("incomplete")
    expect(page.locator("#user-input")).to_have_value("SLOW")
    ask(page, "next", "next: 1/0")


def test_an_error_is_shown_and_can_be_retried(visit: Visit, seeing_url: str) -> None:
    page = visit(seeing_url)
    ask(page, "FAIL")
    expect(page.get_by_role("alert")).to_contain_text("The model broke off.")
    expect(page.locator("#user-input")).to_have_value("FAIL")
    page.get_by_role("button", name="Retry").click()
    expect(page.locator(".turn")).to_have_count(1)
    expect(page.get_by_role("alert")).to_be_visible()


def test_a_picture_is_sent_along_until_it_is_removed(
    visit: Visit, seeing_url: str, panda: Path
) -> None:
    page = visit(seeing_url)
    page.set_input_files("#image-input", panda)
    expect(page.locator(".picture-name")).to_have_text("panda.png")
    ask(page, "", "Describe this image.: 1/1")
    expect(page.locator(".user .said")).to_have_text("Describe this image.")
    expect(page.locator(".seen")).to_have_text("panda.png")
    ask(page, "And now?", "And now?: 3/1")
    page.get_by_role("button", name="Remove picture").click()
    expect(page.locator(".picture-name")).to_be_empty()
    expect(page.locator(".renewed")).to_have_count(1)  # what was said was about the picture
    ask(page, "And now?", "And now?: 1/0")


def test_a_picture_with_a_text_moves_no_mark(visit: Visit, seeing_url: str, panda: Path) -> None:
    page = visit(seeing_url)
    page.set_input_files("#image-input", panda)
    page.fill("#user-input", "一\n二\n\n鲁迅生于绍兴。")
    page.press("#user-input", "Enter")
    expect(page.locator("mark")).to_have_text(["鲁迅", "绍兴"])
    expect(page.locator("#user-input")).to_have_value("")


def test_an_empty_question_without_a_picture_is_not_sent(visit: Visit, seeing_url: str) -> None:
    page = visit(seeing_url)
    ask(page, " ")
    expect(page.locator(".turn")).to_have_count(0)


def test_pictures_are_asked_for_only_where_the_model_sees(
    visit: Visit, seeing_url: str, panda: Path
) -> None:
    page = visit(seeing_url)
    expect(page.locator(".picture")).to_be_visible()
    page.set_input_files("#image-input", panda)
    page.select_option("#model-select-box", "Local-GLM")
    expect(page.locator(".picture")).to_be_hidden()
    ask(page, "one", "one: 1/0")
    page.select_option("#model-select-box", "Embedded")
    expect(page.locator(".picture")).to_be_visible()


def test_the_talk_is_loaded_by_those_who_talk(visit: Visit, scripted_url: str) -> None:
    page = visit(scripted_url)
    loaded = "performance.getEntriesByType('resource').filter((e) => e.name.endsWith('talk.js'))"
    assert page.evaluate(f"{loaded}.length") == 0
    expect(page.locator("#image-input")).to_have_count(0)
    page.select_option("#prompt-select-box", "Chat")
    expect(page.locator("#user-input")).to_have_attribute("placeholder", "Ask something…")


def test_a_picture_that_is_no_more_at_hand_has_to_be_chosen_again(
    visit: Visit, seeing_model: ScriptedModel, panda: Path, tmp_path: Path
) -> None:
    settings = Settings(cache_dir=EMPTY_CACHE, store=tmp_path / "kex.db")
    with Serving(settings, {"Embedded": seeing_model}) as kept:
        page = visit(kept.url)
        page.set_input_files("#image-input", panda)
        ask(page, "What?", "What?: 1/1")
        page.reload()
        expect(page.locator(".seen")).to_have_text("Picture (not saved)")
        page.get_by_role("button", name="Regenerate").click()
        expect(page.get_by_role("alert")).to_contain_text("Choose it again")
        expect(page.locator(".answer .said").first).to_have_text("What?: 1/1")
        page.goto("about:blank")  # before its server ends


def test_a_server_that_is_gone_is_told(visit: Visit, seeing_url: str, problems: list[str]) -> None:
    page = visit(seeing_url)
    page.select_option("#model-select-box", "Local-GLM")
    page.route("**/talk.js", lambda route: route.abort())
    page.reload()
    settle(page)
    ask(page, "one")
    expect(page.get_by_role("alert")).to_contain_text("Kex is still running")
    expect(page.locator("#user-input")).to_have_value("one")
    forgive(page, problems)  # the browser logs what could not be loaded


def test_a_phone_never_scrolls_sideways(visit: Visit, seeing_url: str, panda: Path) -> None:
    page = visit(seeing_url, viewport={"width": 360, "height": 740})
    page.set_input_files("#image-input", panda.rename(panda.with_name("x" * 90 + ".png")))
    ask(page, "y" * 300, "y" * 300 + ": 1/1")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_scripts_the_form_still_posts(
    browser: Browser, seeing_url: str, panda: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{seeing_url}/?ui=en")
    expect(page.locator("button:visible")).to_have_text(["Send"])
    page.select_option("#prompt-select-box", "Chat")
    page.set_input_files("noscript input[name=image]", panda)
    page.fill("#user-input", "What?")
    page.click("#send-button")
    expect(page.locator("body")).to_contain_text("What?: 1/1")
    page.go_back()
    page.select_option("#prompt-select-box", "Chat")
    page.set_input_files("noscript input[name=image]", [])
    page.fill("#user-input", "Who?")
    page.click("#send-button")
    expect(page.locator("body")).to_contain_text("Who?: 1/0")
    context.close()


def test_a_real_model_talks(visit: Visit, page_url: str) -> None:
    page = visit(page_url)
    ask(page, "Name a colour.")
    expect(page.locator(".measures")).to_be_visible(timeout=TIMEOUT)
    ask(page, "And another?")
    expect(page.locator(".measures")).to_have_count(2, timeout=TIMEOUT)
    expect(page.locator(".answer .said")).to_have_count(2)

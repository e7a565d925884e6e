"""Files in the page: chosen, dropped, pasted; columns, pictures, and what is said of failures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Route, expect

from models.base import GenerateRequest
from settings import Settings
from tests import EMPTY_CACHE
from tests.documents import making
from tests.page.conftest import Visit, forgive
from tests.page.handing import File, choose, file, hand_over
from tests.scripted_model import ScriptedModel, Step
from tests.serving import Serving
from tests.web.asking import picture


def look(request: GenerateRequest) -> Sequence[Step]:
    return [f"{sum(len(message.images) for message in request.messages)} seen"]


@pytest.fixture(scope="module")
def seeing_url() -> Iterator[str]:
    """A real server whose `Embedded` sees; `Local-GLM` reads only."""
    models = {"Embedded": ScriptedModel(look, images=True), "Local-GLM": ScriptedModel(look)}
    settings = Settings(cache_dir=EMPTY_CACHE, max_file_bytes=100_000, max_chars=200)
    with Serving(settings, models) as serving:
        yield serving.url


def test_chosen_files_fill_the_box_in_their_order(visit: Visit) -> None:
    page = visit()
    loaded = "performance.getEntriesByType('resource').filter((e) => e.name.endsWith('files.js'))"
    assert page.evaluate(f"{loaded}.length") == 0
    page.fill("#user-input", "Before. \n")
    pdf = making.pdf([making.CHINESE])
    choose(page, file("a.pdf", pdf), file("鲁迅.txt", "鲁迅生于绍兴。".encode("gbk")))
    expect(page.locator("#user-input")).to_have_value(
        f"Before.\n\n{making.CHINESE}\n\n鲁迅生于绍兴。"
    )
    expect(page.locator(".slip-said")).to_have_text(
        [
            f"1 page · {len(making.CHINESE)} characters added",
            "7 characters added · decoded as GB18030",
        ]
    )
    expect(page.locator("#counter")).to_contain_text(f"{len(making.CHINESE) + 18} / ")
    page.reload()
    expect(page.locator("#user-input")).to_have_value(
        f"Before.\n\n{making.CHINESE}\n\n鲁迅生于绍兴。"
    )


def test_an_answer_to_the_text_of_a_file_marks_it(visit: Visit) -> None:
    page = visit()
    paragraphs = "".join(
        f"<w:p><w:t>{one}</w:t></w:p>" for one in ("鲁迅生于浙江绍兴。", "狂人日记")
    )
    choose(page, file("a.docx", making.raw_word(f"<w:document W>{paragraphs}</w:document>")))
    expect(page.locator("#user-input")).to_have_value("鲁迅生于浙江绍兴。\n\n狂人日记")
    page.press("#user-input", "Enter")
    expect(page.locator("mark")).to_have_text(["鲁迅", "浙江绍兴", "狂人日记"])
    expect(page.locator(".slip")).to_have_count(0)


@pytest.mark.parametrize("at", ["#user-input", ".headline", "body"])
def test_a_file_is_dropped_anywhere(visit: Visit, at: str) -> None:
    page = visit()
    one = file("a.txt", "Lu Xun was born.")
    assert not hand_over(page, "dragenter", one, at=at)
    assert not hand_over(page, "dragover", one, at=at)
    shown = "getComputedStyle(document.body, '::after').content"
    assert page.evaluate(shown) == '"Drop to add"'
    assert not hand_over(page, "drop", one, at=at)
    expect(page.locator("#user-input")).to_have_value("Lu Xun was born.")
    assert page.evaluate(shown) == "none"


def test_leaving_the_window_hides_the_target(visit: Visit) -> None:
    page = visit()
    hand_over(page, "dragenter", file("a.txt", "a"))
    expect(page.locator("body[data-drop]")).to_have_count(1)
    hand_over(page, "dragleave", file("a.txt", "a"))
    expect(page.locator("body[data-drop]")).to_have_count(0)


def test_texts_are_dragged_and_pasted_as_ever(visit: Visit) -> None:
    page = visit()
    for kind in ("dragover", "drop", "paste"):
        assert hand_over(page, kind, text_plain="a word")
    expect(page.locator("body[data-drop]")).to_have_count(0)
    # A word processor's clipboard: the text, and a picture of it.
    picture_of_it = file("image.png", picture(8, 8), "image/png")
    assert hand_over(page, "paste", picture_of_it, text_plain="a word", text_html="<b>a word</b>")
    expect(page.locator(".slip")).to_have_count(0)


def test_a_file_is_pasted(visit: Visit) -> None:
    page = visit()
    assert not hand_over(page, "paste", file("a.md", "# Lu Xun"), text_plain="a.md")
    expect(page.locator("#user-input")).to_have_value("# Lu Xun")


def test_a_column_is_chosen(visit: Visit) -> None:
    page = visit()
    table = "name,about\n鲁迅,鲁迅生于绍兴。\n老舍,老舍生于北京。\n"
    choose(page, file("authors.csv", table.encode("gbk")))
    menu = page.get_by_label("Which column?")
    expect(menu.locator("option")).to_have_text(["name", "about"])
    expect(page.locator("#user-input")).to_have_value("")
    menu.select_option("about")
    page.get_by_role("button", name="Insert").click()
    expect(page.locator("#user-input")).to_have_value("鲁迅生于绍兴。\n老舍生于北京。")
    expect(page.locator(".slip-said")).to_contain_text("15 characters added")
    expect(menu).to_have_count(0)


@pytest.mark.parametrize(
    ("one", "title", "remedy"),
    [
        (file("a.exe", b"MZ"), "Files of this type are not supported", ".docx"),
        (file("a.pdf", making.drawn_pdf(False)), "The file contains no text", "OCR"),
        (file("a.pdf", b"%PDF-1.7"), "The file cannot be read", "damaged"),
        (file("a.pdf", making.pdf(["a"], password="b")), "The file is protected", "password"),
        (file("a.txt", b"a" * 100_001), "The file is too large", "KEX_MAX_FILE_BYTES"),
    ],
)
def test_what_cannot_be_read_is_told(
    visit: Visit, seeing_url: str, problems: list[str], one: File, title: str, remedy: str
) -> None:
    page = visit(seeing_url)
    page.fill("#user-input", "Mine.")
    choose(page, one)
    alert = page.get_by_role("alert")
    expect(alert.locator("strong")).to_have_text(title)
    expect(alert).to_contain_text(remedy)
    expect(page.locator("#user-input")).to_have_value("Mine.")
    page.get_by_role("button", name=f"Dismiss: {one['name']}").click()
    expect(alert).to_have_count(0)
    expect(page.locator("#user-input")).to_be_focused()
    forgive(page, problems)  # the browser itself logs every answer that is not 200


def test_errors_are_told_in_chinese(visit: Visit, problems: list[str]) -> None:
    page = visit(ui="zh")
    hand_over(page, "drop", file("a.exe", b"MZ"))
    expect(page.get_by_role("alert")).to_contain_text("不支持这种文件")
    forgive(page, problems)


def test_a_text_over_the_limit_is_told(visit: Visit, seeing_url: str) -> None:
    page = visit(seeing_url)
    choose(page, file("a.txt", "a" * 300))
    expect(page.locator(".slip-said")).to_contain_text("longer than one request allows")
    expect(page.locator("#send-button")).to_be_disabled()


def test_a_reading_can_be_given_up(visit: Visit) -> None:
    page = visit()
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/documents", hold_the_first)
    choose(page, file("a.txt", "one"), file("b.txt", "two"))
    expect(page.locator(".slip-said")).to_have_text(["Reading…", "Reading…"])
    page.get_by_role("button", name="Dismiss: a.txt").click()
    expect(page.locator("#user-input")).to_have_value("two")
    expect(page.locator(".slip")).to_have_count(1)


def test_a_server_that_is_gone_is_told(visit: Visit, problems: list[str]) -> None:
    page = visit()
    page.route("**/documents", lambda route: route.abort())
    choose(page, file("a.txt", "one"))
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    forgive(page, problems)


def test_a_pasted_picture_goes_to_its_field(visit: Visit, seeing_url: str) -> None:
    page = visit(seeing_url)
    expect(page.locator(".picture")).to_be_visible()
    one = file("image.png", picture(8, 8), "image/png")
    assert not hand_over(page, "paste", one, text_html="<img>")
    expect(page.locator(".picture-name")).to_have_text("image.png")
    preview = page.locator(".picture-preview")
    expect(preview).to_be_visible()
    assert preview.evaluate("image => image.decode().then(() => image.naturalWidth)") == 8
    expect(page.locator(".slip")).to_have_count(0)
    page.select_option("#prompt-select-box", "Chat")
    page.press("#user-input", "Enter")
    expect(page.locator(".answer .said")).to_have_text("1 seen")
    expect(page.locator("#send-button")).to_be_enabled()
    page.get_by_role("button", name="Remove picture").click()
    expect(preview).to_be_hidden()
    expect(page.locator(".picture-name")).to_be_empty()


def test_pictures_that_are_not_taken(visit: Visit, seeing_url: str) -> None:
    page = visit(seeing_url)
    expect(page.locator(".picture")).to_be_visible()
    png = file("a.png", picture(8, 8), "image/png")
    hand_over(page, "drop", file("a.gif", b"GIF89a", "image/gif"), at="body")
    expect(page.get_by_role("alert")).to_contain_text("PNG, JPEG and WebP")
    hand_over(page, "drop", png, {**png, "name": "b.png"}, at="body")
    expect(page.get_by_role("alert").last).to_contain_text("Only one picture")
    expect(page.locator(".picture-name")).to_have_text("a.png")
    page.select_option("#model-select-box", "Local-GLM")
    expect(page.locator(".picture")).to_be_hidden()
    hand_over(page, "paste", png)
    expect(page.get_by_role("alert").last).to_contain_text("Local-GLM cannot read pictures")


def test_a_broken_picture_has_no_preview(visit: Visit, seeing_url: str) -> None:
    page = visit(seeing_url)
    expect(page.locator(".picture")).to_be_visible()
    hand_over(page, "drop", file("a.png", b"no picture", "image/png"))
    expect(page.locator(".picture-name")).to_have_text("a.png")
    expect(page.locator(".picture-preview")).to_be_hidden()


def test_a_phone_never_scrolls_sideways(visit: Visit, problems: list[str]) -> None:
    page = visit(viewport={"width": 360, "height": 740})
    choose(page, file("x" * 80 + ".exe", b"MZ"), file("t.csv", "a" * 60 + ",b\n1,2"))
    expect(page.get_by_label("Which column?")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    forgive(page, problems)

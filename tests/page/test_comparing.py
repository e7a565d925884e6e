"""One text through two models, and what only one of them found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from errors import ModelFailed
from settings import Settings
from tests import EMPTY_CACHE
from tests.page.conftest import Visit
from tests.page.test_page import LUXUN, finished, send
from tests.scripted_model import ScriptedModel
from tests.serving import Serving

BIRTH, WORK = '["鲁迅","出生地","浙江绍兴"]', '["鲁迅","作品","狂人日记"]'


@pytest.fixture(scope="module")
def two_url() -> Iterator[str]:
    """Two models that agree on one of three triples, and one that fails."""
    models = {
        "Embedded": ScriptedModel(lambda _: ['{"triples":[' + BIRTH + "," + WORK + "]}"]),
        "Local-GLM": ScriptedModel(
            lambda _: ['{"triples":[' + BIRTH + ',["鲁迅","著作","狂人日记"]]}']
        ),
        "ChatGpt": ScriptedModel(lambda _: [ModelFailed("The model broke off.")]),
    }
    with Serving(Settings(cache_dir=EMPTY_CACHE, store=None), models) as serving:
        yield serving.url


def test_what_one_model_lacks_is_marked(visit: Visit, two_url: str) -> None:
    page = visit(two_url)
    send(page, LUXUN)
    finished(page)
    page.get_by_label("Compare with…").select_option("Local-GLM")
    table = page.locator(".comparison table")
    expect(table.locator("caption")).to_have_text("Embedded and Local-GLM: 1 of 3 in both")
    expect(table.locator("tbody tr")).to_have_text(
        [
            "鲁迅 · 出生地 · 浙江绍兴✓✓",
            "鲁迅 · 作品 · 狂人日记✓missing",
            "鲁迅 · 著作 · 狂人日记missing✓",
        ]
    )
    expect(table.locator("tr.differs")).to_have_count(2)
    expect(page.locator(".turn")).to_have_count(1)


def test_what_a_person_corrected_is_not_the_models(visit: Visit, tmp_path: Path) -> None:
    models = {
        name: ScriptedModel(lambda _: ['{"triples":[' + BIRTH + "," + WORK + "]}"])
        for name in ("Embedded", "Local-GLM")
    }
    settings = Settings(cache_dir=EMPTY_CACHE, store=tmp_path / "kex.db")
    with Serving(settings, models) as serving:
        page = visit(serving.url)
        send(page, LUXUN)
        finished(page)
        expect(page.get_by_role("button", name="Add item")).to_be_visible()
        page.locator("tr[data-row]").first.focus()
        page.keyboard.press("Delete")
        expect(page.locator(".turn tr[data-row]")).to_have_count(1)
        for _ in range(2):  # as it came, and as it is loaded again
            page.get_by_label("Compare with…").select_option("Local-GLM")
            expect(page.locator(".comparison caption")).to_contain_text("2 of 2 in both")
            page.reload()
            expect(page.locator(".trace del")).to_have_count(1)
        page.goto("about:blank")  # before its server ends


def test_a_model_that_fails_is_told_beside_the_answer(visit: Visit, two_url: str) -> None:
    page = visit(two_url)
    send(page, LUXUN)
    finished(page)
    page.get_by_label("Compare with…").select_option("ChatGpt")
    expect(page.get_by_role("alert")).to_contain_text("The model broke off.")
    expect(page.locator("tr[data-row]")).to_have_count(2)
    page.locator(".comparison").get_by_role("button", name="Retry").click()
    expect(page.get_by_role("alert")).to_contain_text("The model broke off.")
    expect(page.locator(".comparison")).to_have_count(1)


def test_the_same_text_is_asked_for_other_names(visit: Visit, two_url: str) -> None:
    page = visit(two_url)
    send(page, LUXUN)
    finished(page)
    page.locator("#only-button").click()
    page.get_by_role("textbox", name="Relations").fill("作品")
    page.keyboard.press("Enter")
    page.get_by_label("Compare with…").select_option("The current form settings")
    table = page.locator(".comparison table")
    expect(table.locator("thead th")).to_have_text(
        ["Item", "Embedded · any labels", "Embedded · 作品"]
    )
    expect(table.locator("tr.differs")).to_have_text(["鲁迅 · 出生地 · 浙江绍兴✓missing"])


def test_a_comparison_is_copied_closed_and_made_anew_in_its_place(
    visit: Visit, two_url: str
) -> None:
    page = visit(two_url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    send(page, LUXUN)
    finished(page)
    menu = page.get_by_label("Compare with…")
    for _ in range(2):
        menu.select_option("Local-GLM")
        expect(page.locator(".comparison caption")).to_have_count(1)
    page.locator(".comparison").get_by_role("button", name="Copy table").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert copied[:2] == ["Item\tEmbedded\tLocal-GLM", "鲁迅 · 出生地 · 浙江绍兴\t+\t+"]
    page.get_by_role("button", name="Close this comparison").click()
    expect(page.locator(".comparison")).to_have_count(0)
    expect(menu).to_be_focused()

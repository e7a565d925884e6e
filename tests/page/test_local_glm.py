"""Local-GLM, a tiny checkpoint of it, asked about a picture in the page."""

from __future__ import annotations

from pathlib import Path

import PIL.Image
from playwright.sync_api import Browser, expect

from models.local_glm.model import LocalGlm
from settings import Settings
from tests import EMPTY_CACHE
from tests.page.conftest import settle
from tests.serving import Serving


def test_it_answers_about_a_text_and_a_picture(
    local_glm: LocalGlm, browser: Browser, tmp_path: Path
) -> None:
    PIL.Image.effect_mandelbrot((120, 80), (-3, -2.5, 2, 2.5), 40).save(tmp_path / "a.png")
    settings = Settings(cache_dir=EMPTY_CACHE, store=None)
    with Serving(settings, {"Local-GLM": local_glm}) as site:
        page = browser.new_page()
        page.goto(f"{site.url}/?ui=en")
        settle(page)
        page.select_option("#model-select-box", "Local-GLM")
        for task, text in (("KE2", "Ada Lovelace was born in London."), ("Chat", "What is this?")):
            page.select_option("#prompt-select-box", task)
            page.set_input_files("#image-input", tmp_path / "a.png")
            page.fill("#user-input", text)
            with page.expect_response("**/get_response") as caught:
                page.keyboard.press("Enter")
            assert caught.value.status == 200
            footer = page.locator("#chat-box footer").last
            expect(footer).to_contain_text("Local-GLM", timeout=60_000)
        page.close()

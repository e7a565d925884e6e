"""Takes the documents' pictures of the page: five states, answered by the real model.

make run, and in another terminal: .venv/bin/python scripts/screenshot.py docs/page
"""

from __future__ import annotations

import argparse
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

CHINESE = (
    "鲁迅，原名周树人，1881年9月25日出生于浙江绍兴，是中国现代文学的奠基人之一。"
    "1918年，他在《新青年》上发表了第一篇白话小说《狂人日记》。1936年10月19日，鲁迅在上海病逝，终年55岁。"
)
ENGLISH = (
    "Ada Lovelace, born in London in 1815, was the daughter of the poet Lord Byron. She worked "
    "with Charles Babbage on the Analytical Engine and published her notes on it in 1843."
)
DESK: ViewportSize = {"width": 1200, "height": 820}
PHONE: ViewportSize = {"width": 380, "height": 780}
PATIENCE = 120_000  # milliseconds
COLOURS = 128  # a page has few; the file becomes a third


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--url", default="http://127.0.0.1:5000")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for name, page in states(browser, given.url):
            page.wait_for_timeout(500)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            picture.quantize(COLOURS).save(given.folder / f"{name}.png", optimize=True)
            page.close()
        browser.close()


def states(browser: Browser, url: str) -> Iterator[tuple[str, Page]]:
    """The five states, each on a page of its own."""
    page = browser.new_page(viewport=DESK)
    page.goto(f"{url}/?ui=en")
    yield "empty", page

    page = browser.new_page(viewport=DESK)
    page.goto(f"{url}/?ui=en")
    send(page, ENGLISH)
    page.wait_for_selector(".running tr[data-row]", timeout=PATIENCE)
    yield "streaming", page

    page = browser.new_page(viewport=DESK)
    page.goto(f"{url}/?ui=en")
    send(page, CHINESE)
    finished(page)
    page.click(".turn [aria-expanded]")
    page.wait_for_selector(".turn .canvas")
    page.hover("tr[data-row]")
    yield "views", page

    page = browser.new_page(viewport=DESK, color_scheme="dark")
    page.goto(f"{url}/?ui=en")
    page.select_option("#model-select-box", "ChatGpt")
    send(page, ENGLISH)
    page.wait_for_selector("[role=alert] p")
    yield "error", page

    page = browser.new_page(viewport=PHONE)
    page.goto(f"{url}/?ui=zh")
    send(page, CHINESE)
    finished(page)
    yield "phone", page


def send(page: Page, text: str) -> None:
    page.fill("#user-input", text)
    page.press("#user-input", "Enter")


def finished(page: Page) -> None:
    page.wait_for_selector(".turn:not(.running) .measures", timeout=PATIENCE)


if __name__ == "__main__":
    main()

"""Takes README's picture from the running page: one question, answered by the real model.

make run, and in another terminal: .venv/bin/python scripts/screenshot.py docs/screenshot.png
"""

from __future__ import annotations

import argparse
import shutil

from playwright.sync_api import sync_playwright

TEXT = (
    "鲁迅，原名周树人，1881年9月25日出生于浙江绍兴，是中国现代文学的奠基人之一。"
    "1918年，他在《新青年》上发表了第一篇白话小说《狂人日记》。1936年10月19日，鲁迅在上海病逝，终年55岁。"
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--url", default="http://127.0.0.1:5000")
    parser.add_argument("--ui", default="en", choices=["en", "zh"])
    parser.add_argument("--type", default="KE1")
    parser.add_argument("--text", default=TEXT)
    parser.add_argument("--width", type=int, default=1200)
    parser.add_argument("--dark", action="store_true")
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(
            viewport={"width": given.width, "height": 820},
            color_scheme="dark" if given.dark else "light",
        )
        page.goto(f"{given.url}/?ui={given.ui}")
        if given.text:
            page.select_option("#prompt-select-box", given.type)
            page.fill("#user-input", given.text)
            page.press("#user-input", "Enter")
            page.wait_for_selector("#chat-box table tbody tr", timeout=60_000)
            page.wait_for_selector("#send-button:not([disabled])", timeout=120_000)
            page.wait_for_timeout(300)
        page.screenshot(path=given.out)
        browser.close()


if __name__ == "__main__":
    main()

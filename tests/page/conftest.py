"""A real browser, and the two servers that the page's tests open."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from errors import ModelFailed
from models.base import GenerateRequest
from models.embedded import Embedded
from settings import Settings
from tests.scripted_model import ScriptedModel, Step
from tests.serving import Serving

# Chromium asks its maker's hosts for many things at a start; none of it belongs to a test.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# Read before any test runs: tests clear the KEX_ variables.
CHROMIUM = os.environ.get("KEX_TEST_CHROMIUM")


def find_browser() -> str:
    """Chromium's path; without one the page's tests are skipped, in CI they fail."""
    names = [CHROMIUM] if CHROMIUM else ["chromium", "chromium-browser", "google-chrome"]
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    reason = "no Chromium: install it, or set KEX_TEST_CHROMIUM"
    if os.environ.get("CI"):
        raise FileNotFoundError(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    path = find_browser()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield chromium
        chromium.close()


def script(request: GenerateRequest) -> Sequence[Step]:
    """What the scripted model answers, by a word in the text."""
    text = request.messages[-1].content
    if "SLOW" in text:
        steps: list[Step] = ['{"triples":[']
        for number in range(40):
            row = json.dumps(["SLOW", f"step {number}", "item"])
            steps += [0.5, ("," if number else "") + row]
        return [*steps, "]}"]
    if "FAIL" in text:
        return ['{"triples":[["FAIL","is","one"],', 0.2, ModelFailed("The model broke off.")]
    if "<img" in text:
        return [json.dumps({"person": ["<img src=x onerror=alert(1)>"]})]
    if "鲁迅" in text:
        first, second = '["鲁迅","出生地","浙江绍兴"]', '["鲁迅","作品","狂人日记"]'
        return ['{"triples":[' + first + ",", 0.3, second, 0.3, "]}"]
    return ['{"triples":[]}']


@pytest.fixture(scope="session")
def scripted_url() -> Iterator[str]:
    """A real server whose model plays a script."""
    settings = Settings(cache_dir=Path("/nonexistent"))
    with Serving(settings, {"Embedded": ScriptedModel(script)}) as serving:
        yield serving.url


@pytest.fixture(scope="session")
def page_url(tiny: Embedded) -> Iterator[str]:
    """A real server with a real, tiny model."""
    settings = Settings(cache_dir=Path("/nonexistent"), max_tokens=64)
    with Serving(settings, {"Embedded": tiny}) as serving:
        yield serving.url

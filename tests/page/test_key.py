"""The page of a server that wants a key: the browser asks for it, and everything works with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from pydantic import SecretStr

from settings import Settings
from tests import EMPTY_CACHE
from tests.page.conftest import Visit, script
from tests.scripted_model import ScriptedModel
from tests.serving import Serving

KEY = "a-key-of-sixteen-characters"


@pytest.fixture(scope="module")
def keyed_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(
        cache_dir=EMPTY_CACHE,
        store=tmp_path_factory.mktemp("store") / "kex.db",
        api_key=SecretStr(KEY),
    )
    with Serving(settings, {"Embedded": ScriptedModel(script)}) as serving:
        yield serving.url


def test_with_the_key_the_page_works(visit: Visit, keyed_url: str) -> None:
    """Styles, modules, streams and stored conversations: the browser sends the key with each."""
    page = visit(keyed_url, http_credentials={"username": "ada", "password": KEY})
    page.fill("#user-input", "鲁迅生于浙江绍兴，著有狂人日记。")
    page.press("#user-input", "Enter")
    answer = page.locator(".answer table").first
    expect(answer).to_contain_text("浙江绍兴")
    page.reload()
    expect(answer).to_contain_text("浙江绍兴")


def test_without_it_there_is_no_page(browser: Browser, keyed_url: str) -> None:
    context = browser.new_context(http_credentials={"username": "ada", "password": "wrong" * 4})
    page = context.new_page()
    response = page.goto(keyed_url)
    assert response is not None and response.status == 401
    assert "Kex" not in page.title()
    context.close()

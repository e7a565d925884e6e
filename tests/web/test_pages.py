"""POST /get_response as a browser without scripts sends it: pages; everyone else gets JSON."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest

from errors import ModelFailed
from models.base import GenerateRequest
from settings import Settings
from tests import EMPTY_CACHE
from tests.evaluation.reader import Reader
from tests.export.answers import XSS
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from tests.web.asking import events, form, multipart
from web.services import services_of

# What Firefox, Chromium and Safari send with a form.
BROWSERS = [
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;"
    "q=0.8,application/signed-exchange;v=b3;q=0.7",
    "text/html",
]
OTHERS = ["*/*", "application/json", "application/json, text/plain, */*", "", "text/plain",
          "application/json, text/html", "text/html;q=0.5, application/json", "?"]  # fmt: skip
TEXT = "鲁迅生于绍兴。"
SAID = '{"triples":[["鲁迅","出生地","绍兴"],["鲁迅","国籍","中国"]]}'


def ask(
    url: str,
    accept: str | None = BROWSERS[0],
    method: str = "POST",
    language: str = "en",
    **fields: str,
) -> tuple[int, str, Mapping[str, str]]:
    headers = {"Accept-Language": language} | ({} if accept is None else {"Accept": accept})
    body = urlencode(fields).encode() if method == "POST" else None
    request = urllib.request.Request(f"{url}/get_response", body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode(), dict(response.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), dict(error.headers)


@pytest.mark.parametrize("accept", BROWSERS)
def test_a_browser_gets_a_page(serving: Serving, scripted: ScriptedModel, accept: str) -> None:
    scripted.script = lambda _: [SAID]
    status, page, headers = ask(serving.url, accept, user_input=TEXT, grounding="free")
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Accept" in headers["Vary"]
    assert re.findall(r'<mark class="(\w+)"[^>]*>([^<]*)</mark>', page) == [
        ("head", "鲁迅"),
        ("tail", "绍兴"),
    ]
    assert '<html lang="zh">' in page
    assert '<a href="/">← 返回</a>' in page
    assert "推断" in page
    assert "<svg" in page


@pytest.mark.parametrize("accept", [*OTHERS, None])
def test_everyone_else_gets_json(
    serving: Serving, scripted: ScriptedModel, accept: str | None
) -> None:
    scripted.script = lambda _: [SAID]
    status, text, headers = ask(serving.url, accept, user_input=TEXT)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(text)["knowledge"]["triples"][0]["relation"] == "出生地"
    assert "Accept" in headers["Vary"]
    status, text, headers = ask(serving.url, accept, user_input="")
    assert (status, headers["Content-Type"]) == (400, "application/json")
    assert json.loads(text)["error"]["field"] == "user_input"


def test_an_event_stream_is_still_one(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [SAID]
    assert events(serving.url, user_input=TEXT)[-1][0] == "done"
    both = "text/html, text/event-stream"
    _, text, headers = ask(serving.url, both, user_input=TEXT)
    assert headers["Content-Type"].startswith("text/event-stream")
    assert "event: done" in text


def test_the_policy_permits_the_style_of_the_page_alone(
    serving: Serving, scripted: ScriptedModel
) -> None:
    scripted.script = lambda _: [SAID]
    for fields in ({"user_input": TEXT}, {"user_input": ""}):
        _, page, headers = ask(serving.url, **fields)
        policy = headers["Content-Security-Policy"]
        (style,) = re.findall("<style>(.*?)</style>", page, re.S)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("POST", {"user_input": ""}),
        ("POST", {"user_input": "a", "prompt_type": "KE9"}),
        ("POST", {"user_input": "a", "<script>alert(1)</script>": "1"}),
        ("POST", {"user_input": "a" * 20_001}),
        ("POST", {"user_input": "a", "model_type": "ChatGpt"}),
        ("POST", {"user_input": "FAIL"}),
        ("GET", {}),
    ],
)
def test_an_error_is_a_page_with_the_same_words_and_status(
    serving: Serving, scripted: ScriptedModel, method: str, fields: dict[str, str]
) -> None:
    scripted.script = lambda _: [ModelFailed("The model broke off.")]
    status, text, told = ask(serving.url, "*/*", method, **fields)
    message = json.loads(text)["error"]["message"]
    same, page, headers = ask(serving.url, method=method, **fields)
    assert (same, headers.get("Allow")) == (status, told.get("Allow"))
    assert status >= 400
    read = Reader.read(page)
    assert message in read.told
    assert "script" not in read.tags
    assert '<a href="/">← Back</a>' in page
    assert "出错了" in ask(serving.url, method=method, language="zh-CN", **fields)[1]


def test_a_full_house_says_when_to_come_back(scripted: ScriptedModel) -> None:
    settings = Settings(cache_dir=EMPTY_CACHE, max_concurrent=1)
    with Serving(settings, {"Embedded": scripted}) as serving:
        runner = services_of(serving.app).runner
        with runner.gates["Embedded"].place():
            status, page, headers = ask(serving.url, user_input=TEXT)
        assert (status, headers["Retry-After"]) == (503, "10")
        assert "Try again in about 10 s." in page


def test_a_talk_is_a_page_too(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: ["<b>Hello</b>\nthere"]
    status, page, _ = ask(serving.url, prompt_type="Chat", user_input="Say <i>hello</i>.")
    assert status == 200
    assert '<p class="said" dir="auto">Say &lt;i&gt;hello&lt;/i&gt;.</p>' in page
    assert "&lt;b&gt;Hello&lt;/b&gt;\nthere</p>" in page
    scripted.script = lambda _: []
    assert "without any text" in ask(serving.url, prompt_type="Chat", user_input="Hello?")[1]


def test_what_the_form_of_the_page_sends(serving: Serving, scripted: ScriptedModel) -> None:
    """A multipart form with all its fields, most of them empty, and line ends as browsers send."""
    scripted.script = lambda _: ['{"person":["Curie"]}']
    fields = {"entity": "", "schema": "", "user_input": "Marie\r\nCurie 😀\r\nCurie",
              "prompt_type": "KE2", "model_type": "Embedded", "lang": "auto"}  # fmt: skip
    parts = [(name, None, value.encode()) for name, value in fields.items()]
    body, kind = multipart([*parts, ("image", "", b"")])
    headers = {"Content-Type": kind, "Accept": BROWSERS[1], "Sec-Fetch-Site": "same-origin"}
    request = urllib.request.Request(f"{serving.url}/get_response", body, headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        page = response.read().decode()
    assert page.count(">Curie</mark>") == 2
    assert "Marie\n<mark" in page


def test_a_page_is_kept_in_its_conversation(tmp_path: Path, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [SAID]
    settings = Settings(cache_dir=EMPTY_CACHE, store=tmp_path / "kex.db")
    with Serving(settings, {"Embedded": scripted}) as serving:
        store = services_of(serving.app).conversations.get()
        begun = store.begin("t")
        assert ask(serving.url, user_input=TEXT, conversation=begun.id)[0] == 200
        assert store.turn(begun.id, 1).said.text == TEXT


def _say(said: str, _: GenerateRequest) -> list[str]:
    return [said]


def test_nothing_that_is_said_is_markup(serving: Serving, scripted: ScriptedModel) -> None:
    for string in XSS:
        text = string.replace("\x00", "") + " and more"
        said = json.dumps({string: [string.replace("\x00", "")]})
        scripted.script = partial(_say, said)
        _, page, _ = ask(serving.url, prompt_type="KE2", grounding="free", user_input=text)
        assert {"script", "img", "iframe", "form", "object", "link", "base"}.isdisjoint(
            Reader.read(page).tags
        )
        assert form(serving.url, prompt_type="KE2", user_input=text)[0] == 200

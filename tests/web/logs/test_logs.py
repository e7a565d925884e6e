"""What a server logs: ids that lead from an answer to its lines, and nothing that was sent."""

from __future__ import annotations

import io
import json
import logging
import re
import time
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from errors import ModelFailed
from log_lines import JsonLines
from models.base import GenerateRequest
from settings import Settings
from tests import EMPTY_CACHE
from tests.scripted_model import ScriptedModel, Step
from tests.serving import Serving
from tests.web.asking import events, form, post

SECRET = "鲁迅生于绍兴。"
SAID = '{"triples":[["鲁迅","出生地","绍兴"]]}'


def script(request: GenerateRequest) -> list[Step]:
    prompt = request.messages[-1].content
    if "失败" in prompt:
        return [ModelFailed("It broke.")]
    return [KeyError(SECRET)] if "错误" in prompt else [SAID]


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    made = io.StringIO()
    handler = logging.StreamHandler(made)
    handler.setFormatter(JsonLines(content=False))
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield made
    root.removeHandler(handler)
    root.setLevel(before)


def lines(out: io.StringIO, message: str, count: int) -> list[Any]:
    """The lines with this message, once there are so many: they follow the answer."""
    until = time.monotonic() + 5
    while True:
        found = [json.loads(line) for line in out.getvalue().splitlines()]
        found = [line for line in found if line["message"] == message]
        if len(found) >= count or time.monotonic() > until:
            return found
        time.sleep(0.02)


def serve(**settings: Any) -> Serving:
    made = Settings(cache_dir=EMPTY_CACHE, store=None, **settings)
    return Serving(made, {"Embedded": ScriptedModel(script)})


def test_the_id_of_an_answer_is_in_its_lines(out: io.StringIO) -> None:
    with serve() as server:
        _, _, headers = form(server.url, user_input=SECRET)
        own = headers["X-Request-Id"]
        assert re.fullmatch(r"[0-9a-f]{16}", own)
        (line,) = lines(out, "POST /get_response", 1)
        assert (line["request"], line["status"]) == (own, 200) and line["ms"] >= 0
        (line,) = lines(out, "answer", 1)
        assert line["request"] == own
        assert (line["model"], line["task"], line["end"]) == ("Embedded", "KE1", "done")
        assert line["completion_tokens"] == 20
        assert form(server.url, user_input=SECRET)[2]["X-Request-Id"] != own


def test_a_proxy_may_set_the_id_and_nobody_may_forge_a_line(out: io.StringIO) -> None:
    with serve() as server:
        for given, taken in (("proxy-7.a", True), ("a b", False), ("x" * 65, False)):
            body = b"user_input=a"
            headers = post(server.url, body, headers={"X-Request-Id": given})[2]
            assert (headers["X-Request-Id"] == given) == taken


def test_a_stream_has_its_line_at_its_end(out: io.StringIO) -> None:
    with serve() as server:
        assert events(server.url, user_input=SECRET)[-1][0] == "done"
        (line,) = lines(out, "POST /get_response", 1)
        (answer,) = lines(out, "answer", 1)
        assert line["request"] == answer["request"] and line["ms"] >= answer["ms"]


def test_failures_are_logged_with_their_codes_and_without_content(out: io.StringIO) -> None:
    with serve() as server:
        assert form(server.url, user_input=f"失败。{SECRET}")[0] == 503
        assert form(server.url, user_input=f"错误。{SECRET}")[0] == 500
        assert form(server.url, user_input=SECRET, prompt_type="Chat")[0] == 200
        urllib.request.urlopen(f"{server.url}/health?secret={quote('绍兴')}", timeout=5).close()
        ends = [line["end"] for line in lines(out, "answer", 3)]
        assert ends == ["model_failed", "internal", "done"]
        (line,) = lines(out, "unexpected KeyError", 1)
        assert "KeyError" in line["exception"] and line["request"] != "-"
    for word in ("鲁迅", "绍兴", "出生地", quote("绍兴"), "secret"):
        assert word not in out.getvalue()


def test_content_by_choice(out: io.StringIO) -> None:
    with serve(log_content=True) as server:
        assert form(server.url, user_input=SECRET)[0] == 200
        (line,) = lines(out, "answer", 1)
        assert (line["text"], line["answer"]) == (SECRET, "(鲁迅, 出生地, 绍兴)")

"""Row 11: the service behind `ChatGpt` fails in every way; what the client of Kex sees of it.

The service is a real HTTP server on loopback that fails to order.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from settings import Settings
from tests import EMPTY_CACHE
from tests.models.chatgpt.scripted_server import (
    Reply,
    ScriptedServer,
    answer,
    delta,
    events,
    failure,
)
from tests.serving import Serving
from tests.web.asking import events as stream_of
from tests.web.asking import form
from web.services import services_of

KEY = "sk-canary-0123456789abcdef"
PATIENCE = 1.0  # seconds that Kex waits for the next piece
HALF = delta("Hel")
STREAM = {"Content-Type": "text/event-stream"}
GARBAGE = Reply(
    (b"data: {\xff\xfe\n\n", b"\x00\x01 data:", b"event: x\ndata: [}\n\n"), headers=STREAM
)


@contextmanager
def kex(service: ScriptedServer) -> Iterator[str]:
    """The URL of a Kex in front of the service."""
    settings = Settings(
        cache_dir=EMPTY_CACHE, store=None, base=None, openai_base_url=service.url,
        openai_api_key=SecretStr(KEY), openai_timeout=PATIENCE, openai_retries=1,
    )  # fmt: skip
    with Serving(settings, {}) as serving:
        yield serving.url
        services_of(serving.app).registry.close()


FAULTS: dict[str, tuple[Reply, tuple[int, str], int]] = {
    # the fault, the status and code that the client sees, how often the service is asked
    "401": (failure(401, f"Incorrect API key provided: {KEY}"), (503, "unavailable"), 1),
    "403": (failure(403, "No."), (503, "unavailable"), 1),
    "429": (failure(429, "Slow down.", headers={"Retry-After": "0"}), (429, "rate_limited"), 2),
    "429, no credit": (failure(429, "Pay.", code="insufficient_quota"), (429, "rate_limited"), 1),
    "500": (failure(500, "Oops."), (503, "model_failed"), 2),
    "a page instead of JSON": (
        Reply((b"<html>Bad gateway</html>",), 502),
        (503, "model_failed"),
        2,
    ),
    "silence": (Reply(status=None, end="silent"), (504, "timeout"), 2),
    "reset": (Reply(status=None, end="reset"), (503, "unavailable"), 2),
    "cut headers": (Reply(status=None, end="cut"), (503, "unavailable"), 2),
    "garbage": (GARBAGE, (503, "model_failed"), 1),
    "an empty stream": (events("[DONE]"), (503, "model_failed"), 1),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_before_the_first_token_is_tried_again_where_that_may_help(name: str) -> None:
    fault, expected, asked = FAULTS[name]
    with (
        ScriptedServer([fault, fault, fault]) as service,
        kex(service) as url,
    ):
        began = time.monotonic()
        fields = {"user_input": "Hi", "prompt_type": "Chat", "model_type": "ChatGpt"}
        status, body, headers = form(url, **fields)
        assert time.monotonic() - began < 2 * PATIENCE + 5
        assert (status, body["error"]["code"]) == expected, body
        assert KEY not in json.dumps(body) + json.dumps(dict(headers))
        assert len(service.seen) == asked


def test_a_passing_fault_does_not_show() -> None:
    for fault in (failure(500, "Oops."), Reply(status=None, end="reset")):
        with (
            ScriptedServer([fault, answer("Hel", "lo.")]) as service,
            kex(service) as url,
        ):
            fields = {"user_input": "Hi", "prompt_type": "Chat", "model_type": "ChatGpt"}
            status, body, _ = form(url, **fields)
            assert (status, body["response"]) == (200, "Hello.")


BROKEN: dict[str, Reply] = {
    "silence": events(HALF, end="silent"),
    "reset": events(HALF, end="reset"),
    "half-closed": events(HALF, end="cut"),
    "garbage": Reply(
        (f"data: {json.dumps(HALF)}\n\n".encode(), b"data: {\xff\n\n", b"\n\ndata: }{\n\n"),
        headers=STREAM,
    ),
    "an error in the stream": events(HALF, {"error": {"message": "Overloaded.", "code": 500}}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_answer_that_breaks_off_is_marked_and_not_tried_again(name: str) -> None:
    """Nothing of it is taken for a whole answer."""
    with ScriptedServer([BROKEN[name]] * 3) as service, kex(service) as url:
        fields = {"user_input": "Hi", "prompt_type": "Chat", "model_type": "ChatGpt"}
        got: list[tuple[str, Any]] = stream_of(url, **fields)
        names = [kind for kind, _ in got]
        assert ("token", {"text": "Hel"}) in got
        assert names[-1] == "error" and "done" not in names
        assert got[-1][1]["error"]["code"] in ("model_failed", "unavailable", "timeout")
        assert len(service.seen) == 1


def test_an_answer_that_ends_without_its_end_is_marked() -> None:
    """The service closes the stream in order, but never says that the answer is complete."""
    with ScriptedServer([events(HALF)]) as service, kex(service) as url:
        fields = {"user_input": "Hi", "prompt_type": "Chat", "model_type": "ChatGpt"}
        got = stream_of(url, **fields)
    kind, last = got[-1]
    assert kind == "error" or last["warnings"], got

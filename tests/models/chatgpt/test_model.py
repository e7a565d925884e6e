"""ChatGpt against a real OpenAI-compatible server (llama.cpp's), its settings, closing, the key."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
import traceback
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from errors import (
    KexError,
    Unavailable,
    Unprocessable,
)
from models.base import Finish, GenerateRequest, Image, Message, Progress, Text, Usage
from tests.models.chatgpt.openai_client import KEY, SCHEMA, Build, Play, ask, fails, read
from tests.models.chatgpt.scripted_server import (
    DONE,
    USAGE,
    Reply,
    answer,
    delta,
    events,
    failure,
    finish,
)


@pytest.mark.parametrize(
    ("url", "key", "names"),
    [
        (None, None, ["OPENAI_API_KEY", "OPENAI_BASE_URL"]),
        ("ftp://host/v1", None, ["OPENAI_BASE_URL"]),
        ("localhost:8080", KEY, ["OPENAI_BASE_URL"]),
        ("http://[::1", KEY, ["OPENAI_BASE_URL"]),
        ("http://host:99999/v1", KEY, ["OPENAI_BASE_URL"]),
        ("http://me:canary-pass@host/v1", KEY, ["OPENAI_BASE_URL", "OPENAI_API_KEY"]),
        (None, "sk-canary\nX-Evil: 1", ["OPENAI_API_KEY"]),
        (None, "sk-canary-“quoted”", ["OPENAI_API_KEY"]),
    ],
)
def test_settings_that_cannot_serve_are_named(
    build: Build, url: str | None, key: str | None, names: list[str]
) -> None:
    model = build(url, key)
    state = model.state()
    assert state.status == "unavailable"
    assert all(name in state.detail for name in names)
    assert "canary" not in state.detail
    assert fails(model, Unavailable).message == state.detail
    with pytest.raises(Unavailable):
        model.load()


def test_ready_with_either_setting(build: Build) -> None:
    assert build(None).state().status == "ready"
    assert build("https://host/v1", None).state().status == "ready"


def test_importing_leaves_the_sdk_alone() -> None:
    code = "import sys, models.chatgpt.model; assert not {'openai', 'httpx2'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(scope="module")
def llama(smollm2: Path) -> Iterator[str]:
    """The address of llama.cpp's own server, two slots of 1024 tokens, with a key."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(smollm2)
    params.n_ctx = 2048
    params.n_parallel = 2
    params.verbosity = 0
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = 2
        cpu.poll = 0  # spinning threads starve everything else on a busy machine
    params.api_keys = [KEY]
    server = xllamacpp.Server(params)
    yield server.listening_address + "/v1"
    del server


def test_streams_text_and_usage(build: Build, llama: str) -> None:
    chunks = list(build(llama).generate(ask(max_tokens=12)))
    texts = [chunk.text for chunk in chunks if isinstance(chunk, Text)]
    assert len(texts) > 3
    end = chunks[-1]
    assert isinstance(end, Finish)
    assert end.reason == "length"
    assert end.warning is None
    assert end.usage.completion_tokens == 12
    assert end.usage.prompt_tokens and end.usage.prompt_tokens > 3


def test_an_answer_is_held_to_the_schema(build: Build, llama: str) -> None:
    text, end = read(build(llama), ask("Describe yourself.", max_tokens=64, json_schema=SCHEMA))
    data = json.loads(text)
    assert set(data) == {"head", "sure"}
    assert isinstance(data["head"], str) and isinstance(data["sure"], bool)
    assert end.reason == "stop"
    assert end.warning is None


def test_a_wrong_key_is_refused(build: Build, llama: str) -> None:
    error = fails(build(llama, "sk-canary-wrong"), Unavailable)
    assert "OPENAI_API_KEY" in error.message
    assert "canary" not in error.message
    assert "needs a key" in fails(build(llama, None), Unavailable).message


def test_what_a_real_server_cannot_do_is_said(build: Build, llama: str) -> None:
    model = build(llama)
    assert "context" in fails(model, Unprocessable, ask("word " * 2000)).message
    picture = Message("user", "What is it?", (Image(b"\x89PNG", "image/png"),))
    error = fails(model, Unprocessable, GenerateRequest((picture,), max_tokens=4))
    assert "image" in error.message


def test_an_aborted_answer_frees_its_slot(build: Build, llama: str) -> None:
    stream = build(llama).generate(ask("Tell me a long story.", max_tokens=900))
    while not isinstance(next(stream), Text):
        pass
    assert any(busy_slots(llama))
    closed = time.monotonic()
    stream.close()
    while any(busy_slots(llama)):
        time.sleep(0.02)
    # Nine hundred tokens take several seconds.
    assert time.monotonic() - closed < 1.0


def busy_slots(url: str) -> list[bool]:
    headers = {"Authorization": f"Bearer {KEY}"}
    request = urllib.request.Request(url.removesuffix("/v1") + "/slots", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return [slot["is_processing"] for slot in json.load(response)]


@pytest.mark.parametrize("reply", [Reply(status=None, end="silent"), events(end="silent")])
def test_closing_leaves_a_silent_server_at_once(play: Play, reply: Reply) -> None:
    model, server = play(reply)
    chunks = model.generate(ask())
    assert next(chunks) == Progress()  # the beat goes on while the server is silent
    assert next(chunks) == Progress()
    closed = time.monotonic()
    chunks.close()
    assert server.gone.get(timeout=5) - closed < 1.0


def test_closing_ends_a_pause_between_tries(play: Play) -> None:
    model, server = play(failure(500, "oops", headers={"Retry-After": "9"}), answer("a"))
    chunks = model.generate(ask())
    assert next(chunks) == Progress()
    closed = time.monotonic()
    chunks.close()
    model.close()  # waits for the task that slept
    assert time.monotonic() - closed < 1.0
    assert len(server.seen) == 1


def test_shutting_down_tells_whoever_listens_and_leaves_no_thread(play: Play) -> None:
    model, _ = play(Reply(status=None, end="silent"), answer("again"))
    chunks = model.generate(ask())
    assert next(chunks) == Progress()
    model.close()
    with pytest.raises(Unavailable, match="shut down"):
        list(chunks)
    assert "chatgpt-loop" not in {thread.name for thread in threading.enumerate()}
    assert read(model)[0] == "again"


def test_requests_run_side_by_side(play: Play) -> None:
    model, _ = play(*[events(*map(delta, "abcdef"), finish(), DONE, pause=0.1)] * 6)
    started = time.monotonic()
    texts: list[str] = []
    threads = [threading.Thread(target=lambda: texts.append(read(model)[0])) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == ["abcdef"] * 6
    assert time.monotonic() - started < 3.5  # 4.2 s one after the other


def test_the_key_shows_nowhere(play: Play, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "openai", "httpx2", "httpcore2", "models"):
        caplog.set_level(logging.DEBUG, logger=name)
    echo = f"Incorrect API key provided: {KEY}."
    broken = events(delta("a"), {"error": {"message": echo, "code": 500}})
    replies = [failure(status, echo) for status in (400, 401, 403, 404, 429, 500)]
    for reply in [*replies, broken, Reply((echo.encode(),), 502)]:
        model, _ = play(reply, openai_retries=0)
        with pytest.raises(KexError) as caught:
            read(model)
        trace = "".join(traceback.format_exception(caught.value))
        assert "canary" not in trace
        assert "canary" not in json.dumps(caught.value.to_json())
    model, _ = play(failure(500, echo), answer("a"))
    read(model)
    assert "canary" not in repr(vars(model)["_service"])
    assert "HTTP Request: POST" in caplog.text  # the loggers did speak
    assert "send_request_headers.started" in caplog.text
    assert "next try in" in caplog.text
    assert "canary" not in caplog.text


def test_a_server_of_your_own_gets_a_placeholder_key(play: Play) -> None:
    model, server = play(answer("a"), key=None)
    read(model)
    assert server.seen[0].headers["authorization"] == "Bearer none"


def test_usage_is_unknown_where_the_server_does_not_say(play: Play) -> None:
    model, _ = play(events(delta("a"), finish(), DONE), events(delta("b"), finish(), USAGE))
    assert read(model)[1].usage == Usage()
    assert read(model)[1].usage == Usage(7, 2)

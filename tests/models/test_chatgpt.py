"""ChatGpt against a real OpenAI-compatible server (llama.cpp's) and against a scripted one."""

from __future__ import annotations

import base64
import json
import logging
import subprocess
import sys
import threading
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from errors import (
    DeadlineExceeded,
    KexError,
    ModelFailed,
    RateLimited,
    TooLarge,
    Unavailable,
    Unprocessable,
)
from models.base import Finish, GenerateRequest, Image, Message, Progress, Text, Usage
from models.chatgpt import ChatGpt
from settings import Settings
from tests.models.scripted_server import (
    DONE,
    USAGE,
    Reply,
    ScriptedServer,
    answer,
    delta,
    events,
    failure,
    finish,
)

KEY = "sk-canary-0123456789abcdef"
SCHEMA = {
    "type": "object",
    "properties": {"head": {"type": "string", "maxLength": 12}, "sure": {"type": "boolean"}},
    "required": ["head", "sure"],
    "additionalProperties": False,
}

Build = Callable[..., ChatGpt]
Play = Callable[..., tuple[ChatGpt, ScriptedServer]]


@pytest.fixture
def build() -> Iterator[Build]:
    """Makes models that are closed after the test."""
    models: list[ChatGpt] = []

    def make(url: str | None, key: str | None = KEY, **more: Any) -> ChatGpt:
        secret = None if key is None else SecretStr(key)
        models.append(ChatGpt(Settings(openai_base_url=url, openai_api_key=secret, **more)))
        return models[-1]

    yield make
    for model in models:
        model.close()


@pytest.fixture
def play(build: Build) -> Iterator[Play]:
    """Makes a model and the scripted server that it talks to."""
    servers: list[ScriptedServer] = []

    def make(*replies: Reply, **settings: Any) -> tuple[ChatGpt, ScriptedServer]:
        servers.append(ScriptedServer(replies).__enter__())
        return build(servers[-1].url, **settings), servers[-1]

    yield make
    for server in servers:
        server.__exit__()


def ask(text: str = "Who are you?", **more: Any) -> GenerateRequest:
    return GenerateRequest((Message("user", text),), max_tokens=more.pop("max_tokens", 16), **more)


def read(model: ChatGpt, request: GenerateRequest | None = None) -> tuple[str, Finish]:
    chunks = list(model.generate(request or ask()))
    end = chunks[-1]
    assert isinstance(end, Finish)
    assert not any(isinstance(chunk, Finish) for chunk in chunks[:-1])
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, Text)), end


def fails(model: ChatGpt, kind: type[KexError], request: GenerateRequest | None = None) -> KexError:
    with pytest.raises(KexError) as caught:
        read(model, request)
    assert type(caught.value) is kind
    return caught.value


# Settings


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
    code = "import sys, models.chatgpt; assert not {'openai', 'httpx2'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# A real server


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
    assert "wants a key" in fails(build(llama, None), Unavailable).message


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


# Scripted: answers


def test_the_request_as_it_is_sent(play: Play) -> None:
    model, server = play(answer("Kex"), openai_model="some-model")
    text, end = read(model, ask("Hi", max_tokens=33, grammar="start: /a/"))
    assert (text, end) == ("Kex", Finish("stop", Usage(7, 2)))
    [seen] = server.seen
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.body == {
        "model": "some-model",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 33,
        "temperature": 0.0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_images_go_as_data_urls(play: Play) -> None:
    data = bytes(range(256))
    message = Message("user", "看图", (Image(data, "image/webp"),))
    model, server = play(answer("a"))
    read(model, GenerateRequest((Message("system", "s"), message), max_tokens=4))
    system, user = server.seen[0].body["messages"]
    assert system == {"role": "system", "content": "s"}
    text, image = user["content"]
    assert text == {"type": "text", "text": "看图"}
    head, _, body = image["image_url"]["url"].partition(",")
    assert head == "data:image/webp;base64"
    assert base64.b64decode(body) == data


def test_characters_cut_at_every_byte(play: Play) -> None:
    whole = answer("知识🦆", "é")
    pieces = tuple(bytes([byte]) for byte in b"".join(whole.pieces))
    model, _ = play(Reply(pieces, headers=whole.headers))
    assert read(model)[0] == "知识🦆é"


def test_surrogates_cut_in_two_are_joined_and_lone_ones_replaced(play: Play) -> None:
    duck = "🦆".encode("utf-16-be").hex()
    halves = [f'{{"choices":[{{"delta":{{"content":"\\u{h}"}}}}]}}' for h in (duck[:4], duck[4:])]
    model, _ = play(events(*halves, delta("!"), halves[0], finish(), DONE))
    assert read(model)[0] == "🦆!\ufffd"


def test_an_answer_that_ended_is_whole_even_if_the_usage_is_lost(play: Play) -> None:
    model, _ = play(events(delta("a"), finish("length"), end="cut"))
    assert read(model) == ("a", Finish("length", Usage()))


# Scripted: errors


@pytest.mark.parametrize(
    ("reply", "kind", "part"),
    [
        (failure(401, "Bad key"), Unavailable, "refused the key in OPENAI_API_KEY"),
        (failure(403, "Not you"), Unavailable, "OPENAI_API_KEY: Not you"),
        (failure(404, "No such model"), Unavailable, "KEX_OPENAI_MODEL"),
        (failure(402, "Pay"), RateLimited, "no credit"),
        (failure(400, "context_length exceeded"), Unprocessable, "context_length exceeded"),
        (failure(422, "bad image"), Unprocessable, "bad image"),
        (failure(400, "max_tokens is too large: 9"), Unprocessable, "too large"),
        (failure(413, "5 MB"), TooLarge, "5 MB"),
        (failure(418, "teapot"), Unavailable, "HTTP 418: teapot"),
        (failure(429, "Pay", code="insufficient_quota"), RateLimited, "no credit"),
        (Reply((b"<html>Welcome</html>",)), ModelFailed, "OPENAI_BASE_URL"),
        (events("{not json"), ModelFailed, "OPENAI_BASE_URL"),
        (Reply((b"data: \xff\xfe\n\n",)), ModelFailed, "OPENAI_BASE_URL"),
        (events({"choices": "nonsense"}), ModelFailed, "OPENAI_BASE_URL"),
        (events({"choices": [{"delta": {"content": 5}}]}), ModelFailed, "OPENAI_BASE_URL"),
        (events([1, 2]), ModelFailed, "OPENAI_BASE_URL"),
        (events({"error": {"message": "no", "code": 400}}), Unprocessable, "no"),
        (events(delta("a")), ModelFailed, "broke off"),
        (events(delta("a"), DONE), ModelFailed, "broke off"),
        (events(delta("a"), "{not json"), ModelFailed, "broke off"),
        (events(delta("a"), end="cut"), ModelFailed, "broke off"),
        (events(delta("a"), end="reset"), ModelFailed, "broke off"),
        (events(delta("a"), {"error": {"message": "oh", "code": 500}}), ModelFailed, "broke off"),
        (events(delta("a"), finish("content_filter"), DONE), ModelFailed, "content filter"),
        (
            events({"choices": [{"delta": {"refusal": "I will not"}}]}, finish(), DONE),
            ModelFailed,
            "refused: I will not",
        ),
    ],
)
def test_each_fault_has_its_error(
    play: Play, reply: Reply, kind: type[KexError], part: str
) -> None:
    model, server = play(reply)
    assert part in fails(model, kind).message
    assert len(server.seen) == 1  # none of these is tried again


def test_a_refusal_by_the_network_names_the_host_alone(build: Build) -> None:
    with ScriptedServer([]) as server:
        address = server.url
    error = fails(build(address, openai_retries=0), Unavailable)
    assert address.removeprefix("http://").removesuffix("/v1") in error.message
    assert "/v1" not in error.message


def test_a_server_s_words_are_shortened(play: Play) -> None:
    model, _ = play(failure(400, "long " * 500))
    assert 200 < len(fails(model, Unprocessable).message) < 360


# Scripted: further tries


@pytest.mark.parametrize(
    "fault",
    [
        failure(500, "oops"),
        failure(503, "busy", headers={"Retry-After": "0"}),
        failure(409, "locked"),
        Reply(status=None, end="cut"),
        Reply(status=None, end="reset"),
        events(end="cut"),
        events({"error": {"message": "overloaded", "code": 503}}),
    ],
)
def test_a_passing_fault_before_the_first_token_is_tried_again(play: Play, fault: Reply) -> None:
    model, server = play(fault, answer("well"))
    assert read(model)[0] == "well"
    assert len(server.seen) == 2


def test_tries_come_to_an_end_and_wait_longer_each_time(play: Play) -> None:
    model, server = play(*[failure(500, "oops")] * 5, openai_retries=2)
    assert "oops" in fails(model, ModelFailed).message
    first, second, third = (seen.at for seen in server.seen)
    assert second - first > 0.37  # 0.5 s less a quarter of jitter, then twice as much
    assert third - second > 0.74


def test_nothing_is_tried_again_after_the_first_token(play: Play) -> None:
    model, server = play(events(delta("a"), end="cut"), answer("b"))
    chunks = model.generate(ask())
    assert next(chunks) == Text("a")
    with pytest.raises(ModelFailed, match="broke off"):
        list(chunks)
    assert len(server.seen) == 1


def test_retry_after_is_kept(play: Play) -> None:
    model, server = play(failure(429, "slow", headers={"Retry-After": "1"}), answer("a"))
    assert read(model)[0] == "a"
    assert 0.95 < server.seen[1].at - server.seen[0].at < 3


def test_a_long_retry_after_is_handed_on(play: Play) -> None:
    model, server = play(failure(429, "slow", headers={"Retry-After": "11.5"}), answer("a"))
    assert fails(model, RateLimited).retry_after == 12
    assert len(server.seen) == 1


def test_a_silent_server_is_tried_twice_and_not_more(play: Play) -> None:
    silent = Reply(status=None, end="silent")
    model, server = play(*[silent] * 4, openai_timeout=0.3, openai_retries=3)
    assert "0.3 s" in fails(model, DeadlineExceeded).message
    assert len(server.seen) == 2


def test_silence_after_the_first_token_breaks_the_answer_off(play: Play) -> None:
    model, server = play(events(delta("a"), end="silent"), openai_timeout=0.3)
    assert "broke off" in fails(model, ModelFailed).message
    assert len(server.seen) == 1


# Scripted: closing


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


# Scripted: servers that know less


def test_the_form_of_the_answer_steps_down_and_is_remembered(play: Play) -> None:
    model, server = play(
        failure(400, "response_format.type must be 'json_object' or 'text'"),
        failure(422, "Unknown parameter", param="response_format"),
        answer("a"),
        answer("b"),
    )
    for text in "ab":
        said, end = read(model, ask(json_schema=SCHEMA))
        assert said == text
        assert end.warning and "JSON-schema" in end.warning
    forms = [seen.body.get("response_format") for seen in server.seen]
    schema = {"name": "knowledge", "strict": True, "schema": SCHEMA}
    assert forms == [
        {"type": "json_schema", "json_schema": schema},
        {"type": "json_object"},
        None,
        None,
    ]


def test_a_schema_that_is_refused_for_itself_spoils_no_other(play: Play) -> None:
    model, server = play(
        failure(400, "Invalid schema for response_format 'knowledge': too many enum values"),
        answer("a"),
        answer("b"),
    )
    assert read(model, ask(json_schema=SCHEMA))[1].warning
    assert read(model, ask(json_schema=SCHEMA))[1].warning is None
    types = [seen.body["response_format"]["type"] for seen in server.seen]
    assert types == ["json_schema", "json_object", "json_schema"]


def test_parameters_that_a_server_rejects_are_written_otherwise(play: Play) -> None:
    model, server = play(
        failure(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        failure(400, "'temperature' does not support 0.0 with this model: unsupported value"),
        failure(422, "Extra inputs are not permitted", param="stream_options"),
        answer("a"),
        answer("b"),
    )
    assert [read(model)[0], read(model)[0]] == ["a", "b"]
    for seen in server.seen[3:]:
        assert seen.body["max_completion_tokens"] == 16
        assert not {"max_tokens", "temperature", "stream_options"} & set(seen.body)


def test_a_server_that_rejects_everything_is_not_asked_for_ever(play: Play) -> None:
    model, server = play(*[failure(400, "unknown parameter: max_tokens")] * 9)
    assert "max_tokens" in fails(model, Unprocessable).message
    assert len(server.seen) == 2


# The key


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

"""The OpenAI-compatible routes, asked by the openai SDK itself over a real socket."""

from __future__ import annotations

import base64
import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from errors import ModelFailed, RateLimited
from models.base import Finish, Message, Sampling, Usage
from models.embedded.model import Embedded
from models.local_glm.model import LocalGlm
from settings import Settings
from tests import EMPTY_CACHE
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from tests.web.asking import PATIENCE, picture

HI: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hi"}]
MODEL = "Embedded"


def connect(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=PATIENCE)


@pytest.fixture
def client(serving: Serving) -> Iterator[openai.OpenAI]:
    with connect(serving.url) as client:
        yield client


def test_a_plain_answer(client: openai.OpenAI, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: ["Hel", 0.1, "lo."]
    answer = client.chat.completions.create(model=MODEL, messages=HI)
    [choice] = answer.choices
    assert (choice.message.role, choice.message.content) == ("assistant", "Hello.")
    assert (choice.index, choice.finish_reason, choice.logprobs) == (0, "stop", None)
    assert answer.id.startswith("chatcmpl-")
    assert (answer.object, answer.model) == ("chat.completion", MODEL)
    assert abs(answer.created - time.time()) < 60
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (10, 30)
    assert "warnings" not in answer.model_dump()


def test_a_stream(client: openai.OpenAI, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [0.1, "Hel", 0.1, "lo."]
    chunks = list(
        client.chat.completions.create(
            model=MODEL, messages=HI, stream=True, stream_options={"include_usage": True}
        )
    )
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    texts = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert [text for text in texts if text] == ["Hel", "lo."]
    assert [c.choices[0].finish_reason for c in chunks if c.choices] == [None, None, None, "stop"]
    assert not chunks[-1].choices
    assert chunks[-1].usage and chunks[-1].usage.total_tokens == 30


def test_the_stream_as_it_stands_on_the_wire(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: ["好"]
    body = json.dumps({"model": MODEL, "messages": HI, "stream": True}).encode()
    request = urllib.request.Request(
        f"{serving.url}/v1/chat/completions", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        lines = [line for line in response.read().decode().split("\n") if line]
    assert all(line.startswith("data: {") for line in lines[:-1])
    assert "usage" not in lines[0]
    assert "好" in lines[1]
    assert lines[-1] == "data: [DONE]"


def test_what_the_model_is_asked(client: openai.OpenAI, scripted: ScriptedModel) -> None:
    client.chat.completions.create(
        model=MODEL,
        messages=[
            {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": [{"type": "text", "text": t} for t in ("One", "Two")]},
        ],
        temperature=0.2,
        top_p=0.9,
        max_completion_tokens=50,
        seed=4,
        stop=["END", "\n\n"],
        user="somebody",
        frequency_penalty=0,
        extra_body={"top_k": 5, "repetition_penalty": 1.1},
    )
    [request] = scripted.requests
    assert request.messages == (
        Message("system", "Be brief."),
        Message("user", "Hi"),
        Message("assistant", "Hello"),
        Message("user", "One\nTwo"),
    )
    assert (request.temperature, request.max_tokens) == (0.2, 50)
    assert request.sampling == Sampling(0.9, 5, 1.1, 4, ("END", "\n\n"))


def test_an_answer_can_be_sent_back(client: openai.OpenAI, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: ["Hello."]
    message = client.chat.completions.create(model=MODEL, messages=HI).choices[0].message
    back: Any = [*HI, message.model_dump(), {"role": "user", "content": "And?"}]
    client.chat.completions.create(model=MODEL, messages=back)
    assert scripted.requests[1].messages[1] == Message("assistant", "Hello.")


SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("form", "schema"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, {"type": "object"}),
        ({"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}, SCHEMA),
    ],
)
def test_the_form_of_the_answer(
    client: openai.OpenAI, scripted: ScriptedModel, form: Any, schema: Any
) -> None:
    client.chat.completions.create(model=MODEL, messages=HI, response_format=form)
    assert scripted.requests[0].json_schema == schema


@pytest.mark.parametrize("stream", [False, True])
def test_stop_strings_are_kept_by_every_model(
    client: openai.OpenAI, scripted: ScriptedModel, stream: bool
) -> None:
    scripted.script = lambda _: ["one S", "TOP two", 30.0]
    asked: dict[str, Any] = {"model": MODEL, "messages": HI, "stop": "STOP"}
    if stream:
        chunks = list(client.chat.completions.create(stream=True, **asked))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        reason = chunks[-1].choices[0].finish_reason
    else:
        answer = client.chat.completions.create(**asked)
        text, reason = answer.choices[0].message.content, answer.choices[0].finish_reason
        assert answer.usage is None  # the model was not heard to its end
    assert (text, reason) == ("one ", "stop")
    assert scripted.stopped.wait(1)


def test_a_cut_answer_says_so(client: openai.OpenAI, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: ["a", Finish("length", Usage(1, 2))]
    answer = client.chat.completions.create(model=MODEL, messages=HI, max_tokens=1)
    assert answer.choices[0].finish_reason == "length"
    [warning] = answer.model_dump()["warnings"]
    assert "max_tokens" in warning


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_limit_above_the_servers_is_lowered(
    client: openai.OpenAI, scripted: ScriptedModel, name: str, stream: bool
) -> None:
    scripted.script = lambda _: ["a", Finish("stop", Usage(1, 2))]
    asked: dict[str, Any] = {"model": MODEL, "messages": HI, "stream": stream, name: 100_000}
    answer = client.chat.completions.create(**asked)
    last = list(answer)[-1] if stream else answer
    [warning] = last.model_dump()["warnings"]
    assert f"{name} is 100000 and the limit is 1024" in warning
    assert scripted.requests[0].max_tokens == 1024


def test_what_clients_of_llama_cpp_send(client: openai.OpenAI, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: ["a", Finish("stop", Usage(1, 2))]
    given: dict[str, Any] = {"max_tokens": -1, "seed": -1, "top_p": 0}
    answer = client.chat.completions.create(model=MODEL, messages=HI, **given)
    assert "warnings" not in answer.model_dump()
    [request] = scripted.requests
    assert (request.max_tokens, request.temperature) == (1024, 0)
    assert (request.sampling.seed, request.sampling.top_p) == (None, None)
    client.chat.completions.create(model=MODEL, messages=HI, seed=2**40 + 7)
    assert scripted.requests[1].sampling.seed == 7


def data_url(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def look(url: str) -> list[ChatCompletionMessageParam]:
    text: Any = {"type": "text", "text": "What?"}
    image: Any = {"type": "image_url", "image_url": {"url": url, "detail": "low"}}
    return [{"role": "user", "content": [text, image]}]


def test_a_picture_is_seen() -> None:
    seeing = ScriptedModel(["A square."], images=True)
    settings = Settings(cache_dir=EMPTY_CACHE)
    with (
        Serving(settings, {MODEL: seeing}) as serving,
        connect(serving.url) as client,
    ):
        for kind in ("PNG", "JPEG", "WEBP"):
            data = picture(8, 8, kind)
            client.chat.completions.create(model=MODEL, messages=look(data_url(data, kind.lower())))
            [image] = seeing.requests[-1].messages[0].images
            assert (image.data, image.media_type) == (data, f"image/{kind.lower()}")


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://127.0.0.1:1/a.png", openai.BadRequestError),
        ("https://example.com/a.png", openai.BadRequestError),
        ("file:///etc/passwd", openai.BadRequestError),
        ("data:image/png;base64,@@@", openai.BadRequestError),
        ("data:text/html;base64,YQ==", openai.BadRequestError),
        (data_url(b"GIF89a", "gif"), openai.BadRequestError),
        (data_url(picture(10_000, 10_000)), openai.BadRequestError),
        (data_url(picture(8, 8)), openai.UnprocessableEntityError),  # this model reads only
    ],
)
def test_pictures_that_are_refused(
    client: openai.OpenAI, url: str, error: type[openai.APIStatusError]
) -> None:
    with pytest.raises(error) as caught:
        client.chat.completions.create(model=MODEL, messages=look(url))
    assert caught.value.param == "messages"


def test_a_picture_that_is_too_large(scripted: ScriptedModel) -> None:
    settings = Settings(cache_dir=EMPTY_CACHE, max_image_bytes=1000)
    with Serving(settings, {MODEL: scripted}) as serving, connect(serving.url) as client:
        for size in (1001, 3_000_000):  # over the picture's limit, over the body's
            with pytest.raises(openai.APIStatusError) as caught:
                client.chat.completions.create(model=MODEL, messages=look(data_url(b"a" * size)))
            assert (caught.value.status_code, caught.value.code) == (413, "too_large")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
    ({"n": 2}, "n"),
    ({"logprobs": True}, "logprobs"),
    ({"frequency_penalty": 0.5}, "frequency_penalty"),
    ({"logit_bias": {"5": 1}}, "logit_bias"),
    ({"extra_body": {"colour": "red"}}, "colour"),
    ({"temperature": 3}, "temperature"),
    ({"top_p": -1}, "top_p"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"max_completion_tokens": -2}, "max_completion_tokens"),
    ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
    ({"stop": [""]}, "stop"),
    ({"seed": 0.5}, "seed"),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}, "response_format"),
    ({"messages": []}, "messages"),
    ({"messages": [{"role": "user", "content": " "}]}, "messages"),
    ({"messages": [{"role": "user", "content": "a\x00"}]}, "messages"),
    ({"messages": [{"role": "assistant", "content": "a"}]}, "messages"),
    ({"messages": [{"role": "tool", "content": "a", "tool_call_id": "b"}]}, "messages"),
    ({"messages": [{"role": "assistant", "tool_calls": [{}]}, *HI]}, "messages"),
    ({"messages": [*HI] * 300}, "messages"),
]


@pytest.mark.parametrize(("given", "param"), REFUSED, ids=[str(r[0])[:40] for r in REFUSED])
def test_what_would_change_the_answer_is_refused_by_name(
    client: openai.OpenAI, scripted: ScriptedModel, given: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**{"model": MODEL, "messages": HI, **given})
    assert (caught.value.param, caught.value.type) == (param, "invalid_request_error")
    assert len(caught.value.message) > 15
    assert not scripted.requests


def test_a_conversation_that_is_too_long(client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "a" * 20_001}]
        )
    assert (caught.value.status_code, caught.value.param) == (413, "messages")


def test_errors_are_those_of_the_sdk(client: openai.OpenAI, scripted: ScriptedModel) -> None:
    def ask(model: str = MODEL) -> None:
        client.chat.completions.create(model=model, messages=HI)

    with pytest.raises(openai.NotFoundError) as missing:
        ask("gpt-4o")
    assert missing.value.code == "model_not_found"
    assert "Local-GLM" in missing.value.message
    with pytest.raises(openai.InternalServerError) as unavailable:
        ask("ChatGpt")
    assert unavailable.value.status_code == 503
    assert "OPENAI_API_KEY" in unavailable.value.message
    scripted.script = lambda _: [RateLimited("Later.", retry_after=7)]
    with pytest.raises(openai.RateLimitError) as limited:
        ask()
    assert limited.value.response.headers["Retry-After"] == "7"
    scripted.script = lambda _: [KeyError("secret")]
    with pytest.raises(openai.InternalServerError) as broken:
        ask()
    assert broken.value.status_code == 500
    assert "secret" not in broken.value.response.text


def test_an_error_in_the_stream_is_raised(client: openai.OpenAI, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: ["half", ModelFailed("It broke.")]
    texts = []
    with pytest.raises(openai.APIError, match="It broke"):
        for chunk in client.chat.completions.create(model=MODEL, messages=HI, stream=True):
            texts.append(chunk.choices[0].delta.content)
    assert texts == ["", "half"]


def test_leaving_in_the_middle_frees_the_place(scripted: ScriptedModel) -> None:
    scripted.script = lambda _: ["a", 30.0]
    settings = Settings(cache_dir=EMPTY_CACHE, max_concurrent=1)
    with Serving(settings, {MODEL: scripted}) as serving, connect(serving.url) as client:
        stream = client.chat.completions.create(model=MODEL, messages=HI, stream=True)
        assert next(iter(stream)).choices
        with pytest.raises(openai.InternalServerError) as busy:
            client.chat.completions.create(model=MODEL, messages=HI)
        assert busy.value.code == "busy"
        assert int(busy.value.response.headers["Retry-After"]) > 0
        stream.close()
        assert scripted.stopped.wait(1)
        scripted.script = lambda _: ["b"]
        again = client.chat.completions.create(model=MODEL, messages=HI)
        assert again.choices[0].message.content == "b"


def test_the_models(client: openai.OpenAI) -> None:
    rows = list(client.models.list())
    assert [row.id for row in rows] == ["Local-GLM", "ChatGpt", "Embedded"]
    assert {row.object for row in rows} == {"model"}
    assert [row.model_dump()["images"] for row in rows] == [True, True, False]
    assert client.models.retrieve("Embedded").owned_by == "kex"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")


@pytest.mark.parametrize(
    ("path", "data", "media", "status"),
    [
        ("/v1/embeddings", b"{}", "application/json", 404),
        ("/v1/models", b"{}", "application/json", 405),
        ("/v1/chat/completions", b"a=b", "application/x-www-form-urlencoded", 415),
        ("/v1/chat/completions", b"{", "application/json", 400),
        ("/v1/chat/completions", b'{"model": "Embedded"}', "application/json", 400),
    ],
)
def test_every_error_has_openais_shape(
    serving: Serving, path: str, data: bytes, media: str, status: int
) -> None:
    response = serving.app.test_client().post(path, data=data, content_type=media)
    assert response.status_code == status
    assert set(response.get_json()["error"]) == {"message", "type", "param", "code"}


def test_pages_of_other_sites_get_no_work_done(serving: Serving) -> None:
    response = serving.app.test_client().post(
        "/v1/chat/completions", json={}, headers={"Origin": "http://evil.example"}
    )
    assert response.status_code == 403
    assert response.get_json()["error"]["code"] == "cross_site"


def test_a_real_model_talks(tiny: Embedded) -> None:
    settings = Settings(cache_dir=EMPTY_CACHE, max_tokens=24)
    with Serving(settings, {MODEL: tiny}) as serving, connect(serving.url) as client:
        asked: dict[str, Any] = {"model": MODEL, "messages": HI, "temperature": 0}
        answer = client.chat.completions.create(**asked)
        assert answer.choices[0].message.content
        assert answer.usage and answer.usage.completion_tokens > 0
        chunks = list(client.chat.completions.create(stream=True, **asked))
        texts = [chunk.choices[0].delta.content or "" for chunk in chunks]
        assert "".join(texts) == answer.choices[0].message.content
        form: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": SHORT}}
        held = client.chat.completions.create(response_format=form, **asked)
        assert json.loads(held.choices[0].message.content or "") in ({"a": True}, {"a": False})
        form["json_schema"]["schema"] = {"type": "object", "properties": {"a": {"type": "colour"}}}
        with pytest.raises(openai.BadRequestError) as caught:
            client.chat.completions.create(response_format=form, **asked)
        assert caught.value.param == "response_format"


def test_local_glm_sees(local_glm: LocalGlm) -> None:
    """The whole way with the real network, of random weights: its words mean nothing."""
    settings = Settings(cache_dir=EMPTY_CACHE, max_tokens=24)
    messages: Any = [
        {"role": "system", "content": "Be brief."},
        *look(data_url(picture(64, 48, "JPEG"), "jpeg")),
    ]
    with Serving(settings, {"Local-GLM": local_glm}) as serving, connect(serving.url) as client:
        asked: dict[str, Any] = {"model": "Local-GLM", "messages": messages, "seed": 3}
        answer = client.chat.completions.create(**asked)
        chunks = list(client.chat.completions.create(stream=True, **asked))
    assert answer.usage and answer.usage.prompt_tokens > 0
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks]
    assert "".join(texts) == answer.choices[0].message.content


SHORT = {
    "type": "object",
    "properties": {"a": {"type": "boolean"}},
    "required": ["a"],
    "additionalProperties": False,
}

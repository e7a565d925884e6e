"""POST /get_response with `prompt_type=Chat`, over a real socket."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import pytest

from conversation.chat import DESCRIBE, MAX_TURNS
from errors import ModelFailed
from models.base import Message, Sampling
from models.embedded.model import Embedded
from settings import Settings
from tests import EMPTY_CACHE
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from tests.web.asking import FORM, events, form, multipart, picture, post

JSON = "application/json"


@pytest.fixture
def seeing() -> ScriptedModel:
    """A model that takes pictures."""
    return ScriptedModel(["A grey square."], images=True)


@pytest.fixture
def gallery(seeing: ScriptedModel) -> Iterator[Serving]:
    with Serving(Settings(cache_dir=EMPTY_CACHE), {"Embedded": seeing}) as running:
        yield running


def test_form_and_json_say_the_same(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: ["Fine", ", thanks."]
    history = [["Hi", "Hello"], ["你好", "您好"]]
    as_form = form(
        serving.url, prompt_type="Chat", user_input="How?", history=json.dumps(history), top_p="0.5"
    )
    given = {"prompt_type": "Chat", "user_input": "How?", "history": history, "top_p": 0.5}
    as_json = post(serving.url, json.dumps(given).encode(), JSON)
    assert as_form[0] == as_json[0] == 200
    for answer in (as_form[1], as_json[1]):
        assert isinstance(answer.pop("elapsed_ms"), int)
        assert answer == {
            "response": "Fine, thanks.",
            "prompt_type": "Chat",
            "model": "Embedded",
            "history": [*history, ["How?", "Fine, thanks."]],
            "usage": {"prompt_tokens": 10, "completion_tokens": 20},
            "warnings": [],
        }
    assert scripted.requests[0] == scripted.requests[1]
    request = scripted.requests[0]
    assert [message.content for message in request.messages] == [
        "Hi",
        "Hello",
        "你好",
        "您好",
        "How?",
    ]
    assert request.temperature == 0.8
    assert request.sampling == Sampling(top_p=0.5)
    assert request.grammar is None


def test_an_answer_can_be_continued(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda request: [f"{len(request.messages)}"]
    first = form(serving.url, prompt_type="Chat", user_input="a")[1]
    second = form(
        serving.url, prompt_type="Chat", user_input="b", history=json.dumps(first["history"])
    )[1]
    assert second["history"] == [["a", "1"], ["b", "3"]]


def test_the_way_of_drawing(serving: Serving, scripted: ScriptedModel) -> None:
    form(
        serving.url,
        prompt_type="Chat",
        user_input="a",
        temperature="0",
        max_tokens="33",
        top_k="7",
        repetition_penalty="1.1",
    )
    [request] = scripted.requests
    assert (request.temperature, request.max_tokens) == (0, 33)
    assert request.sampling == Sampling(top_k=7, repetition_penalty=1.1)


LONG = json.dumps([["a" * 15_000, "b" * 5_000]])
MANY = json.dumps([["a", "b"]] * (MAX_TURNS + 1))

BAD: list[tuple[str, dict[str, str], int, str]] = [
    ("empty", {"user_input": ""}, 400, "user_input"),
    ("nul", {"user_input": "a\x00"}, 400, "user_input"),
    ("entity", {"user_input": "a", "entity": "b"}, 400, "entity"),
    ("schema", {"user_input": "a", "schema": "b"}, 400, "schema"),
    ("examples", {"user_input": "a", "examples": "[]"}, 400, "examples"),
    ("no json", {"user_input": "a", "history": "["}, 400, "history"),
    ("deep", {"user_input": "a", "history": "[" * 100_000}, 400, "history"),
    ("no list", {"user_input": "a", "history": "5"}, 400, "history"),
    ("no pair", {"user_input": "a", "history": '[["b"]]'}, 400, "history"),
    ("triple", {"user_input": "a", "history": '[["b", "c", "d"]]'}, 400, "history"),
    ("no string", {"user_input": "a", "history": '[["b", 5]]'}, 400, "history"),
    ("null", {"user_input": "a", "history": '[["b", null]]'}, 400, "history"),
    ("half", {"user_input": "a", "history": '[["b", "\\ud800"]]'}, 400, "history"),
    ("nul before", {"user_input": "a", "history": '[["b", "\\u0000"]]'}, 400, "history"),
    ("long", {"user_input": "a", "history": LONG}, 413, "history"),
    ("many", {"user_input": "a", "history": MANY}, 413, "history"),
    ("top_p", {"user_input": "a", "top_p": "0"}, 400, "top_p"),
    ("top_k", {"user_input": "a", "top_k": "-1"}, 400, "top_k"),
    ("penalty", {"user_input": "a", "repetition_penalty": "nan"}, 400, "repetition_penalty"),
]


@pytest.mark.parametrize(
    ("fields", "status", "field"), [b[1:] for b in BAD], ids=[b[0] for b in BAD]
)
def test_bad_requests(serving: Serving, fields: dict[str, str], status: int, field: str) -> None:
    got, answer, _ = form(serving.url, prompt_type="Chat", **fields)
    assert (got, answer["error"]["field"]) == (status, field)
    assert len(answer["error"]["message"]) > 15


def test_a_field_of_the_other_kind_is_refused_with_a_remedy(serving: Serving) -> None:
    _, answer, _ = form(serving.url, prompt_type="Chat", user_input="a", entity="b")
    assert "KE3" in answer["error"]["message"]
    _, answer, _ = form(serving.url, prompt_type="KE1", user_input="a", history="[]")
    assert "prompt_type=Chat" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("lang", "question", "asked"),
    [
        ("en", "", DESCRIBE["en"]),
        ("zh", "", DESCRIBE["zh"]),
        ("auto", "", DESCRIBE["zh"]),
        ("auto", "What is it?", "What is it?"),
    ],
)
def test_a_picture_and_a_question(
    gallery: Serving, seeing: ScriptedModel, lang: str, question: str, asked: str
) -> None:
    data = picture(8, 8)
    parts: list[tuple[str, str | None, bytes]] = [
        ("prompt_type", None, b"Chat"),
        ("lang", None, lang.encode()),
        ("user_input", None, question.encode()),
        ("image", "a.png", data),
    ]
    status, answer, _ = post(gallery.url, *multipart(parts))
    assert status == 200
    assert answer["history"] == [[asked, "A grey square."]]
    [message] = seeing.requests[0].messages
    assert message == Message("user", asked, message.images)
    assert [(image.data, image.media_type) for image in message.images] == [(data, "image/png")]


def test_a_picture_for_a_model_that_reads_only(serving: Serving) -> None:
    parts = [("prompt_type", None, b"Chat"), ("image", "a.png", picture(8, 8))]
    status, answer, _ = post(serving.url, *multipart(parts))
    assert (status, answer["error"]["field"]) == (422, "image")


def test_a_picture_in_json_is_refused(gallery: Serving) -> None:
    body = b'{"prompt_type": "Chat", "user_input": "a", "image": "data:image/png;base64,"}'
    status, answer, _ = post(gallery.url, body, JSON)
    assert (status, answer["error"]["field"]) == (400, "image")


def test_the_event_stream(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [0.2, "Fi", 0.2, "ne", 0.2, "."]
    got = events(serving.url, prompt_type="Chat", user_input="你好吗", lang="zh")
    assert [name for name, _ in got] == ["status", "token", "status", "token", "token", "done"]
    assert [data["message"] for name, data in got if name == "status"] == [
        "正在阅读对话",
        "正在回答",
    ]
    assert "".join(data["text"] for name, data in got if name == "token") == "Fine."
    assert got[-1][1]["history"] == [["你好吗", "Fine."]]


def test_an_error_in_the_stream_is_its_last_event(
    serving: Serving, scripted: ScriptedModel
) -> None:
    scripted.script = lambda _: ["a", ModelFailed("It broke.")]
    got = events(serving.url, prompt_type="Chat", user_input="a")
    assert [name for name, _ in got][-2:] == ["token", "error"]
    assert got[-1][1]["error"]["code"] == "model_failed"


def test_a_client_that_leaves_stops_the_model(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: ["a", 30.0]
    address = urlsplit(serving.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port)
    body = urlencode({"prompt_type": "Chat", "user_input": "a"}).encode()
    connection.request("POST", "/get_response", body, {"Content-Type": FORM})
    while not scripted.running:
        time.sleep(0.01)
    time.sleep(0.3)
    connection.close()
    assert scripted.stopped.wait(1)


def test_a_real_model_answers(tiny: Embedded) -> None:
    settings = Settings(cache_dir=EMPTY_CACHE, max_tokens=24)
    with Serving(settings, {"Embedded": tiny}) as serving:
        status, answer, _ = form(serving.url, prompt_type="Chat", user_input="Name a colour.")
    assert status == 200
    assert answer["response"]
    assert answer["usage"]["completion_tokens"] > 0

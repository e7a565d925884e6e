"""The contract of POST /get_response over a real socket, with a scripted model behind it."""

from __future__ import annotations

import http.client
import json
import time
import urllib.request
from urllib.parse import urlsplit

import pytest

from errors import ModelFailed, RateLimited
from extraction.answers.filtering import Dropped
from models.base import GenerateRequest, Progress
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from tests.web.asking import FORM, events, form, multipart, post

TEXT = "鲁迅生于绍兴。"
NONE_DROPPED = Dropped().to_json()
GOOD = '{"triples":[["鲁迅","出生地","绍兴"]]}'


def test_the_classic_form_post(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [GOOD]
    status, body, headers = form(
        serving.url, user_input=TEXT, prompt_type="KE1", model_type="Embedded"
    )
    assert status == 200
    assert body["response"] == "(鲁迅, 出生地, 绍兴)"
    assert body["knowledge"]["triples"][0]["tail"]["start"] == 4
    assert body["model"] == "Embedded"
    assert body["usage"] == {"prompt_tokens": 10, "completion_tokens": 20}
    assert body["warnings"] == []
    assert isinstance(body["elapsed_ms"], int)
    assert headers["Content-Type"] == "application/json"


def test_chinese_is_sent_as_it_is(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [GOOD]
    body = f"user_input={TEXT}".encode()  # as curl -d sends it, not percent-encoded
    with urllib.request.urlopen(
        urllib.request.Request(f"{serving.url}/get_response", body), timeout=20
    ) as response:
        assert "出生地" in response.read().decode()


def test_model_and_type_have_defaults(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [GOOD]
    status, body, _ = form(serving.url, user_input=TEXT)
    assert (status, body["model"], body["prompt_type"]) == (200, "Embedded", "KE1")


def test_json_and_multipart_say_the_same(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [GOOD]
    body = json.dumps({"user_input": TEXT, "prompt_type": "KE1", "schema": ["出生地"]}).encode()
    as_json = post(serving.url, body, "application/json")
    as_parts = post(
        serving.url,
        *multipart([("user_input", None, TEXT.encode()), ("schema", None, "出生地".encode())]),
    )
    assert as_json[0] == as_parts[0] == 200
    assert as_json[1]["knowledge"] == as_parts[1]["knowledge"]
    assert scripted.requests[0] == scripted.requests[1]


def test_grounding(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: ['{"triples":[["鲁迅","国籍","中国"]]}']
    kept = form(serving.url, user_input=TEXT, grounding="free")[1]
    assert kept["knowledge"]["triples"][0]["tail"]["status"] == "inferred"
    assert kept["dropped"] == NONE_DROPPED
    body = json.dumps({"user_input": TEXT, "grounding": "strict"}).encode()
    strict = post(serving.url, body, "application/json")[1]
    assert strict["knowledge"] == {"triples": []}
    assert strict["dropped"] == {**NONE_DROPPED, "not_in_text": 1}


def test_the_entity_line_of_ke3(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: ['{"entities":[{"entity":"鲁迅","facts":[["出生地","绍兴"]]}]}']
    text = "实体：鲁迅\n" + TEXT
    _, body, _ = form(serving.url, user_input=text, prompt_type="KE3")
    value = body["knowledge"]["facts"][0]["value"]
    assert text[value["start"] : value["end"]] == "绍兴"


BAD: list[tuple[str, bytes, str, int, str | None]] = [
    ("empty", b"user_input=", FORM, 400, "user_input"),
    ("missing", b"prompt_type=KE1", FORM, 400, "user_input"),
    ("blank", b"user_input=+%0A", FORM, 400, "user_input"),
    ("type", b"user_input=a&prompt_type=KE4", FORM, 400, "prompt_type"),
    ("model", b"user_input=a&model_type=GPT", FORM, 400, "model_type"),
    ("unknown", b"user_input=a&color=red", FORM, 400, "color"),
    ("true", b'{"user_input":"a","passes":true}', "application/json", 400, "passes"),
    ("nul", b"user_input=a%00b", FORM, 400, "user_input"),
    ("long", b"user_input=" + b"a" * 20_001, FORM, 413, "user_input"),
    ("lang", b"user_input=a&lang=fr", FORM, 400, "lang"),
    ("nan", b"user_input=a&temperature=nan", FORM, 400, "temperature"),
    ("tokens", b"user_input=a&max_tokens=99999", FORM, 400, "max_tokens"),
    ("schema", b"user_input=a&schema=[", FORM, 400, "schema"),
    ("examples", b"user_input=a&examples=[5]", FORM, 400, "examples"),
    ("number", b'{"user_input": 5}', "application/json", 400, "user_input"),
    ("grounding", b"user_input=a&grounding=loose", FORM, 400, "grounding"),
    ("a chat's", b"user_input=a&prompt_type=Chat&grounding=free", FORM, 400, "grounding"),
    ("history", b"user_input=a&history=[]", FORM, 400, "history"),
    ("top_p", b"user_input=a&prompt_type=KE2&top_p=0.5", FORM, 400, "top_p"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "media", "status", "field"), [b[1:] for b in BAD], ids=[b[0] for b in BAD]
)
def test_bad_requests(
    serving: Serving, body: bytes, media: str, status: int, field: str | None
) -> None:
    got, answer, _ = post(serving.url, body, media)
    assert got == status
    assert set(answer) == {"error"}
    assert set(answer["error"]) == {"code", "message", "field"}
    assert answer["error"]["field"] == field
    assert len(answer["error"]["message"]) > 15


def test_wrong_values_are_answered_with_the_right_ones(serving: Serving) -> None:
    message = form(serving.url, user_input="a", prompt_type="KE4")[1]["error"]["message"]
    assert all(name in message for name in ("KE1", "KE2", "KE3"))
    message = form(serving.url, user_input="a", model_type="GPT")[1]["error"]["message"]
    assert all(name in message for name in ("Local-GLM", "ChatGpt", "Embedded"))


@pytest.mark.parametrize(
    ("error", "status"),
    [(ModelFailed("It broke."), 503), (RateLimited("Later.", retry_after=7), 429)],
)
def test_a_failing_model(
    serving: Serving, scripted: ScriptedModel, error: ModelFailed, status: int
) -> None:
    scripted.script = lambda _: [error]
    got, body, headers = form(serving.url, user_input=TEXT)
    assert got == status
    assert body["error"]["message"] == error.message
    assert headers.get("Retry-After") == (str(error.retry_after) if error.retry_after else None)


def test_a_mistake_of_ours_shows_no_trace(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [KeyError("secret")]
    got, body, _ = form(serving.url, user_input=TEXT)
    assert got == 500
    assert "secret" not in json.dumps(body)


def test_a_model_that_cannot_serve_is_no_stream(serving: Serving) -> None:
    status, body, _ = post(
        serving.url, b"user_input=a&model_type=ChatGpt", headers={"Accept": "text/event-stream"}
    )
    assert (status, body["error"]["code"]) == (503, "unavailable")
    assert "OPENAI_API_KEY" in body["error"]["message"]


def test_the_event_stream(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [0.1, *GOOD]
    got = events(serving.url, user_input=TEXT)
    names = [name for name, _ in got]
    assert names[0] == "status"
    assert names[-1] == "done"
    assert names.index("item") < names.index("done")
    assert "".join(data["text"] for name, data in got if name == "token") == GOOD
    item = next(data for name, data in got if name == "item")
    assert item == got[-1][1]["knowledge"]["triples"][0]


def test_who_waits_is_told_how_many_come_before(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [Progress(ahead=2), 0.2, Progress(0.5), GOOD]
    for lang, message in (
        ("en", "In line, requests before this one: 2"),
        ("zh", "排队等候，前面还有 2 个请求"),
    ):
        got = events(serving.url, user_input=TEXT, lang=lang)
        told = [data for name, data in got if name == "status"]
        assert told[0] == {
            "message": message,
            "stage": "waiting",
            "done": None,
            "ahead": 2,
        }
        assert [(one["done"], "ahead" in one) for one in told[1:]] == [(0.5, False)]


def test_an_error_in_the_stream_is_its_last_event(
    serving: Serving, scripted: ScriptedModel
) -> None:
    scripted.script = lambda _: [GOOD[:-2], ModelFailed("It broke.")]
    got = events(serving.url, user_input=TEXT)
    assert [name for name, _ in got if name in ("item", "done", "error")] == ["item", "error"]
    assert got[-1][1]["error"]["message"] == "It broke."


def test_bad_input_is_no_stream(serving: Serving) -> None:
    status, body, _ = post(serving.url, b"user_input=", headers={"Accept": "text/event-stream"})
    assert (status, body["error"]["field"]) == (400, "user_input")


@pytest.mark.parametrize("accept", ["text/event-stream", "*/*"])
def test_a_client_that_leaves_stops_the_model(
    serving: Serving, scripted: ScriptedModel, accept: str
) -> None:
    scripted.script = lambda _: [GOOD[:30], 30.0]
    address = urlsplit(serving.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port)
    connection.request(
        "POST",
        "/get_response",
        f"user_input={TEXT}".encode(),
        {"Content-Type": FORM, "Accept": accept},
    )
    while not scripted.running:
        time.sleep(0.01)
    time.sleep(0.3)
    connection.close()
    assert scripted.stopped.wait(1)


def test_a_full_house_says_when_to_come_back(serving: Serving, scripted: ScriptedModel) -> None:
    def slow(_: GenerateRequest) -> list[str | float]:
        return [2.0, GOOD]

    scripted.script = slow
    address = urlsplit(serving.url)
    busy = []
    for _ in range(8):
        connection = http.client.HTTPConnection(str(address.hostname), address.port)
        connection.request(
            "POST",
            "/get_response",
            b"user_input=a",
            {"Content-Type": FORM, "Accept": "text/event-stream"},
        )
        busy.append(connection)
    while scripted.running < 8:
        time.sleep(0.01)
    for accept in ("*/*", "text/event-stream"):
        status, body, headers = post(serving.url, b"user_input=a", headers={"Accept": accept})
        assert (status, body["error"]["code"]) == (503, "busy")
        assert int(headers["Retry-After"]) > 0
    with urllib.request.urlopen(f"{serving.url}/health", timeout=2) as response:
        assert response.status == 200
    for connection in busy:
        connection.close()


def test_only_the_spans_that_are_asked_for_are_read(
    serving: Serving, scripted: ScriptedModel
) -> None:
    scripted.script = lambda _: [GOOD]
    text = "第一句在这里。" + TEXT
    status, body, _ = form(serving.url, user_input=text, spans="7-14", passes="2")
    assert status == 200
    assert body["knowledge"]["triples"][0]["tail"]["start"] == 11
    assert (body["failed"], body["repairs"]) == ([], 0)
    assert [r.messages[-1].content.count("第一句") for r in scripted.requests[-2:]] == [0, 0]
    assert body["usage"] == {"prompt_tokens": 20, "completion_tokens": 40}


@pytest.mark.parametrize(("name", "value"), [("spans", "9-99"), ("spans", "x"), ("passes", "4")])
def test_wrong_spans_and_passes_are_named(serving: Serving, name: str, value: str) -> None:
    status, body, _ = form(serving.url, user_input=TEXT, **{name: value})
    assert (status, body["error"]["field"]) == (400, name)


DENIED = "王芳不是张伟的妻子。鲁迅生于绍兴。"
BOTH = '{"triples":[["王芳","配偶","张伟"],["鲁迅","出生地","绍兴"]]}'
CUE = {"text": "不是", "start": 2, "end": 4}


def test_what_a_text_denies_is_left_out_and_listed(
    serving: Serving, scripted: ScriptedModel
) -> None:
    scripted.script = lambda _: [BOTH]
    status, body, _ = form(serving.url, user_input=DENIED)
    assert status == 200
    [triple] = body["knowledge"]["triples"]
    assert (triple["head"]["text"], triple["assertion"]) == ("鲁迅", "stated")
    assert body["left_out"] == [{"why": "negated", "item": ["王芳", "配偶", "张伟"]}]
    assert body["dropped"] == NONE_DROPPED | {"negated": 1}


@pytest.mark.parametrize("kind", ["form", "json", "events"])
def test_all_assertions_are_given_where_they_are_asked_for(
    serving: Serving, scripted: ScriptedModel, kind: str
) -> None:
    scripted.script = lambda _: [BOTH]
    fields = {"user_input": DENIED, "assertions": "all"}
    if kind == "events":
        told = events(serving.url, **fields)
        items = [data for name, data in told if name == "item"]
        body = told[-1][1]
        assert [item["assertion"] for item in items] == ["negated", "stated"]
    elif kind == "json":
        _, body, _ = post(serving.url, json.dumps(fields).encode(), "application/json")
    else:
        _, body, _ = form(serving.url, **fields)
    denied, stated = body["knowledge"]["triples"]
    assert (denied["assertion"], denied["cue"]) == ("negated", CUE)
    assert stated["assertion"] == "stated" and "cue" not in stated
    assert body["left_out"] == [] and body["dropped"] == NONE_DROPPED
    assert "[否认]" in body["response"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"assertions": "some"}, 400), ({"assertions": "all", "prompt_type": "Chat"}, 400)],
)
def test_other_values_of_assertions_are_refused(
    serving: Serving, fields: dict[str, str], status: int
) -> None:
    got, body, _ = form(serving.url, user_input=DENIED, **fields)
    assert (got, body["error"]["field"]) == (status, "assertions")

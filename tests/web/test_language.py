"""Errors, warnings, stages and states are said in the language of the request."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from errors import ModelFailed
from models.base import ModelState
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from wording import message

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}
TEXT = "鲁迅生于绍兴。"
GOOD = '{"triples":[["鲁迅","出生地","绍兴"]]}'
INVENTED = '{"triples":[["鲁迅","出生地","东京"]]}'


@pytest.fixture
def client(serving: Serving, scripted: ScriptedModel) -> FlaskClient:
    scripted.script = lambda _: [GOOD]
    return serving.app.test_client()


def error(client: FlaskClient, headers: dict[str, str], **fields: str) -> str:
    body = client.post("/get_response", data=fields, headers=headers).get_json()
    return str(body["error"]["message"])


@pytest.mark.parametrize(
    ("headers", "fields", "said"),
    [
        ({}, {}, "user_input is empty: send the text to read."),
        (CHINESE, {}, "user_input 为空：请发送要读取的文本。"),
        ({"Accept-Language": "fr"}, {}, "user_input is empty: send the text to read."),
        (CHINESE, {"lang": "en"}, "user_input 为空：请发送要读取的文本。"),
        ({"Accept-Language": "en"}, {"lang": "zh"}, "user_input is empty: send the text to read."),
        ({}, {"lang": "zh"}, "user_input 为空：请发送要读取的文本。"),
        (CHINESE, {"lang": "auto"}, "user_input 为空：请发送要读取的文本。"),
    ],
)
def test_an_error_follows_the_request(
    client: FlaskClient, headers: dict[str, str], fields: dict[str, str], said: str
) -> None:
    assert error(client, headers, user_input="", **fields) == said


@pytest.mark.parametrize(
    ("query", "accept", "lang"),
    [
        ("", None, "en"),
        ("", "", "en"),
        ("", "*", "en"),
        ("", "fr,de;q=0.5", "en"),
        ("", "fr,zh;q=0.1", "zh"),
        ("", "zh-TW", "zh"),
        ("", "zh-Hans-CN", "zh"),
        ("", "zh;q=0.5,en;q=0.9", "en"),
        ("", "en;q=0.5,zh;q=0.9", "zh"),
        ("", "zh;q=0", "en"),
        ("", ";;;=", "en"),
        ("?ui=zh", "en", "zh"),
        ("?ui=en", "zh", "en"),
        ("?ui=fr", "zh", "zh"),
        ("?ui=", "zh", "zh"),
        ("?ui=zh&ui=en", "en", "zh"),
    ],
)
def test_the_address_goes_before_the_browser(
    client: FlaskClient, query: str, accept: str | None, lang: str
) -> None:
    headers = {} if accept is None else {"Accept-Language": accept}
    answer = client.get(f"/nope{query}", headers=headers).get_json()
    assert answer["error"]["message"].startswith("未找到" if lang == "zh" else "Not found")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_reader_goes_before_the_language_of_the_text(client: FlaskClient, lang: str) -> None:
    """The page sends both: what its reader reads, and what the text is in."""
    other = "en" if lang == "zh" else "zh"
    for address, headers in ((f"?ui={lang}", {}), ("", {"Accept-Language": lang})):
        answer = client.post(f"/get_response{address}", headers=headers, json={"lang": other})
        assert ("为空" in answer.get_json()["error"]["message"]) == (lang == "zh")
    alone = client.post("/get_response", json={"lang": lang}, headers={"Accept-Language": "fr"})
    assert ("为空" in alone.get_json()["error"]["message"]) == (lang == "zh")


@pytest.mark.parametrize("lang", [None, 5, True, [], ["zh"], {"zh": 1}, "ZH", ""])
def test_a_field_that_is_no_language_chooses_none(client: FlaskClient, lang: Any) -> None:
    answer = client.post("/get_response", json={"user_input": "", "lang": lang}, headers=CHINESE)
    assert answer.status_code == 400
    assert re.search("[一-龥]", answer.get_json()["error"]["message"])


def test_the_language_of_one_request_is_not_that_of_the_next(client: FlaskClient) -> None:
    assert "为空" in error(client, {}, user_input="", lang="zh")
    assert "is empty" in error(client, {}, user_input="")


def test_a_complaint_of_pydantic_is_chinese_too(client: FlaskClient) -> None:
    fields = {"user_input": TEXT, "temperature": "3"}
    assert error(client, CHINESE, **fields) == "temperature：应小于或等于 2。"
    assert error(client, {}, **fields) == "temperature: Input should be less than or equal to 2."
    assert "应为 'auto'、'zh'" in error(client, CHINESE, user_input=TEXT, lang="fr").replace(
        ", ", "、"
    )


def test_what_flask_refuses_is_chinese_too(client: FlaskClient) -> None:
    assert client.get("/nope", headers=CHINESE).get_json()["error"]["message"].startswith("未找到")
    body = client.post("/v1/chat/completions", json={"model": "x"}, headers=CHINESE).get_json()
    assert body["error"]["message"] == "messages：缺少此字段。"


def test_warnings_of_an_answer(client: FlaskClient, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [INVENTED]
    answer = client.post("/get_response", data={"user_input": TEXT}, headers=CHINESE).get_json()
    assert answer["warnings"] == [
        "略去了 1 项：其中有字符串不在文本中（grounding=free 会保留这样的项）。"
    ]
    answer = client.post("/get_response", data={"user_input": TEXT}).get_json()
    assert answer["warnings"][0].startswith("One item was left out: ")


def events(client: FlaskClient, headers: dict[str, str]) -> list[tuple[str, Any]]:
    response = client.post(
        "/get_response",
        data={"user_input": TEXT},
        headers={"Accept": "text/event-stream", **headers},
    )
    blocks = [one for one in response.get_data(as_text=True).split("\n\n") if "data: " in one]
    pairs = [block.split("\n", 1) for block in blocks]
    return [(n.removeprefix("event: "), json.loads(d.removeprefix("data: "))) for n, d in pairs]


def test_stages_and_errors_of_a_stream(client: FlaskClient, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [0.5, ModelFailed(message("errors.glm_failed", kind="OSError"))]
    got = events(client, CHINESE)
    assert got[0][1]["message"] == "正在阅读文本"
    assert got[-1][1]["error"]["message"] == "Local-GLM 出错：OSError。"
    got = events(client, {})
    assert got[0][1]["message"] == "Reading the text"
    assert got[-1][1]["error"]["message"] == "Local-GLM failed: OSError."


def test_states_of_the_models(client: FlaskClient, scripted: ScriptedModel) -> None:
    scripted.current = ModelState("idle", message("states.loaded_on_first_request"))
    details = {one["name"]: one["detail"] for one in states(client, CHINESE)}
    assert details["Embedded"] == "第一次请求时加载。"
    assert "中没有权重：请运行" in details["Local-GLM"]
    assert client.get("/ready", headers=CHINESE).get_json()["detail"] == "第一次请求时加载。"
    details = {one["name"]: one["detail"] for one in states(client, {})}
    assert details["Embedded"] == "It is loaded on the first request."


def states(client: FlaskClient, headers: dict[str, str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = client.get("/models", headers=headers).get_json()["models"]
    return found

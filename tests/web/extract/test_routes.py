from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from models.base import ModelState
from settings import Settings
from tests.scripted_model import ScriptedModel
from tests.serving import Serving


@pytest.fixture
def client(serving: Serving) -> FlaskClient:
    return serving.app.test_client()


def test_health_and_readiness(client: FlaskClient, scripted: ScriptedModel) -> None:
    assert client.get("/health").status_code == 200
    assert client.get("/ready").status_code == 200
    scripted.current = ModelState("loading", "Half way.", 0.5)
    response = client.get("/ready")
    assert response.status_code == 503
    assert response.get_json() == {"status": "loading", "model": "Embedded", "detail": "Half way."}


def test_models_say_their_state(client: FlaskClient) -> None:
    body = client.get("/models").get_json()
    assert body["default"] == "Embedded"
    assert [model["name"] for model in body["models"]] == ["Local-GLM", "ChatGpt", "Embedded"]
    assert body["models"][2]["status"] == "ready"
    assert [model["images"] for model in body["models"]] == [True, True, False]
    assert body["models"][0]["detail"].startswith("No weights at ")


@pytest.mark.parametrize(
    ("path", "accept", "lang"),
    [
        ("/", "zh-CN,zh;q=0.9", "zh"),
        ("/", "en", "en"),
        ("/?ui=zh", "en", "zh"),
        ("/?ui=xx", "", "en"),
    ],
)
def test_the_page_speaks_the_readers_language(
    client: FlaskClient, path: str, accept: str, lang: str
) -> None:
    page = client.get(path, headers={"Accept-Language": accept}).get_data(as_text=True)
    assert f'<html lang="{lang}' in page
    for fixed in ("prompt-select-box", "model-select-box", "user-input", "chat-box"):
        assert f'id="{fixed}"' in page
    for value in ("KE1", "KE2", "KE3", "Chat", "Local-GLM", "ChatGpt", "Embedded"):
        assert f'value="{value}"' in page


def test_every_answer_has_the_security_headers(client: FlaskClient) -> None:
    for path in ("/", "/health", "/nope", "/static/favicon.svg"):
        with client.get(path) as response:
            headers = response.headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "blob:" not in headers["Content-Security-Policy"].replace("img-src 'self' blob:", "")
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"Origin": "http://localhost"}, 400),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 400),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_pages_of_other_sites_get_no_work_done(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    response = client.post("/get_response", data={"user_input": ""}, headers=headers)
    assert response.status_code == status
    assert set(response.get_json()["error"]) == {"code", "message", "field"}


@pytest.mark.parametrize(("path", "status"), [("/nope", 404), ("/get_response", 405)])
def test_wrong_addresses_have_the_same_error_shape(
    client: FlaskClient, path: str, status: int
) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert set(response.get_json()["error"]) == {"code", "message", "field"}


def test_a_request_that_takes_too_long_is_ended(scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [30.0]
    settings = Settings(cache_dir=Path("/nonexistent"), request_timeout=0.3)
    with Serving(settings, {"Embedded": scripted}) as serving:
        request = urllib.request.Request(f"{serving.url}/get_response", b"user_input=a")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=10)
        with caught.value as error:
            body: Any = json.load(error)
    assert (error.code, body["error"]["code"]) == (504, "timeout")
    assert scripted.stopped.wait(1)

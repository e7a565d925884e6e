from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from models.base import ModelState
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


@pytest.mark.parametrize(("path", "status"), [("/nope", 404), ("/get_response", 405)])
def test_wrong_addresses_have_the_same_error_shape(
    client: FlaskClient, path: str, status: int
) -> None:
    response = client.get(path)
    assert response.status_code == status
    assert set(response.get_json()["error"]) == {"code", "message", "field"}

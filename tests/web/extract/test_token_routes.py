"""POST /tokenize: what a text costs before it is sent."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from models.embedded.model import Embedded
from settings import Settings
from tests import EMPTY_CACHE
from tests.serving import Serving


@pytest.fixture
def client(serving: Serving) -> FlaskClient:
    return serving.app.test_client()


def test_the_model_counts_itself(tiny: Embedded) -> None:
    tiny.load()
    settings = Settings(cache_dir=EMPTY_CACHE, store=None)
    with Serving(settings, {"Embedded": tiny}) as serving:
        client = serving.app.test_client()
        one, two, none = (
            client.post("/tokenize", json={"user_input": text}).get_json()
            for text in ("Kex reads text.", "Kex reads text. Kex reads text.", "")
        )
    assert one["model"] == "Embedded"
    assert 3 <= one["tokens"] < two["tokens"] <= 2 * one["tokens"] + 1
    assert none["tokens"] == 0
    assert one["context"] == tiny.capabilities.context_tokens


def test_who_cannot_count_says_so(client: FlaskClient) -> None:
    for model in ("Embedded", "ChatGpt", "Local-GLM"):
        body = client.post("/tokenize", json={"user_input": "x", "model_type": model}).get_json()
        assert (body["model"], body["tokens"]) == (model, None)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "user_input"),
        ({"user_input": 1}, 400, "user_input"),
        ({"user_input": "x", "model_type": "../x"}, 400, "model_type"),
        ({"user_input": "x", "more": 1}, 400, "more"),
        ({"user_input": "x" * 20_001}, 413, "user_input"),
    ],
)
def test_refusals_name_the_field(client: FlaskClient, body: Any, status: int, field: str) -> None:
    response = client.post("/tokenize", json=body)
    assert (response.status_code, response.get_json()["error"]["field"]) == (status, field)


def test_only_json_is_read(client: FlaskClient) -> None:
    assert client.post("/tokenize", data={"user_input": "x"}).status_code == 415

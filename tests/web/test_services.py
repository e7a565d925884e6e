"""Each application has its services, and a route finds those of its own."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from models.registry import Registry
from settings import Settings
from tests import EMPTY_CACHE
from web.application import BYTES_PER_CHAR, FORM_OVERHEAD
from web.services import Services, services, services_of


def make(path: Path, max_chars: int = 20_000) -> Flask:
    settings = Settings(
        cache_dir=EMPTY_CACHE,
        store=path / "kex.db",
        base=str(path / "base.db"),
        max_chars=max_chars,
    )
    return create_app(settings, Registry(settings, {}))


def test_two_applications_share_nothing(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one"), make(tmp_path / "two", max_chars=7)
    for app, other in ((one, two), (two, one)):
        with app.app_context():
            assert services() is services_of(app)
        for field in dataclasses.fields(Services):
            mine, theirs = (getattr(services_of(each), field.name) for each in (app, other))
            assert mine is not theirs, field.name


def test_the_routes_use_those_of_their_application(tmp_path: Path) -> None:
    for limit, status in ((7, 413), (8, 200)):
        client = make(tmp_path, max_chars=limit).test_client()
        assert client.post("/tokenize", json={"user_input": "a" * 8}).status_code == status


def test_they_are_made_without_opening_a_file(tmp_path: Path) -> None:
    app = make(tmp_path / "data")
    assert app.test_client().get("/health").status_code == 200
    assert not (tmp_path / "data").exists()
    assert services_of(app).conversations.on
    assert not services_of(app).knowledge_base.exists


def test_the_bytes_of_a_text_follow_its_characters(tmp_path: Path) -> None:
    made = services_of(make(tmp_path, max_chars=1000))
    assert made.text_bytes == 1000 * BYTES_PER_CHAR + FORM_OVERHEAD
    # The longest text in its longest spelling, percent-encoded, is within the limit.
    client = make(tmp_path, max_chars=1000).test_client()
    response = client.post("/get_response", data={"user_input": "😀" * 1001})
    assert response.get_json()["error"]["message"].startswith("user_input has 1,001 ")


def test_outside_of_a_request_there_are_none() -> None:
    with pytest.raises(RuntimeError):
        services()

"""A request that is served moves the figures, and nothing of its text is in them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from errors import ModelFailed
from models.base import ModelState
from models.registry import Registry
from settings import Settings
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from tests.web.asking import events, form
from web.services import services_of

TRIPLE = '{"triples":[["鲁迅","出生地","绍兴"]]}'
TEXT = "鲁迅生于绍兴。"


def read(client: FlaskClient) -> dict[tuple[str, ...], float]:
    """Each figure by its name and its labels' values, in the order of their names."""
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.mimetype == "text/plain"
    return {
        (one.name, *(one.labels[name] for name in sorted(one.labels))): one.value
        for family in text_string_to_metric_families(response.text)
        for one in family.samples
    }


@pytest.fixture
def client(serving: Serving) -> FlaskClient:
    return serving.app.test_client()


def test_an_extraction_is_counted(serving: Serving, scripted: ScriptedModel) -> None:
    client = serving.app.test_client()
    scripted.script = lambda _: [0.1, TRIPLE]
    before = read(client)
    assert form(serving.url, user_input=TEXT)[0] == 200
    after = read(client)
    assert not any(name[0].startswith("kex_answers") for name in before)
    assert after["kex_http_requests_total", "POST", "/get_response", "200"] == 1
    assert after["kex_answers_total", "done", "Embedded", "KE1"] == 1
    assert after["kex_tokens_total", "prompt", "Embedded"] == 10
    assert after["kex_tokens_total", "completion", "Embedded"] == 20
    for name in ("kex_first_item_seconds", "kex_answer_seconds"):
        assert after[f"{name}_count", "Embedded", "KE1"] == 1
        assert 0.05 < after[f"{name}_sum", "Embedded", "KE1"] < 60
    for model in ("", "ChatGpt", "Embedded", "Local-GLM"):
        assert after["kex_requests_under_way", model] == 0
        assert after["kex_places", model] == 8
    assert TEXT not in client.get("/metrics").text


def test_streams_chats_and_failures_are_counted(serving: Serving, scripted: ScriptedModel) -> None:
    client = serving.app.test_client()
    scripted.script = lambda _: ["Hello"]
    assert events(serving.url, user_input=TEXT, prompt_type="Chat")[-1][0] == "done"
    messages = [{"role": "user", "content": "Hi"}]
    body = {"model": "Embedded", "messages": messages}
    assert client.post("/v1/chat/completions", json=body).status_code == 200
    scripted.script = lambda _: ["{", ModelFailed("It broke.")]
    assert events(serving.url, user_input=TEXT)[-1][0] == "error"
    after = read(client)
    assert after["kex_answers_total", "done", "Embedded", "Chat"] == 2
    assert after["kex_first_item_seconds_count", "Embedded", "Chat"] == 2
    assert after["kex_answers_total", "model_failed", "Embedded", "KE1"] == 1
    assert ("kex_answer_seconds_count", "Embedded", "KE1") not in after


def test_an_answer_that_is_stopped_is_counted(tmp_path: Path) -> None:
    settings = Settings(cache_dir=tmp_path, store=None, base=None, request_timeout=0.2)
    model = ScriptedModel(["{", 20.0])
    client = create_app(settings, Registry(settings, {"Embedded": model})).test_client()
    assert client.post("/get_response", data={"user_input": TEXT}).status_code == 504
    assert read(client)["kex_answers_total", "stopped", "Embedded", "KE1"] == 1


def test_places_are_counted(tmp_path: Path) -> None:
    going, over = threading.Event(), threading.Event()

    class Held(ScriptedModel):
        def count_tokens(self, texts: object) -> list[int]:
            going.set()
            over.wait(10)
            return [1]

    settings = Settings(cache_dir=tmp_path, store=None, base=None, max_concurrent=1)
    app = create_app(settings, Registry(settings, {"Embedded": Held()}))
    client = app.test_client()

    def hold() -> None:
        app.test_client().post("/tokenize", json={"user_input": "a"})

    thread = threading.Thread(target=hold)
    thread.start()
    assert going.wait(10)
    assert read(client)["kex_requests_under_way", ""] == 1
    assert client.post("/tokenize", json={"user_input": "a"}).status_code == 503
    over.set()
    thread.join()
    after = read(client)
    assert after["kex_requests_under_way", ""] == 0
    assert after["kex_requests_refused_total", ""] == 1


def test_states_of_models_and_memory(client: FlaskClient, scripted: ScriptedModel) -> None:
    scripted.current = ModelState("loading")
    figures = read(client)
    states = {
        name[2]: value
        for name, value in figures.items()
        if name[:2] == ("kex_model_state", "Embedded")
    }
    assert states == {"ready": 0, "idle": 0, "loading": 1, "unavailable": 0}
    if Path("/proc/self").exists():
        assert figures["process_resident_memory_bytes",] > 10_000_000


def test_addresses_and_methods_of_strangers_make_no_labels(client: FlaskClient) -> None:
    client.get("/nowhere/secret")
    client.open("/health", method="BREW")
    text = client.get("/metrics").text
    assert "secret" not in text
    assert "BREW" not in text
    assert 'method="other",route="/health"' not in text  # Flask knows no rule for the method
    assert 'method="other",route="unknown",status="405"' in text


def test_two_applications_count_apart(tmp_path: Path) -> None:
    settings = Settings(cache_dir=tmp_path, store=None, base=None)
    one, two = (create_app(settings, Registry(settings, {})) for _ in range(2))
    one.test_client().get("/health")
    assert services_of(one).metrics is not services_of(two).metrics
    health = ("kex_http_requests_total", "GET", "/health", "200")
    assert read(one.test_client())[health] == 1
    assert health not in read(two.test_client())

"""POST /get_response with `conversation`: the answer is kept, and never lost to the keeping."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from errors import ModelFailed
from settings import Settings
from storage.conversations.lazy import LazyStore
from storage.conversations.store import Store
from tests import EMPTY_CACHE
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from tests.web.asking import events, form, multipart, picture, post
from web.services import services_of

TEXT = "鲁迅生于绍兴。"
GOOD = '{"triples":[["鲁迅","出生地","绍兴"]]}'
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "kex.db"


@pytest.fixture
def remembering(path: Path, scripted: ScriptedModel) -> Iterator[Serving]:
    scripted.script = lambda _: [GOOD]
    settings = Settings(cache_dir=EMPTY_CACHE, store=path)
    with Serving(settings, {"Embedded": scripted}) as running:
        yield running
    memory_of(running).close()


def memory_of(serving: Serving) -> LazyStore:
    memory = services_of(serving.app).conversations
    return memory


@pytest.fixture
def store(remembering: Serving) -> Store:
    return memory_of(remembering).get()


def test_without_the_field_nothing_is_kept(remembering: Serving, path: Path) -> None:
    status, body, _ = form(remembering.url, user_input=TEXT)
    assert status == 200
    assert "turn" not in body
    assert not path.parent.exists()


def test_the_answer_is_kept_whole_or_streamed(remembering: Serving, store: Store) -> None:
    name = store.begin().id
    fields = {"user_input": TEXT, "schema": "出生地", "conversation": name}
    _, whole, _ = form(remembering.url, **fields)
    streamed = events(remembering.url, **fields)[-1][1]
    as_json = post(remembering.url, json.dumps(fields).encode(), "application/json")[1]
    answers = (whole, streamed, as_json)
    assert [answer.pop("turn") for answer in answers] == [1, 2, 3]
    kept = store.load(name)
    assert [turn.said.answer for turn in kept.turns] == list(answers)
    said = kept.turns[0].said
    assert said.text == TEXT
    assert said.request == {
        "prompt_type": "KE1",
        "model_type": "Embedded",
        "lang": "auto",
        "schema": "出生地",
    }
    assert (said.model, said.prompt_tokens, said.completion_tokens) == ("Embedded", 10, 20)
    assert said.elapsed_ms == whole["elapsed_ms"]
    assert kept.title == TEXT


def test_a_turn_is_replaced(remembering: Serving, store: Store) -> None:
    name = store.begin().id
    for text in ("一。", "二。", "三。"):
        form(remembering.url, user_input=text, conversation=name)
    _, body, _ = form(remembering.url, user_input="二！", conversation=name, turn="2")
    assert body["turn"] == 2
    assert [turn.said.text for turn in store.load(name).turns] == ["一。", "二！", "三。"]


def test_a_talk_is_kept_without_its_history(
    remembering: Serving, store: Store, scripted: ScriptedModel
) -> None:
    scripted.script = lambda _: ["Fine."]
    name = store.begin().id
    history = json.dumps([["Hi", "Hello"]])
    _, body, _ = form(
        remembering.url, prompt_type="Chat", user_input="How?", history=history, conversation=name
    )
    assert body["history"] == [["Hi", "Hello"], ["How?", "Fine."]]
    [turn] = store.load(name).turns
    assert turn.said.answer is not None
    assert turn.said.answer["response"] == "Fine."
    assert "history" not in turn.said.answer and "history" not in turn.said.request


def test_of_a_picture_its_kind_is_kept(path: Path) -> None:
    settings = Settings(cache_dir=EMPTY_CACHE, store=path)
    model = ScriptedModel(["A grey square."], images=True)
    with Serving(settings, {"Embedded": model}) as serving:
        store = memory_of(serving).get()
        name = store.begin().id
        data = picture(8, 8)
        parts: list[tuple[str, str | None, bytes]] = [
            ("prompt_type", None, b"Chat"),
            ("conversation", None, name.encode()),
            ("image", "a.png", data),
        ]
        assert post(serving.url, *multipart(parts))[1]["turn"] == 1
        [turn] = store.load(name).turns
        assert turn.said.request["image"] == {"media_type": "image/png", "bytes": len(data)}
        store.close()


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"conversation": NOBODY}, 404, "conversation"),
        ({"conversation": "x" * 5000}, 404, "conversation"),
        ({"turn": "1"}, 400, "turn"),
        ({"conversation": "own", "turn": "1"}, 404, "turn"),
        ({"conversation": "own", "turn": "0"}, 400, "turn"),
        ({"conversation": "own", "turn": "first"}, 400, "turn"),
    ],
)
def test_a_place_that_does_not_exist_costs_no_answer(
    remembering: Serving,
    store: Store,
    scripted: ScriptedModel,
    fields: dict[str, str],
    status: int,
    field: str,
) -> None:
    if fields.get("conversation") == "own":
        fields = fields | {"conversation": store.begin().id}
    for headers in ({}, {"Accept": "text/event-stream"}):
        body = json.dumps({"user_input": TEXT, **fields}).encode()
        got, answer, _ = post(remembering.url, body, "application/json", headers)
        assert (got, answer["error"]["field"]) == (status, field)
    assert scripted.requests == []


def asked(url: str, streamed: bool, **fields: str) -> Any:
    return events(url, **fields)[-1][1] if streamed else form(url, **fields)[1]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_store_that_fails_takes_no_answer_along(
    tmp_path: Path, scripted: ScriptedModel, streamed: bool
) -> None:
    scripted.script = lambda _: [GOOD]
    (tmp_path / "file").write_text("")
    settings = Settings(cache_dir=EMPTY_CACHE, store=tmp_path / "file" / "kex.db")
    with Serving(settings, {"Embedded": scripted}) as serving:
        body = asked(serving.url, streamed, user_input=TEXT, conversation=NOBODY)
    assert body["response"] == "(鲁迅, 出生地, 绍兴)"
    assert "turn" not in body
    [warning] = body["warnings"]
    assert "not stored" in warning and "KEX_STORE" in warning


@pytest.mark.parametrize("streamed", [False, True])
def test_a_conversation_deleted_meanwhile(
    remembering: Serving, store: Store, scripted: ScriptedModel, streamed: bool
) -> None:
    name = store.begin().id

    def script(_: object) -> list[str]:
        store.delete(name)
        return [GOOD]

    scripted.script = script
    body = asked(remembering.url, streamed, user_input=TEXT, conversation=name)
    assert body["knowledge"]["triples"]
    assert "deleted" in body["warnings"][0]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_mistake_of_ours_takes_no_answer_along(
    remembering: Serving, store: Store, monkeypatch: pytest.MonkeyPatch, streamed: bool
) -> None:
    def broken(*_: object) -> int:
        raise RuntimeError("secret")

    name = store.begin().id
    monkeypatch.setattr(store, "append", broken)
    body = asked(remembering.url, streamed, user_input=TEXT, conversation=name)
    assert body["knowledge"]["triples"]
    assert "secret" not in body["warnings"][0] and "not stored" in body["warnings"][0]


@pytest.mark.parametrize("streamed", [False, True])
def test_an_error_is_kept_but_replaces_nothing(
    remembering: Serving, store: Store, scripted: ScriptedModel, streamed: bool
) -> None:
    name = store.begin().id
    form(remembering.url, user_input=TEXT, conversation=name)
    scripted.script = lambda _: [ModelFailed("It broke.")]
    answer = asked(remembering.url, streamed, user_input=TEXT, conversation=name, turn="1")
    error = answer["error"]
    assert (error["code"], answer.get("turn")) == ("model_failed", None)
    answer = asked(remembering.url, streamed, user_input="再来。", conversation=name)
    assert answer.get("turn") == (2 if streamed else None)
    first, second = store.load(name).turns
    assert first.said.answer is not None
    assert (second.said.text, second.said.error, second.said.answer) == ("再来。", error, None)
    assert second.said.elapsed_ms is not None


def test_what_was_left_or_stopped_is_told_from_what_was_never_asked(
    remembering: Serving, store: Store, scripted: ScriptedModel
) -> None:
    name = store.begin().id
    scripted.script = lambda _: ['{"triples":[["鲁迅","生于","绍兴"],', 30.0]
    fields = urlencode({"user_input": TEXT, "conversation": name}).encode()
    asking = urllib.request.Request(
        f"{remembering.url}/get_response", fields, {"Accept": "text/event-stream"}
    )
    with urllib.request.urlopen(asking, timeout=10) as response:
        while not response.readline().startswith(b"event: item"):
            pass
    assert scripted.stopped.wait(10)
    end = time.monotonic() + 5
    while not (kept := store.load(name).turns) and time.monotonic() < end:
        time.sleep(0.05)
    error = kept[0].said.error or {}
    assert (len(kept), kept[0].said.text, error["code"]) == (1, TEXT, "stopped")
    assert [item["relation"] for item in error["partial"]["items"]] == ["生于"]


def test_with_the_memory_off_the_answer_says_so(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [GOOD]
    _, body, _ = form(serving.url, user_input=TEXT, conversation=NOBODY)
    assert body["knowledge"]["triples"]
    assert "KEX_STORE is off" in body["warnings"][0]

"""The routes of conversations, by Flask's client, over a real file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from evaluation.gold.rows import read_gold
from models.registry import Registry
from settings import Settings
from storage.conversations.lazy import LazyStore
from tests import EMPTY_CACHE
from tests.scripted_model import ScriptedModel
from tests.storage.conversations.answers import CURIE, LU_XUN, entities, facts, turn
from web.services import services_of

NOBODY = "00000000-0000-4000-8000-000000000000"
TRIPLE = {"head": "鲁迅", "relation": "作品", "tail": "狂人日记"}


def make_client(path: Path | None, model: ScriptedModel) -> FlaskClient:
    settings = Settings(cache_dir=EMPTY_CACHE, store=path)
    return create_app(settings, Registry(settings, {"Embedded": model})).test_client()


@pytest.fixture
def client(tmp_path: Path, scripted: ScriptedModel) -> Iterator[FlaskClient]:
    made = make_client(tmp_path / "kex.db", scripted)
    yield made
    memory_of(made).close()


def memory_of(client: FlaskClient) -> LazyStore:
    memory = services_of(client.application).conversations
    return memory


def begin(client: FlaskClient, title: str = "") -> str:
    response = client.post("/conversations", json={"title": title} if title else {})
    assert response.status_code == 201
    name: str = response.get_json()["id"]
    return name


def correct(client: FlaskClient, name: str, number: int, **change: Any) -> Any:
    return client.post(f"/conversations/{name}/turns/{number}/corrections", json=change)


def test_begin_list_rename_load_delete(client: FlaskClient) -> None:
    first, second = begin(client), begin(client, " 鲁迅 \n 与绍兴 ")
    listed = client.get("/conversations").get_json()
    assert [(one["id"], one["title"]) for one in listed["conversations"]] == [
        (second, "鲁迅 与绍兴"),
        (first, ""),
    ]
    assert listed["next"] is None
    renamed = client.patch(f"/conversations/{first}", json={"title": "Curie"})
    assert renamed.get_json() == {"id": first, "title": "Curie"}
    loaded = client.get(f"/conversations/{first}")
    body = loaded.get_json()
    assert set(body) == {"id", "title", "created", "updated", "size", "turns"}
    assert (body["title"], body["turns"]) == ("Curie", [])
    assert body["created"].endswith("Z")
    assert loaded.headers["Cache-Control"] == "no-store"
    gone = client.delete(f"/conversations/{first}")
    assert (gone.status_code, gone.data) == (204, b"")
    assert client.get(f"/conversations/{first}").status_code == 404


def test_pages_and_search(client: FlaskClient) -> None:
    names = [begin(client, f"talk {number}") for number in range(5)]
    store = memory_of(client).get()
    store.append(names[1], turn(LU_XUN))
    store.append(names[3], turn(CURIE, entities()))
    one = client.get("/conversations?limit=3").get_json()
    two = client.get(f"/conversations?limit=3&before={one['next']}").get_json()
    seen = [row["id"] for row in one["conversations"] + two["conversations"]]
    assert seen == [names[at] for at in (3, 1, 4, 2, 0)]
    assert one["conversations"][0]["size"] == 1
    assert two["next"] is None
    for query, expected in (("狂人", [names[1]]), ("WARSAW", [names[3]]), ("没有", [])):
        found = client.get("/conversations", query_string={"query": query}).get_json()
        assert [row["id"] for row in found["conversations"]] == expected


def test_a_loaded_turn_says_all_that_was_kept(client: FlaskClient) -> None:
    name = begin(client)
    said = turn(LU_XUN, schema=["作品"])
    memory_of(client).get().append(name, said)
    [kept] = client.get(f"/conversations/{name}").get_json()["turns"]
    assert kept.pop("created").endswith("Z")
    assert kept == {
        "turn": 1,
        "request": {
            "user_input": LU_XUN,
            "prompt_type": "KE1",
            "model_type": "Embedded",
            "schema": ["作品"],
        },
        "model": "Embedded",
        "elapsed_ms": 1500,
        "usage": {"prompt_tokens": 10, "completion_tokens": 20},
        "answer": said.answer,
        "error": None,
        "corrections": [],
        "corrected": None,
    }


def test_corrections_of_triples(client: FlaskClient) -> None:
    name = begin(client)
    memory_of(client).get().append(name, turn(LU_XUN))
    response = correct(client, name, 1, kind="edit", before=TRIPLE, after=TRIPLE | {"head": "绍兴"})
    assert response.status_code == 201
    body = response.get_json()
    [_, edited] = body["corrected"]["knowledge"]["triples"]
    assert edited == {
        "head": {"text": "绍兴", "start": 4, "end": 6, "status": "verbatim"},
        "relation": "作品",
        "tail": {"text": "狂人日记", "start": 10, "end": 14, "status": "verbatim"},
        "evidence": {"start": 0, "end": 16},
        "confidence": None,
        "assertion": "stated",
        "correction": "edit",
    }
    # What the page has just got may be sent back as it is.
    assert correct(client, name, 1, kind="delete", before=edited).status_code == 201
    added = correct(client, name, 1, kind="add", after=TRIPLE | {"tail": "呐喊"}).get_json()
    assert added["corrected"]["knowledge"]["triples"][-1]["tail"]["status"] == "inferred"
    assert added["corrected"]["corrected"] == {"edit": 1, "delete": 1, "add": 1, "confirm": 0}
    assert added["answer"]["knowledge"]["triples"][1]["relation"] == "作品"
    assert [one["kind"] for one in added["corrections"]] == ["edit", "delete", "add"]
    assert client.get(f"/conversations/{name}").get_json()["turns"] == [added]


def test_the_last_correction_is_taken_back(client: FlaskClient) -> None:
    name = begin(client)
    memory_of(client).get().append(name, turn(LU_XUN))
    last = f"/conversations/{name}/turns/1/corrections/last"
    first = correct(client, name, 1, kind="edit", before=TRIPLE, after=TRIPLE | {"relation": "著"})
    correct(client, name, 1, kind="delete", before=TRIPLE | {"relation": "著"})
    other = client.delete(f"{last}?count=1")  # a page that has not seen the second one
    assert (other.status_code, other.get_json()["error"]["code"]) == (409, "conflict")
    assert client.delete(f"{last}?count=x").get_json()["error"]["field"] == "count"
    back = client.delete(f"{last}?count=2")
    assert back.status_code == 200
    assert back.get_json() == first.get_json()
    assert client.get("/conversations?query=著").get_json()["conversations"]
    back = client.delete(last).get_json()
    assert (back["corrections"], back["corrected"]) == ([], None)
    assert client.get(f"/conversations/{name}").get_json()["turns"] == [back]
    assert not client.get("/conversations?query=著").get_json()["conversations"]
    none = client.delete(last)
    assert (none.status_code, none.get_json()["error"]["field"]) == (400, "turn")
    assert client.delete(last.replace("/1/", "/2/")).status_code == 404


def test_corrections_of_entities_and_facts_become_gold(client: FlaskClient, tmp_path: Path) -> None:
    name = begin(client)
    store = memory_of(client).get()
    store.append(name, turn(CURIE, entities()))
    text = CURIE + " Curie was a physicist."
    store.append(name, turn(text, facts(text), entity="Marie Curie"))
    place = {"class": "place", "text": "Paris"}
    city = {"class": "city", "text": "Paris"}
    born = {"entity": "Curie", "key": "year of birth", "value": "1867"}
    assert correct(client, name, 1, kind="edit", before=place, after=city).status_code == 201
    fact = correct(client, name, 2, kind="add", after=born).get_json()["corrected"]["knowledge"]
    assert fact["facts"][1]["value"]["normalised"] == {"date": "1867"}
    assert fact["entity"]["text"] == "Marie Curie"  # of which Curie is another name
    response = client.get(f"/conversations/{name}/gold")
    assert response.headers["Content-Type"] == "application/jsonl; charset=utf-8"
    assert f"kex-gold-{name[:8]}.jsonl" in response.headers["Content-Disposition"]
    file = tmp_path / "gold.jsonl"
    file.write_bytes(response.data)
    first, second = read_gold([file])
    assert first.gold == {"person": ("Marie Curie",), "place": ("Warsaw",), "city": ("Paris",)}
    assert second.gold == {"place of birth": ("Warsaw",), "year of birth": ("1867",)}


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({}, 400, "kind"),
        ({"kind": "praise"}, 400, "kind"),
        ({"kind": "delete"}, 400, "before"),
        ({"kind": "add"}, 400, "after"),
        ({"kind": "add", "before": TRIPLE, "after": TRIPLE}, 400, "before"),
        ({"kind": "confirm", "before": TRIPLE, "after": TRIPLE}, 400, "after"),
        ({"kind": "delete", "before": TRIPLE | {"tail": "呐喊"}}, 400, "before"),
        ({"kind": "delete", "before": "鲁迅"}, 400, "before"),
        ({"kind": "delete", "before": {"head": "鲁迅"}}, 400, "before.relation"),
        ({"kind": "add", "after": TRIPLE | {"head": " "}}, 400, "after.head"),
        ({"kind": "add", "after": TRIPLE | {"head": "a\x00"}}, 400, "after.head"),
        ({"kind": "add", "after": TRIPLE | {"head": 5}}, 400, "after.head"),
        ({"kind": "add", "after": TRIPLE | {"head": "长" * 1001}}, 400, "after.head"),
        ({"kind": "add", "after": TRIPLE}, 400, "after"),
        ({"kind": "confirm", "before": TRIPLE, "why": "so"}, 400, "why"),
    ],
)
def test_a_bad_correction_names_its_field(
    client: FlaskClient, change: dict[str, Any], status: int, field: str
) -> None:
    name = begin(client)
    memory_of(client).get().append(name, turn(LU_XUN))
    response = correct(client, name, 1, **change)
    error = response.get_json()["error"]
    assert (response.status_code, error["field"]) == (status, field)
    assert len(error["message"]) > 15
    assert client.get(f"/conversations/{name}").get_json()["turns"][0]["corrections"] == []


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/conversations?limit=0", "limit"),
        ("/conversations?limit=many", "limit"),
        ("/conversations?before=yesterday", "before"),
        ("/conversations?query=" + "长" * 201, "query"),
        ("/conversations?query=a%00", "query"),
        ("/conversations?page=2", "page"),
    ],
)
def test_a_bad_address_names_its_field(client: FlaskClient, address: str, field: str) -> None:
    response = client.get(address)
    assert (response.status_code, response.get_json()["error"]["field"]) == (400, field)


@pytest.mark.parametrize("title", ["", "  ", "a\x00", "长" * 201, 5, None])
def test_a_bad_title_is_named(client: FlaskClient, title: Any) -> None:
    name = begin(client, "before")
    response = client.patch(f"/conversations/{name}", json={"title": title})
    assert (response.status_code, response.get_json()["error"]["field"]) == (400, "title")
    assert client.get(f"/conversations/{name}").get_json()["title"] == "before"


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"title": "x"}),
        ("DELETE", "", None),
        ("GET", "/gold", None),
        ("POST", "/turns/1/corrections", {"kind": "confirm", "before": TRIPLE}),
        ("DELETE", "/turns/1/corrections/last", None),
    ],
)
def test_unknown_ids(client: FlaskClient, method: str, address: str, body: Any) -> None:
    response = client.open(f"/conversations/{NOBODY}{address}", method=method, json=body)
    error = response.get_json()["error"]
    assert (response.status_code, error["code"]) == (404, "conversation_not_found")
    name = begin(client)
    missing = correct(client, name, 1, kind="confirm", before=TRIPLE)
    assert (missing.status_code, missing.get_json()["error"]["field"]) == (404, "turn")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_what_a_form_of_another_site_can_send_changes_nothing(
    client: FlaskClient, content_type: str | None
) -> None:
    name = begin(client, "before")
    memory_of(client).get().append(name, turn(LU_XUN))
    for method, address, body in (
        ("POST", "/conversations", {"title": "x"}),
        ("PATCH", f"/conversations/{name}", {"title": "x"}),
        (
            "POST",
            f"/conversations/{name}/turns/1/corrections",
            {"kind": "confirm", "before": TRIPLE},
        ),
    ):
        response = client.open(
            address, method=method, data=json.dumps(body), content_type=content_type
        )
        assert response.status_code == 415
        assert response.get_json()["error"]["field"] == "Content-Type"
    evil = {"Origin": "http://evil.example"}
    assert client.delete(f"/conversations/{name}", headers=evil).status_code == 403
    assert len(client.get("/conversations").get_json()["conversations"]) == 1


def test_the_memory_may_be_off(scripted: ScriptedModel) -> None:
    client = make_client(None, scripted)
    response = client.get("/conversations")
    error = response.get_json()["error"]
    assert (response.status_code, error["code"], error["field"]) == (503, "store_off", "KEX_STORE")
    assert client.post("/conversations", json={}).status_code == 503


def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, scripted: ScriptedModel) -> None:
    path = tmp_path / "kex.db"
    path.write_bytes(b"no database " * 100)
    response = make_client(path, scripted).get("/conversations")
    error = response.get_json()["error"]
    assert (response.status_code, error["code"]) == (503, "store")
    assert str(path) in error["message"] and "move it away" in error["message"]

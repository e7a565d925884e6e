"""The knowledge base over HTTP: JSON for programs, pages for people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from knowledge.record import read_record
from models.registry import Registry
from settings import Settings
from storage.knowledge_base.base import Base
from storage.knowledge_base.records import Arrival
from tests import EMPTY_CACHE
from tests.scripted_model import ScriptedModel
from tests.storage.knowledge_base.arrivals import entities, facts, triples
from web.services import services_of

PAGE = {"Accept": "text/html"}
EVIL = "<script>alert(1)</script>"
TWO = "鲁迅出生于绍兴。他写了《呐喊》。"
ARRIVALS = [
    triples("a/1?x=1&y", "鲁迅出生于绍兴。", ("鲁迅", "出生地", "绍兴")),
    triples("b", TWO, ("鲁迅", "出生地", "绍兴"), ("鲁迅", "作品", "呐喊")),
    entities("b", TWO, {"人物": ["鲁迅"], "地点": ["绍兴"]}),
    facts("c", "周树人，笔名鲁迅，生于绍兴。", "周树人", [("出生地", "绍兴")], ["鲁迅"]),
    triples("d", f"{EVIL} knows Bob.", (EVIL, "knows", "Bob")),
]  # fmt: skip


@pytest.fixture
def client(tmp_path: Path, scripted: ScriptedModel) -> Iterator[FlaskClient]:
    path = tmp_path / "base.db"
    base = Base(str(path))
    assert sum(count.added for count in base.take_in(ARRIVALS)) == 4
    base.close()
    client = make_client(str(path), scripted)
    yield client
    services_of(client.application).knowledge_base.close()


def make_client(address: str | None, model: ScriptedModel) -> FlaskClient:
    settings = Settings(cache_dir=EMPTY_CACHE, store=None, base=address)
    return create_app(settings, Registry(settings, {"Embedded": model})).test_client()


def get(client: FlaskClient, path: str) -> Any:
    response = client.get(path)
    assert response.status_code == 200, response.get_json()
    assert response.headers["Cache-Control"] == "no-store"
    assert set(response.headers["Vary"].split(", ")) == {"Accept", "Accept-Language"}
    return response.get_json()


def find(client: FlaskClient, name: str) -> str:
    rows = get(client, f"/base/entities?query={name}")["entities"]
    identity: str = rows[0]["id"]
    return identity


def test_how_much_there_is(client: FlaskClient) -> None:
    told = get(client, "/base")
    assert told["sources"] == 4
    assert told["statements"] == 5
    assert "name" not in told


def test_entities_by_name_and_page_by_page(client: FlaskClient) -> None:
    first = get(client, "/base/entities?limit=2")
    assert [row["sources"] for row in first["entities"]] == [3, 3]
    rest = get(client, f"/base/entities?limit=200&after={first['next']}")
    assert rest["next"] is None
    ids = [row["id"] for row in first["entities"] + rest["entities"]]
    assert len(set(ids)) == len(ids)
    [found] = get(client, "/base/entities?query=周树人")["entities"]
    assert found["sources"] == 3  # what is said of 鲁迅 is said of him
    assert found["classes"] == [{"label": "人物", "sources": 1}]


def test_a_card_says_what_and_why(client: FlaskClient) -> None:
    card = get(client, f"/base/entities/{find(client, '鲁迅')}")
    assert {name["text"] for name in card["names"]} == {"鲁迅", "周树人"}
    assert [join["holds"] for join in card["joins"]] == [True]
    best = card["triples"][0]
    assert (best["relation"], best["tail"]["name"], best["support"]) == ("出生地", "绍兴", 3)
    assert {one["source"] for one in best["sentences"]} == {"a/1?x=1&y", "b", "c"}
    near = get(client, f"/base/entities/{card['id']}/around?depth=2")
    assert {node["name"] for node in near["nodes"]} >= {"鲁迅", "绍兴", "呐喊"}


def test_triples_by_relation_and_entity(client: FlaskClient) -> None:
    every = get(client, "/base/triples")["triples"]
    assert len(every) == 3
    born = get(client, "/base/triples?relation=出生地")["triples"]
    assert [one["support"] for one in born] == [3]
    of = get(client, f"/base/triples?entity={find(client, '呐喊')}")["triples"]
    assert [one["relation"] for one in of] == ["作品"]


def test_sources_by_their_words_and_one_whole(client: FlaskClient) -> None:
    found = get(client, "/base/sources?query=呐喊")["sources"]
    assert [one["id"] for one in found] == ["b"]
    whole = get(client, "/base/source?id=a/1%3Fx%3D1%26y")
    assert whole["text"] == "鲁迅出生于绍兴。"
    assert [one["relation"] for one in whole["statements"]] == ["出生地"]


def planned(name: str, text: str, *said: tuple[str, str, str]) -> Arrival:
    arrived = triples(name, text, *said)
    row = arrived.record.to_json()
    row["knowledge"]["triples"][0]["assertion"] = "planned"
    return replace(arrived, record=read_record(row))


@pytest.mark.parametrize(("ui", "word"), [("en", "planned"), ("zh", "计划")])
def test_what_no_source_states_is_shown_as_planned(
    tmp_path: Path, scripted: ScriptedModel, ui: str, word: str
) -> None:
    base = Base(str(tmp_path / "plans.db"))
    hall, bridge = ("新馆", "地点", "杭州"), ("大桥", "地点", "宁波")
    list(base.take_in([
        planned("a", "新馆将建在杭州。", hall),
        planned("b", "大桥将建在宁波。", bridge), triples("c", "大桥建在宁波。", bridge),
    ]))  # fmt: skip
    base.close()
    client = make_client(str(tmp_path / "plans.db"), scripted)
    found = get(client, "/base/triples?relation=地点")["triples"]
    assert {one["head"]["name"]: (one["planned"], one["statements"]) for one in found} == {
        "新馆": (1, 1), "大桥": (1, 2),
    }  # fmt: skip
    assert [one["assertion"] for one in get(client, "/base/source?id=a")["statements"]] == [
        "planned"
    ]
    badge = f'<span class="badge planned">{word}</span>'
    for path, count in (("triples?", 1), ("source?id=a&", 1), ("source?id=c&", 0)):
        html = client.get(f"/base/{path}ui={ui}", headers=PAGE).text
        assert html.count(badge) == count
    services_of(client.application).knowledge_base.close()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/base/entities", ["鲁迅", "绍兴", "人物"]),
        ("/base/triples?relation=出生地", ["出生地", "鲁迅出生于绍兴。"]),
        ("/base/sources", ["a/1?x=1&amp;y", "周树人，笔名鲁迅"]),
        ("/base/source?id=b", ["《<mark", "呐喊", "他写了"]),
    ],
)
@pytest.mark.parametrize("ui", ["zh", "en"])
def test_pages(client: FlaskClient, path: str, words: list[str], ui: str) -> None:
    join = "&" if "?" in path else "?"
    response = client.get(f"{path}{join}ui={ui}", headers=PAGE)
    html = response.get_data(as_text=True)
    assert response.status_code == 200, html
    assert response.content_type == "text/html; charset=utf-8"
    assert f'<html lang="{ui}">' in html
    for word in words:
        assert word in html
    assert EVIL not in html


def test_the_page_of_an_entity_and_the_way_to_it(client: FlaskClient) -> None:
    moved = client.get("/base?ui=zh", headers=PAGE)
    assert (moved.status_code, moved.headers["Location"]) == (302, "/base/entities?ui=zh")
    html = client.get(f"/base/entities/{find(client, '鲁迅')}?ui=zh", headers=PAGE).text
    for word in ("为什么是同一个", "周树人", "出生地", "鲁迅出生于绍兴。"):
        assert word in html
    [way] = {unescape(one) for one in re.findall(r'"(/base/source\?[^"]*a/1[^"]*)"', html)}
    assert "鲁迅</mark>出生于" in client.get(way, headers=PAGE).text
    assert "知识库" in client.get("/?ui=zh").text
    evil = client.get("/base/entities?query=script", headers=PAGE).text
    assert EVIL not in evil
    assert "&lt;script&gt;" in evil


def test_the_next_page_keeps_what_was_asked(client: FlaskClient) -> None:
    html = client.get("/base/triples?limit=1&ui=en", headers=PAGE).text
    assert "limit=1&amp;after=" in html.replace("&amp;amp;", "&amp;")


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/base/entities/nobody", 404, "entity"),
        ("/base/entities/nobody/around", 404, "entity"),
        ("/base/triples?entity=nobody", 404, "entity"),
        ("/base/source?id=nowhere", 404, "source"),
        ("/base/source", 400, "id"),
        ("/base/entities?limit=0", 400, "limit"),
        ("/base/entities?limit=x", 400, "limit"),
        ("/base/entities?after=x", 400, "after"),
        ("/base/entities?nonsense=1", 400, "nonsense"),
        ("/base/entities?query=" + "x" * 201, 400, "query"),
        ("/base/sources?query=a%00b", 400, "query"),
        ("/base/triples?after=1-2", 400, "after"),
        ("/base/triples?after=99999999999999999-9-9", 200, None),
    ],
)
def test_what_cannot_be_answered(
    client: FlaskClient, path: str, status: int, field: str | None
) -> None:
    response = client.get(path)
    assert response.status_code == status
    if field:
        assert response.get_json()["error"]["field"] == field
        page = client.get(path, headers=PAGE)
        assert page.status_code == status
        assert page.content_type.startswith("text/html")


def test_without_a_base(tmp_path: Path, scripted: ScriptedModel) -> None:
    off = make_client(None, scripted)
    assert off.get("/base/entities").get_json()["error"]["code"] == "base_off"
    assert 'href="/base/entities' not in off.get("/?ui=en").text
    missing = make_client(str(tmp_path / "none.db"), scripted)
    response = missing.get("/base/entities")
    assert response.status_code == 503
    assert "base import" in response.get_json()["error"]["message"]
    assert not (tmp_path / "none.db").exists()

"""Real answers of every kind have the fields of the document, and no others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import pytest
from flask.testing import FlaskClient

from app import create_app
from models.base import GenerateRequest
from models.registry import Registry
from settings import Settings
from storage.knowledge_base.base import Base
from tests import EMPTY_CACHE
from tests.documents import making
from tests.scripted_model import ScriptedModel
from tests.storage.knowledge_base.arrivals import entities, facts, triples
from web.services import services_of

TEXT = "鲁迅，1881年9月25日出生于绍兴。他没有去过巴黎。"
TRIPLES = [["鲁迅", "出生地", "绍兴"], ["鲁迅", "出生日期", "1881年9月25日"],
           ["鲁迅", "去过", "巴黎"]]  # fmt: skip
FACTS = {"entities": [{"entity": "鲁迅", "facts": [["出生地", "绍兴"]]}]}


def script(request: GenerateRequest) -> list[str]:
    form = str(request.json_schema)
    if "triples" in form:
        return [json.dumps({"triples": TRIPLES})]
    if "facts" in form:
        return [json.dumps(FACTS)]
    return [json.dumps({"人物": ["鲁迅"]}) if request.grammar else "你好"]


class Checked:
    """A client that compares each answer with the document."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.document = client.get("/openapi.json").get_json()

    def __call__(self, method: str, route: str, path: str = "", **sent: Any) -> Any:
        response = self.client.open(path or route, method=method, **sent)
        told = self.document["paths"][route][method.lower()]["responses"]
        content = told[str(response.status_code)]["content"][response.mimetype]
        answer = response.get_json()
        if "schema" in content:
            schema = {**content["schema"], "components": self.document["components"]}
            jsonschema_rs.validate(schema, answer)
        return answer


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Checked]:
    base = Base(str(tmp_path / "base.db"))
    said = "周树人，笔名鲁迅，生于绍兴。"
    arrivals = [
        triples("a", "鲁迅出生于绍兴。", ("鲁迅", "出生地", "绍兴")),
        entities("b", TEXT, {"人物": ["鲁迅"]}),
        facts("c", said, "周树人", [("出生地", "绍兴")], ["鲁迅"]),
    ]
    list(base.take_in(arrivals))
    base.close()
    settings = Settings(
        cache_dir=EMPTY_CACHE, store=tmp_path / "kex.db", base=str(tmp_path / "base.db")
    )
    app = create_app(settings, Registry(settings, {"Embedded": ScriptedModel(script)}))
    yield Checked(app.test_client())
    services_of(app).conversations.close()
    services_of(app).knowledge_base.close()


def extract(ask: Checked, **fields: Any) -> Any:
    return ask("POST", "/get_response", json={"user_input": TEXT, **fields})


def test_triples(ask: Checked) -> None:
    answer = extract(ask)
    assert len(answer["knowledge"]["triples"]) == 2
    assert answer["left_out"]
    everything = extract(ask, assertions="all")["knowledge"]["triples"]
    assert any("cue" in one for one in everything)
    assert any("normalised" in one["tail"] for one in everything)


def test_entities_and_facts(ask: Checked) -> None:
    assert extract(ask, prompt_type="KE2")["knowledge"]["entities"]
    card = extract(ask, prompt_type="KE3", entity="鲁迅", schema=["出生地", "妻子"])["knowledge"]
    assert card["facts"]
    assert card["not_stated"] == ["妻子"]


def test_a_talk_and_a_stored_conversation(ask: Checked) -> None:
    begun = ask("POST", "/conversations", json={})["id"]
    said = extract(ask, prompt_type="Chat", conversation=begun)
    assert said["turn"] == 1
    number = extract(ask, conversation=begun)["turn"]
    route = "/conversations/{name}/turns/{number}/corrections"
    path = f"/conversations/{begun}/turns/{number}/corrections"
    before = {"head": "鲁迅", "relation": "出生地", "tail": "绍兴"}
    change = {"kind": "edit", "before": before, "after": {**before, "relation": "生于"}}
    turn = ask("POST", route, path, json=change)
    assert turn["corrected"]["knowledge"]
    loaded = ask("GET", "/conversations/{name}", f"/conversations/{begun}")
    assert len(loaded["turns"]) == 2
    assert ask("GET", "/conversations")["conversations"]
    assert ask("DELETE", f"{route}/last", f"{path}/last")["corrections"] == []
    ask("PATCH", "/conversations/{name}", f"/conversations/{begun}", json={"title": "a"})


def test_the_knowledge_base(ask: Checked) -> None:
    assert ask("GET", "/base")["sources"] == 3
    found = ask("GET", "/base/entities", f"/base/entities?query={quote('鲁迅')}")["entities"]
    path = f"/base/entities/{found[0]['id']}"
    card = ask("GET", "/base/entities/{name}", path)
    assert card["joins"]
    assert card["triples"]
    assert ask("GET", "/base/entities/{name}/around", f"{path}/around")["triples"]
    assert ask("GET", "/base/triples")["triples"]
    assert ask("GET", "/base/sources")["sources"]
    for name in "abc":
        source = ask("GET", "/base/source", f"/base/source?id={name}")
        assert source["mentions"] or source["statements"]


def test_files_and_tokens(ask: Checked) -> None:
    for name, data in (("a.csv", b"name,about\nA,B\n"), ("a.pdf", making.pdf([TEXT]))):
        sent = {"file": (BytesIO(data), name)}
        assert ask("POST", "/documents", data=sent)["name"] == name
    ask("POST", "/tokenize", json={"user_input": TEXT})


def test_models_and_openai(ask: Checked) -> None:
    for path in ("/models", "/health", "/ready", "/v1/models"):
        ask("GET", path)
    ask("GET", "/v1/models/{name}", "/v1/models/Embedded")
    messages = [{"role": "user", "content": "你好"}]
    completion = {"model": "Embedded", "messages": messages, "max_tokens": 99_999}
    assert ask("POST", "/v1/chat/completions", json=completion)["warnings"]


def test_errors(ask: Checked) -> None:
    assert extract(ask, passes=9)["error"]["field"] == "passes"
    assert ask("POST", "/v1/chat/completions", json={"n": 2})["error"]["param"] == "n"
    for number in (1, 10**6):
        path = f"/conversations/none/turns/{number}/corrections/last"
        route = "/conversations/{name}/turns/{number}/corrections/last"
        assert ask("DELETE", route, path)["error"]["code"] == "conversation_not_found"


def test_no_number_of_a_turn_is_too_large_to_be_answered(ask: Checked) -> None:
    path = f"/conversations/none/turns/{10**30}/corrections/last"
    assert ask.client.delete(path).status_code == 404


@pytest.mark.parametrize("route", ["/get_response", "/documents"])
@pytest.mark.parametrize("head", ["", '; filename="a.txt"'])
def test_a_part_of_a_form_without_a_name_is_refused(ask: Checked, route: str, head: str) -> None:
    body = f"--xx\r\nContent-Disposition: form-data{head}\r\n\r\na\r\n--xx--\r\n"
    sent = {"data": body, "content_type": "multipart/form-data; boundary=xx"}
    assert ask("POST", route, **sent)["error"]["code"] == "invalid_input"

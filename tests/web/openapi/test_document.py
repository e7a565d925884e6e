"""The OpenAPI document has every route, every field and every error, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from flask.testing import FlaskClient

import errors
from app import create_app
from errors import KexError
from models.registry import Registry
from settings import VERSION, Settings
from tests import EMPTY_CACHE, ROOT
from tests.scripted_model import ScriptedModel
from web.extract.forms import MultipartForm
from web.openapi.document import make_document
from web.openapi.operations import EXCEPTIONS, OPERATIONS
from wording import Lang

LANGS: tuple[Lang, ...] = ("en", "zh")
# Errors that no client of these routes meets, and why.
UNSEEN = {
    "no_key": "between two Kex (models.remote)",
    "budget": "of a corpus on the command line",
    "stopped": "the client has left",
}


@pytest.fixture
def app() -> Flask:
    settings = Settings(cache_dir=EMPTY_CACHE, store=None, base=None, max_chars=77, replica=True)
    model = ScriptedModel(['{"triples":[]}'])
    return create_app(settings, Registry(settings, {"Embedded": model}))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def document(client: FlaskClient) -> Any:
    return client.get("/openapi.json").get_json()


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            yield path, method, one


def test_every_route_is_there_or_a_named_exception(app: Flask, document: Any) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints == OPERATIONS.keys() | EXCEPTIONS.keys()
    assert not OPERATIONS.keys() & EXCEPTIONS.keys()
    expected = {
        (re.sub(r"<(?:[^:>]*:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint in OPERATIONS
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, method, _ in operations(document)} == expected
    assert next(iter(document["paths"])) == "/get_response"


def test_the_head_and_the_schemas_are_valid(document: Any) -> None:
    assert (document["openapi"], document["info"]["version"]) == ("3.1.0", VERSION)
    for name, schema in document["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid(schema), name
    names = [one["operationId"] for _, _, one in operations(document)]
    assert len(set(names)) == len(names)


def test_the_version_is_that_of_the_project() -> None:
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", LANGS)
def test_every_field_is_described(app: Flask, lang: Lang) -> None:
    made = make_document(app, Settings(), lang)
    missing: list[str] = []
    for name, schema in made["components"]["schemas"].items():
        fields = schema.get("properties", {})
        missing += [f"{name}.{field}" for field, one in fields.items() if not one["description"]]
    for path, method, one in operations(made):
        assert one["summary"]
        for given in one.get("parameters", ()):
            missing += [] if given.get("description") else [f"{method} {path} {given['name']}"]
        for body in one.get("requestBody", {}).get("content", {}).values():
            fields = body["schema"].get("properties", {})
            missing += [f"{path} {field}" for field in fields if not fields[field]["description"]]
    assert missing == []


def test_the_language_is_the_readers(client: FlaskClient) -> None:
    chinese = client.get("/openapi.json", headers={"Accept-Language": "zh-CN"}).get_json()
    assert "三元组" in chinese["info"]["description"]
    english = client.get("/openapi.json?ui=en", headers={"Accept-Language": "zh-CN"}).get_json()
    assert "triples" in english["info"]["description"]


def test_the_owners_route_comes_with_all_its_fields(document: Any) -> None:
    content = document["paths"]["/get_response"]["post"]["requestBody"]["content"]
    multipart = content["multipart/form-data"]["schema"]["properties"]
    names = {one.alias or name for name, one in MultipartForm.model_fields.items()}
    assert multipart.keys() == names
    assert {"user_input", "prompt_type", "model_type", "image"} <= names
    form = content["application/x-www-form-urlencoded"]["schema"]["properties"]
    assert form.keys() == names - {"image"}
    assert {one["type"] for one in form.values()} <= {"string", "integer", "number"}
    assert form["user_input"]["maxLength"] == 77
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", page, re.MULTILINE)
    assert names <= {name for cell in told for name in re.findall(r"`(\w+)`", cell)}


def test_every_error_is_there_or_a_named_exception(document: Any) -> None:
    told: dict[str, set[str]] = {}
    for path, _, one in operations(document):
        for status, response in one["responses"].items():
            for code in re.findall(r"[(,] ?`(\w+)`", response["description"]):
                told.setdefault(code, set()).add(status)
                shape = response["content"]["application/json"]["schema"]["$ref"]
                wanted = "OpenAIError" if path.startswith("/v1/") else "Error"
                assert shape.endswith(f"/{wanted}")
    expected = {
        kind.code: {str(kind.status)}
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, KexError) and kind.code not in UNSEEN
    }
    assert told == expected


def test_the_examples_are_answered(client: FlaskClient, document: Any) -> None:
    for path, method, one in operations(document):
        for media, body in one.get("requestBody", {}).get("content", {}).items():
            if "example" not in body or path in ("/conversations", "/get_response"):
                continue
            response = client.open(path, method=method.upper(), json=body["example"])
            assert response.status_code in (200, 201), (path, media, response.get_json())


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_shows_it_without_scripts(client: FlaskClient, document: Any, lang: Lang) -> None:
    response = client.get(f"/docs?ui={lang}")
    html = response.text
    assert f'<html lang="{lang}">' in html
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert "<script" not in html
    assert "<style" not in html
    assert not re.search(r"\sstyle=|\son\w+=|https?://(?!localhost)", html)
    for path, method, one in operations(document):
        assert f"{method.upper()} {path}" in html
        assert f'id="{one["operationId"]}"' in html
    targets = set(re.findall(r'id="([^"]+)"', html))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= targets

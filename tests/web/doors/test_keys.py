"""API keys: which routes want one, how it is sent, and what a wrong one gets."""

from __future__ import annotations

import base64
import hashlib
from contextlib import closing

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from app import create_app
from errors import InputError, Unavailable
from models.registry import Registry
from models.remote.model import RemoteModel
from settings import Settings, load_settings
from tests import EMPTY_CACHE
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from web.doors.hosts import check_address, is_loopback
from web.doors.keys import OPEN_PATHS

ONE, TWO = "one-key-of-sixteen-characters", "another~key/of+sixteen=characters"
HASHED = "sha256:" + hashlib.sha256(TWO.encode()).hexdigest()
STRANGERS: list[dict[str, str]] = [
    {},
    {"Authorization": "Bearer wrong-key-of-sixteen-characters"},
    {"Authorization": f"Bearer {ONE}x"},
    {"Authorization": f"Bearer {ONE},{TWO}"},
    {"Authorization": "Bearer "},
    {"Authorization": f"Bearer {HASHED}"},
    {"Authorization": "Basic !!!"},
    {"Authorization": f"Digest {ONE}"},
    {"Authorization": "Bearer \u00e9" * 3},
    {"X-Api-Key": ONE},
]


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def application(**settings: object) -> Flask:
    made = Settings(cache_dir=EMPTY_CACHE, store=None, base=None, **settings)  # type: ignore[arg-type]
    return create_app(made, Registry(made, {"Embedded": ScriptedModel(["fine"])}))


@pytest.fixture
def client() -> FlaskClient:
    return application(api_key=SecretStr(f"{ONE}, {HASHED}")).test_client()


def test_every_route_but_two_wants_a_key(client: FlaskClient) -> None:
    open_rules = set()
    for rule in client.application.url_map.iter_rules():
        path = rule.rule.replace("<path:filename>", "favicon.svg")
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            response = client.open(path, method=method)
            if response.status_code != 401:
                open_rules.add(path)
    assert open_rules == OPEN_PATHS
    assert client.get("/nowhere").status_code == 401  # not even which routes there are
    assert client.options("/get_response").status_code == 401


@pytest.mark.parametrize("headers", STRANGERS)
def test_strangers_are_refused_in_the_one_error_shape(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    response = client.get("/models", headers=headers)
    assert response.status_code == 401
    error = response.get_json()["error"]
    assert (error["code"], error["field"]) == ("no_key", "Authorization")
    assert response.headers["WWW-Authenticate"].startswith("Basic ")  # the browser asks
    openai = client.get("/v1/models", headers=headers).get_json()["error"]
    assert openai["type"] == "invalid_request_error"


@pytest.mark.parametrize("key", [ONE, TWO])
def test_each_key_opens_as_bearer_and_as_password(client: FlaskClient, key: str) -> None:
    for headers in ({"Authorization": f"Bearer {key}"}, basic("", key), basic("ada", key)):
        assert client.get("/", headers=headers).status_code == 200
        sent = {"user_input": "Hi", "prompt_type": "Chat"}
        assert client.post("/get_response", data=sent, headers=headers).status_code == 200
    assert client.get("/", headers=basic(key, "")).status_code == 401


def test_a_key_does_not_let_other_sites_in(client: FlaskClient) -> None:
    """Browsers send the password of a login along with what other sites' pages post."""
    headers = {**basic("", ONE), "Sec-Fetch-Site": "cross-site"}
    assert (
        client.post("/get_response", data={"user_input": "a"}, headers=headers).status_code == 403
    )


def test_the_document_of_the_interface_names_the_key(client: FlaskClient) -> None:
    document = client.get("/openapi.json", headers=basic("", ONE)).get_json()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert "401" in document["paths"]["/models"]["get"]["responses"]
    assert "401" not in document["paths"]["/health"]["get"]["responses"]


def test_a_replica_keeps_the_key_of_its_own() -> None:
    app = application(
        api_key=SecretStr(ONE), replica=True, replica_key=SecretStr("between-two-servers")
    )
    client = app.test_client()
    for key, status in (("between-two-servers", 200), (ONE, 401)):
        sent = client.post(
            "/v1/replica/model",
            json={"model": "Embedded"},
            headers={"Authorization": f"Bearer {key}"},
        )
        assert sent.status_code == status
    assert client.get("/models", headers=basic("", "between-two-servers")).status_code == 401


def test_a_replica_takes_one_of_the_keys_as_well() -> None:
    settings = Settings(
        cache_dir=EMPTY_CACHE, store=None, base=None, api_key=SecretStr(ONE), replica=True
    )
    with Serving(settings, {"Embedded": ScriptedModel(["fine"])}) as serving:
        with closing(RemoteModel("Embedded", serving.url, ONE)) as friend:
            friend.load()
        with (
            closing(RemoteModel("Embedded", serving.url, TWO)) as stranger,
            pytest.raises(Unavailable, match="KEX_REPLICA_KEY"),
        ):
            stranger.load()


@pytest.mark.parametrize(
    "value", ["short", f"{ONE},short", f"{ONE},", "ключ-из-шестнадцати", "sha256:abc", "a b" * 10]
)
def test_a_key_that_can_be_guessed_or_is_mistyped_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("KEX_API_KEY", value)
    with pytest.raises(InputError, match="KEX_API_KEY") as caught:
        load_settings()
    assert value not in caught.value.message


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machine_needs_no_key(host: str) -> None:
    assert is_loopback(host)
    check_address(Settings(host=host))  # raises nothing


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.7", "kex.example.org", "localhost.evil"]
)
def test_other_machines_need_one(host: str) -> None:
    with pytest.raises(InputError, match="KEX_API_KEY") as caught:
        check_address(Settings(host=host))
    assert caught.value.field == "KEX_HOST"
    check_address(Settings(host=host, api_key=SecretStr(ONE)))
    check_address(Settings(host=host, allow_no_key=True))

"""Names under which a server without a key is reached: a page of another site can only send its
own, whatever address that name is given."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from app import create_app
from models.registry import Registry
from settings import Settings
from tests import EMPTY_CACHE

OWN = ["localhost", "localhost:5000", "LOCALHOST", "127.0.0.1:5000", "[::1]:5000", "192.0.2.7",
       "kex.example.org", "KEX.example.org:443", "lab"]  # fmt: skip
FOREIGN = ["evil.example", "evil.example:5000", "localhost.evil.example", "kex.example.org.evil",
           "127.0.0.1.evil.example", "127.0.0.1@evil.example", "[::1", "1.2.3", ""]  # fmt: skip


def status(host: str, path: str = "/conversations", **changes: object) -> int:
    settings = Settings(
        cache_dir=EMPTY_CACHE,
        store=None,
        hosts="kex.example.org, lab",
        **changes,  # type: ignore[arg-type]
    )
    client = create_app(settings, Registry(settings, {})).test_client()
    return client.get(path, headers={"Host": host}).status_code


@pytest.mark.parametrize("host", OWN)
def test_its_own_names(host: str) -> None:
    assert status(host, "/health") == 200


@pytest.mark.parametrize("host", FOREIGN)
def test_names_of_others(host: str) -> None:
    assert status(host) in (400, 403)
    assert status(host, "/health") in (400, 403)


def test_a_page_under_a_foreign_name_is_no_client_of_a_replica() -> None:
    settings = Settings(cache_dir=EMPTY_CACHE, store=None, replica=True)
    client = create_app(settings, Registry(settings, {})).test_client()
    there = {"Host": "gpu:5000"}
    assert client.post("/v1/replica/model", json={}, headers=there).status_code != 403
    page = {**there, "Origin": "http://gpu:5000"}
    assert client.post("/v1/replica/model", json={}, headers=page).status_code == 403


def test_the_refusal_says_what_to_do() -> None:
    settings = Settings(cache_dir=EMPTY_CACHE)
    client = create_app(settings, Registry(settings, {})).test_client()
    error = client.get("/models", headers={"Host": "kex.lan"}).get_json()["error"]
    assert error["code"] == "cross_site"
    assert "'kex.lan'" in error["message"] and "KEX_HOSTS" in error["message"]


def test_a_key_is_enough() -> None:
    """A page under another name has no key to send."""
    key = SecretStr("a-key-of-sixteen-characters")
    assert status("kex.lan", "/health", api_key=key) == 200
    assert status("kex.lan", "/models", api_key=key) == 401


@pytest.mark.parametrize("hosts", ["*", "http://kex.lan", "kex.lan:80", "kex lan", "-a"])
def test_what_is_no_name_is_refused(hosts: str) -> None:
    with pytest.raises(ValueError, match="is no host name"):
        Settings(hosts=hosts)

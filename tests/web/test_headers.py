"""Security headers on every answer, and posts that pages of other sites send."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from flask.testing import FlaskClient

from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from tests.web.asking import post
from web.headers import HEADERS

TEXT = "鲁迅生于绍兴。"
GOOD = '{"triples":[["鲁迅","出生地","绍兴"]]}'


@pytest.fixture
def client(serving: Serving) -> FlaskClient:
    return serving.app.test_client()


@pytest.mark.parametrize("path", ["/", "/health", "/nope", "/static/favicon.svg", "/v1/nope"])
def test_every_answer_has_the_security_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as response:
        headers = response.headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "blob:" not in policy.replace("img-src 'self' blob:", "")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_refusals_and_failures_have_them_too(serving: Serving, scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [KeyError("secret")]
    for body, more, status in (
        (b"user_input=", {}, 400),
        (b"user_input=a", {"Origin": "http://evil.example"}, 403),
        (b"user_input=a", {}, 500),
    ):
        got, _, headers = post(serving.url, body, headers=more)
        assert got == status
        assert {name: headers.get(name) for name in HEADERS} == HEADERS


def test_a_page_with_a_policy_of_its_own_keeps_it(
    client: FlaskClient, scripted: ScriptedModel
) -> None:
    scripted.script = lambda _: [GOOD]
    response = client.post(
        "/get_response", data={"user_input": TEXT}, headers={"Accept": "text/html"}
    )
    [policy] = response.headers.getlist("Content-Security-Policy")
    assert "'sha256-" in policy and "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"Origin": "http://localhost"}, 400),
        ({"Origin": "https://localhost"}, 400),  # a proxy in front ends TLS
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 400),
        ({"Sec-Fetch-Site": "none"}, 400),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "http://localhost:8000"}, 403),
        ({"Origin": "http://evil.example@localhost"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": ""}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
    ],
)
def test_pages_of_other_sites_get_no_work_done(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    response = client.post("/get_response", data={"user_input": ""}, headers=headers)
    assert response.status_code == status
    error = response.get_json()["error"]
    assert set(error) == {"code", "message", "field"}
    assert (error["code"] == "cross_site") == (status == 403)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/get_response"),
        ("POST", "/export"),
        ("POST", "/documents"),
        ("POST", "/tokenize"),
        ("POST", "/conversations"),
        ("PATCH", "/conversations/x"),
        ("DELETE", "/conversations/x"),
        ("POST", "/v1/chat/completions"),
        ("POST", "/nope"),
    ],
)
def test_every_method_that_does_work_is_refused(
    client: FlaskClient, method: str, path: str
) -> None:
    response = client.open(path, method=method, headers={"Sec-Fetch-Site": "cross-site"})
    assert (response.status_code, response.get_json()["error"]["code"]) == (403, "cross_site")


def test_reading_is_open_to_links_of_other_sites(client: FlaskClient) -> None:
    for path in ("/", "/health", "/models"):
        assert client.get(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
    assert client.head("/", headers={"Origin": "http://evil.example"}).status_code == 200


def test_curl_works(serving: Serving, scripted: ScriptedModel) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    scripted.script = lambda _: [GOOD]
    done = subprocess.run(
        [curl, "-sS", "--noproxy", "*", f"{serving.url}/get_response", "-d", f"user_input={TEXT}"],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert '"(鲁迅, 出生地, 绍兴)"' in done.stdout

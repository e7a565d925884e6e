"""POST /export over a real socket: files in every format, and refusals that name the field."""

from __future__ import annotations

import csv
import http.client
import io
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

import pytest

from export.formats import FORMATS, NAMES, write
from knowledge.record import read_record
from settings import Settings
from tests import EMPTY_CACHE
from tests.export.answers import nasty, real, reals, row
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from web.services import services_of
from web.stream import NO_MODEL

GOOD = [record.to_json() for record in reals()]


def ask(
    url: str, body: Any, content_type: str = "application/json", **headers: str
) -> tuple[int, str, Mapping[str, str]]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{url}/export", data, {"Content-Type": content_type, **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.read().decode(), dict(response.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), dict(error.headers)


@pytest.mark.parametrize("name", NAMES)
def test_every_format_is_a_file(serving: Serving, name: Any) -> None:
    status, text, headers = ask(serving.url, {"format": name, "answers": GOOD})
    assert status == 200, text
    assert text == "".join(write(name, [read_record(answer) for answer in GOOD]))
    assert headers["Content-Type"] == FORMATS[name].content_type
    assert headers["Content-Disposition"] == (f'attachment; filename="kex.{FORMATS[name].suffix}"')
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_an_answer_of_the_server_can_be_sent_back(
    serving: Serving, scripted: ScriptedModel
) -> None:
    scripted.script = lambda _: ['{"triples":[["鲁迅","出生地","绍兴"]]}']
    text = "鲁迅生于绍兴。"
    asked = urllib.request.Request(f"{serving.url}/get_response", b"user_input=" + text.encode())
    with urllib.request.urlopen(asked, timeout=20) as response:
        answer = json.load(response)
    _, written, _ = ask(serving.url, {"format": "csv", "answers": [{**answer, "text": text}]})
    (found,) = csv.DictReader(io.StringIO(written.removeprefix("\ufeff"), newline=""))
    assert (found["entity"], found["relation"], found["value"]) == ("鲁迅", "出生地", "绍兴")
    assert found["evidence"] == text


def test_a_base_of_ones_own(serving: Serving) -> None:
    body = {"format": "turtle", "answers": GOOD, "base_iri": "https://example.org/k/"}
    assert "<https://example.org/k/entity/warsaw>" in ask(serving.url, body)[1]


@pytest.mark.parametrize(
    ("body", "status", "field", "message"),
    [
        (b"{", 400, None, "not JSON"),
        (b'{"format": "csv", "format": "json", "answers": []}', 400, None, "twice"),
        ([], 400, None, "object"),
        ({}, 400, "format", "send"),
        ({"format": "xls", "answers": GOOD}, 400, "format", "'csv'"),
        ({"format": "csv"}, 400, "answers", "send"),
        ({"format": "csv", "answers": []}, 400, "answers", "at least 1"),
        ({"format": "csv", "answers": [1] * 1001}, 400, "answers", "at most 1000"),
        ({"format": "csv", "answers": [1]}, 400, "answers.0", "text"),
        ({"format": "csv", "answers": GOOD, "colour": 1}, 400, "colour", "send"),
        ({"format": "csv", "answers": [{**GOOD[0], "text": "鲁"}]}, 400,
         "answers.0.knowledge.triples.0.evidence", "valid range"),
        ({"format": "csv", "answers": [GOOD[0], {**GOOD[1], "text": None}]}, 400,
         "answers.1.text", "text that it was made from"),
        ({"format": "csv", "answers": [{**GOOD[0], "prompt_type": "Chat"}]}, 400,
         "answers.0.prompt_type", "KE1"),
        ({"format": "csv", "answers": GOOD, "base_iri": "urn:a:"}, 400, "base_iri", "turtle"),
        ({"format": "turtle", "answers": GOOD, "base_iri": "a"}, 400, "base_iri", "ends"),
        ({"format": "csv", "answers": [{**GOOD[0], "text": "\ud800"}]}, 400, "answers",
         "half a character"),
        ({"format": "csv", "answers": [row("KE1", "a" * 20_001, {"triples": []})]}, 413,
         "answers.0.text", "KEX_MAX_CHARS"),
        (b" " * 12_000_000, 413, "answers", "send less"),
    ],
)  # fmt: skip
def test_refusals_name_the_field_and_the_remedy(
    serving: Serving, body: Any, status: int, field: str | None, message: str
) -> None:
    code, text, _ = ask(serving.url, body)
    error = json.loads(text)["error"]
    assert (code, error["field"]) == (status, field)
    assert set(error) == {"code", "message", "field"}
    assert message in error["message"]


def test_other_bodies_methods_and_sites_are_refused(serving: Serving) -> None:
    body = {"format": "csv", "answers": GOOD}
    assert ask(serving.url, b"format=csv", "application/x-www-form-urlencoded")[0] == 415
    assert ask(serving.url, body, "application/json; charset=gbk")[0] == 415
    assert ask(serving.url, body, Origin="http://evil.example")[0] == 403
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{serving.url}/export", timeout=20)
    with caught.value as error:
        assert error.code == 405


def test_an_export_takes_a_place_and_a_deadline(scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [30.0]
    settings = Settings(cache_dir=EMPTY_CACHE, max_concurrent=1)
    with Serving(settings, {"Embedded": scripted}) as serving:
        client = http.client.HTTPConnection(serving.url.removeprefix("http://"), timeout=20)
        client.request("POST", "/get_response", b"user_input=a", {
            "Content-Type": "application/x-www-form-urlencoded", "Accept": "text/event-stream"
        })  # fmt: skip
        response = client.getresponse()
        response.read(1)  # it has its place
        assert ask(serving.url, {"format": "csv", "answers": GOOD})[0] == 200  # a model's place
        with services_of(serving.app).runner.gates[NO_MODEL].place():
            status, text, headers = ask(serving.url, {"format": "csv", "answers": GOOD})
        assert (status, json.loads(text)["error"]["code"]) == (503, "busy")
        assert headers["Retry-After"]
        client.close()
        response.close()
    late = Settings(cache_dir=EMPTY_CACHE, request_timeout=1e-9)
    with Serving(late, {"Embedded": scripted}) as serving:
        status, text, _ = ask(serving.url, {"format": "csv", "answers": GOOD})
    assert (status, json.loads(text)["error"]["code"]) == (504, "timeout")


def test_places_are_given_back(serving: Serving) -> None:
    bad = nasty("KE1", "</script>").to_json()
    for _ in range(12):  # more than there are places
        assert (
            ask(serving.url, {"format": "json", "answers": [bad, real("KE2").to_json()]})[0] == 200
        )

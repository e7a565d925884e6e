"""POST /documents over a real socket: texts of files, and refusals in the one shape."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

import pytest

from settings import Settings
from tests import EMPTY_CACHE
from tests.documents import making
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from tests.web.asking import multipart
from web.services import services_of
from web.stream import NO_MODEL

Part = tuple[str, str | None, bytes]


def ask(
    url: str, *parts: Part, content_type: str | None = None, **headers: str
) -> tuple[int, Any, Mapping[str, str]]:
    body, kind = multipart(list(parts))
    request = urllib.request.Request(
        f"{url}/documents", body, {"Content-Type": content_type or kind, **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.load(response), dict(response.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error), dict(error.headers)


def test_each_kind_of_file(serving: Serving) -> None:
    text = "鲁迅生于浙江绍兴。"
    cases: list[tuple[str, bytes, dict[str, Any]]] = [
        ("a.txt", text.encode("gbk"), {"encoding": "GB18030"}),
        ("鲁迅.md", text.encode("utf-16"), {"encoding": "UTF-16"}),
        ("a.csv", f"text\n{text}".encode(), {"encoding": "UTF-8", "columns": ["text"]}),
        ("a.pdf", making.pdf([text]), {"pages": 1}),
        ("a.docx", making.raw_word(f"<w:document W><w:p><w:t>{text}</w:t></w:p></w:document>"), {}),
    ]
    for name, data, more in cases:
        status, body, _ = ask(serving.url, ("file", name, data))
        assert (status, body) == (200, {"name": name, "text": text, "characters": 9, **more})


def test_a_table_is_asked_twice(serving: Serving) -> None:
    part = ("file", "data/a.csv", b"a,b\n1,2\n3,4")
    _, body, _ = ask(serving.url, part, ("column", None, b""))
    assert body == {
        "name": "a.csv", "text": None, "characters": 0, "encoding": "UTF-8", "columns": ["a", "b"],
    }  # fmt: skip
    assert ask(serving.url, part, ("column", None, b"b"))[1]["text"] == "2\n4"


def test_the_text_can_be_sent_on_with_its_offsets(
    serving: Serving, scripted: ScriptedModel
) -> None:
    scripted.script = lambda _: ['{"triples":[["鲁迅","出生地","绍兴"]]}']
    text = ask(serving.url, ("file", "a.pdf", making.pdf([making.CHINESE])))[1]["text"]
    asked = urllib.request.Request(f"{serving.url}/get_response", b"user_input=" + text.encode())
    with urllib.request.urlopen(asked, timeout=20) as response:
        tail = json.load(response)["knowledge"]["triples"][0]["tail"]
    assert text[tail["start"] : tail["end"]] == "绍兴"


@pytest.mark.parametrize(
    ("parts", "status", "code", "field"),
    [
        ([], 400, "invalid_input", "file"),
        ([("file", None, b"text")], 400, "invalid_input", "file"),
        ([("files", "a.txt", b"text")], 400, "invalid_input", "files"),
        ([("file", "a.txt", b"a"), ("colour", None, b"1")], 400, "invalid_input", "colour"),
        ([("file", "a.txt", b"a"), ("file", "b.txt", b"b")], 400, "invalid_input", "file"),
        ([("file", "a.csv", b"a,b\n1,2"), ("column", None, b"c")], 400, "invalid_input", "column"),
        ([("file", "a.txt", b"a"), ("column", None, b"1")], 400, "invalid_input", "column"),
        ([("file", "a.exe", b"MZ")], 415, "unsupported_media", "file"),
        ([("file", "", b"")], 415, "unsupported_media", "file"),
        ([("file", "a.txt", b"a" * 1001)], 413, "too_large", "file"),
        ([("file", "a.txt", b"a" * 100_000)], 413, "too_large", "file"),
        ([("file", "a.txt", b"\x00")], 422, "unreadable_document", "file"),
        ([("file", "a.pdf", b"%PDF-1.7")], 422, "unreadable_document", "file"),
        ([("file", "a.txt", b" ")], 422, "textless_document", "file"),
    ],
)
def test_refusals_name_the_field(
    small: Serving, parts: list[Part], status: int, code: str, field: str
) -> None:
    got, body, _ = ask(small.url, *parts)
    assert (got, body["error"]["code"], body["error"]["field"]) == (status, code, field)
    assert set(body["error"]) == {"code", "message", "field"}
    assert len(body["error"]["message"]) > 20


@pytest.fixture
def small(scripted: ScriptedModel) -> Any:
    """A server that takes files of at most 1,000 bytes."""
    settings = Settings(cache_dir=EMPTY_CACHE, max_file_bytes=1000)
    with Serving(settings, {"Embedded": scripted}) as serving:
        yield serving


def test_a_file_may_be_larger_than_a_request_to_a_model(serving: Serving) -> None:
    status, body, _ = ask(serving.url, ("file", "a.txt", b" " * 19_999_999 + b"a"))
    assert (status, body["text"]) == (200, "a")
    status, body, _ = ask(serving.url, ("file", "a.txt", b" " * 20_000_000 + b"a"))
    assert (status, body["error"]["code"]) == (413, "too_large")
    assert "KEX_MAX_FILE_BYTES" in body["error"]["message"]


def test_other_bodies_methods_and_sites_are_refused(serving: Serving) -> None:
    part = ("file", "a.txt", b"text")
    assert ask(serving.url, part, content_type="application/json")[0] == 415
    assert ask(serving.url, part, **{"Content-Encoding": "gzip"})[0] == 415
    assert ask(serving.url, part, Origin="http://evil.example")[0] == 403
    assert ask(serving.url, part, **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{serving.url}/documents", timeout=20)
    with caught.value as error:
        assert error.code == 405


def test_reading_a_file_takes_a_place_but_no_models(scripted: ScriptedModel) -> None:
    scripted.script = lambda _: [30.0]
    settings = Settings(cache_dir=EMPTY_CACHE, max_concurrent=1)
    part = ("file", "a.txt", b"text")
    with Serving(settings, {"Embedded": scripted}) as serving:
        for _ in range(3):  # and gives it back
            assert ask(serving.url, part)[0] == 200
            assert ask(serving.url, ("file", "a.txt", b""))[0] == 422
        client = http.client.HTTPConnection(serving.url.removeprefix("http://"), timeout=20)
        client.request("POST", "/get_response", b"user_input=a", {
            "Content-Type": "application/x-www-form-urlencoded", "Accept": "text/event-stream"
        })  # fmt: skip
        response = client.getresponse()
        response.read(1)  # it has its place
        assert ask(serving.url, part)[0] == 200
        with services_of(serving.app).runner.gates[NO_MODEL].place():
            status, body, headers = ask(serving.url, part)
        assert (status, body["error"]["code"]) == (503, "busy")
        assert headers["Retry-After"]
        client.close()
        response.close()

"""Requests that no honest client sends: malformed, huge, and full of strange characters."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, quote_from_bytes, urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, TestResponse

from app import create_app
from models.base import GenerateRequest
from models.registry import Registry
from settings import Settings
from tests import EMPTY_CACHE
from tests.robustness.server import Served, served
from tests.scripted_model import ScriptedModel
from tests.web.asking import FORM, multipart
from web.services import services_of

LONG = bool(os.environ.get("KEX_SOAK"))
MALFORMED = 100_000 if LONG else 2_000
TEN_MB = 10_000_000
JSON = "application/json"


def script(request: GenerateRequest) -> list[str]:
    form = str(request.json_schema or "")
    answers = {"triples": '{"triples":[]}', "facts": '{"entities":[]}'}
    empty = "{}" if request.grammar else "fine"
    return [next((said for name, said in answers.items() if name in form), empty)]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    settings = Settings(
        cache_dir=EMPTY_CACHE, store=tmp_path / "kex.db", base=str(tmp_path / "base.db")
    )
    app = create_app(settings, Registry(settings, {"Embedded": ScriptedModel(script)}))
    yield app.test_client()
    services_of(app).conversations.close()
    services_of(app).knowledge_base.close()


# Row 5

NASTY: list[object] = [
    None, True, -1, 0, 1e308, 2**70, "", "\x00", "a" * 5000, "\u202e", "👨‍👩‍👧", "../../etc/passwd",
    "%s%n", "{{7*7}}", "' OR 1=1 --", "<script>alert(1)</script>", [], {}, [[[]]], {"a": {"b": []}},
    ["KE1"] * 100, "KE1", "Chat", "Embedded", "http://127.0.0.1/", "file:///etc/passwd",
]  # fmt: skip
FIELDS = [
    "user_input", "prompt_type", "model_type", "entity", "lang", "schema", "examples", "spans",
    "temperature", "max_tokens", "history", "conversation", "turn", "grounding", "assertions",
    "messages", "model", "stream", "n", "stop", "format", "answers", "title", "kind", "before",
    "after", "image", "passes", "unknown",
]  # fmt: skip
TYPES = [
    FORM, JSON, "multipart/form-data; boundary=xx", "multipart/form-data", "text/plain", "",
    "a/b;c", "application/json; charset=utf-16", "\x7f",
    "application/x-www-form-urlencoded; charset=x",
]  # fmt: skip
HEADERS = {
    "Accept": ["text/event-stream", "text/html", "*/*", "a", "text/html;q=x", ""],
    "Accept-Language": ["zh", "x" * 200, "en;q=9", ""],
    "Sec-Fetch-Site": ["cross-site", "same-origin", "x"],
    "Origin": ["null", "http://[", "http://localhost"],
    "Content-Encoding": ["gzip", "br", "identity"],
    "Authorization": ["Basic", "Basic !", "Bearer ", "Digest a=b"],
    "Range": ["bytes=0-", "bytes=-1", "x"],
    "If-Modified-Since": ["yesterday"],
    "Host": ["localhost", "evil.example", "[::1", ""],
}
ERROR_KEYS = ({"code", "message", "field"}, {"message", "type", "param", "code"})


class Malformed:
    """Draws requests that are wrong somewhere, or nearly right, from a seed."""

    def __init__(self, client: FlaskClient, seed: int) -> None:
        self.dice = random.Random(seed)
        self.rules = [rule.rule for rule in client.application.url_map.iter_rules()]

    def path(self) -> str:
        dice = self.dice
        filled = re.sub(
            r"<[^>]*>", lambda _: quote(str(dice.choice(NASTY))), dice.choice(self.rules)
        )
        if dice.random() < 0.1:
            filled += dice.choice(["/", "//", "/..", "%00", "?a", "%ff", ";x"])
        if dice.random() < 0.3:
            pairs = {dice.choice([*FIELDS, "query", "page", "limit", "id"]): dice.choice(NASTY)}
            filled += "?" + urlencode(pairs)
        return filled

    def body(self) -> bytes:
        dice = self.dice
        fields = {dice.choice(FIELDS): dice.choice(NASTY) for _ in range(dice.randrange(6))}
        whole = dice.choice(
            [
                json.dumps(fields).encode(),
                urlencode(fields).encode(),
                multipart([(name, None, str(value).encode()) for name, value in fields.items()])[0],
                dice.randbytes(dice.randrange(60)),
                b"[" * 2000,
            ]
        )
        kind = dice.random()
        if kind < 0.2 and whole:  # some bytes are others
            spoiled = bytearray(whole)
            for _ in range(3):
                spoiled[dice.randrange(len(spoiled))] = dice.randrange(256)
            return bytes(spoiled)
        return whole[: dice.randrange(len(whole) + 1)] if kind < 0.4 else whole

    def request(self) -> EnvironBuilder:
        dice = self.dice
        names = dice.sample(sorted(HEADERS), dice.randrange(3))
        method = dice.choice(["GET", "POST", "POST", "POST", "PATCH", "DELETE", "PUT", "BREW"])
        return EnvironBuilder(
            self.path(),
            method=method,
            data=self.body() if method != "GET" else None,
            content_type=dice.choice(TYPES),
            headers=[(name, dice.choice(HEADERS[name])) for name in names],
        )


def test_malformed_requests_meet_only_4xx_in_the_one_error_shape(client: FlaskClient) -> None:
    malformed = Malformed(client, 5)
    statuses: dict[int, int] = {}
    for number in range(MALFORMED):
        builder = malformed.request()
        about = f"request {number}: {builder.method} {builder.path} {builder.query_string}"
        response: TestResponse = client.open(builder)
        with response:
            statuses[response.status_code] = statuses.get(response.status_code, 0) + 1
            # 503: a model or a base that is not here
            assert response.status_code in (*range(500), 503), f"{about}: {response.text[:300]}"
            assert "Traceback" not in response.text, about
            if response.status_code >= 400 and response.mimetype == JSON and response.text:
                assert set(response.get_json()["error"]) in ERROR_KEYS, f"{about}: {response.text}"
            elif response.status_code >= 400 and builder.method != "HEAD":
                assert response.mimetype == "text/html", f"{about}: {response.text[:300]}"
    refused = sum(count for status, count in statuses.items() if 400 <= status < 500)
    assert refused > MALFORMED / 2, statuses


def converse(port: int, sent: bytes) -> bytes:
    """What the server says until it closes, or is silent for a second."""
    with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
        client.sendall(sent)
        heard = b""
        try:
            while piece := client.recv(65_536):
                heard += piece
        except (TimeoutError, ConnectionResetError):
            return heard
        return heard


NO_HTTP = [
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
    b"GET / HTTP/1.1\r\nA : b\r\n\r\n",
    b"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 20_000 + b"\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  # TLS
    b"GET /\x00 HTTP/1.1\r\n\r\n",
    b"POST /get_response HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n",
]


def test_what_is_no_http_meets_the_same_error_shape() -> None:
    with served() as server:
        shaped = 0
        for sent in NO_HTTP:
            heard = converse(server.port, sent)
            assert b"Traceback" not in heard and b"waitress" not in heard.lower(), sent[:80]
            head, _, body = heard.partition(b"\r\n\r\n")
            status = int(head.split()[1]) if head.startswith(b"HTTP/1.") else 0
            if status >= 400:
                assert status != 500, sent[:80]
                assert set(json.loads(body)["error"]) == {"code", "message", "field"}, heard
                assert b"nosniff" in head
                shaped += 1
        assert shaped > len(NO_HTTP) / 2
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as one:
            one.request("GET", "/health")
            assert one.getresponse().status == 200


# Row 6


def chunked(pieces: int) -> Iterator[bytes]:
    yield b"user_input="
    for _ in range(pieces):
        yield b"a" * 100_000


def big_multipart() -> tuple[bytes, str]:
    return multipart([("user_input", None, b"a" * TEN_MB)])


BODIES: dict[str, Callable[[], tuple[bytes | Iterator[bytes], str]]] = {
    "urlencoded": lambda: (b"user_input=" + b"a" * TEN_MB, FORM),
    "urlencoded, three bytes a character": lambda: (b"user_input=" + b"%e9" * (TEN_MB // 3), FORM),
    "multipart": big_multipart,
    "JSON": lambda: (json.dumps({"user_input": "a" * TEN_MB}).encode(), JSON),
    "chunked, 10 MB": lambda: (chunked(100), FORM),
    "chunked, 30 MB": lambda: (chunked(300), FORM),
}


def peak(server: Served) -> float:
    """The most memory since `forget`, in MB."""
    text = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(re.findall(r"VmHWM:\s+(\d+)", text)[0]) / 1024


def forget(server: Served) -> None:
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5", encoding="ascii")


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="reads memory in /proc")
def test_huge_texts_are_refused_in_little_memory() -> None:
    with served() as server:
        for path in ("/get_response", "/tokenize"):
            for name, make in BODIES.items():
                body, kind = make()
                forget(server)
                before = server.resident
                with closing(
                    http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
                ) as one:
                    headers = {"Content-Type": kind}
                    one.request(
                        "POST", path, body, headers, encode_chunked=not isinstance(body, bytes)
                    )
                    response = one.getresponse()
                    error = json.load(response)["error"]
                wrong_type = path == "/tokenize" and kind != JSON
                assert response.status in ((413, 415) if wrong_type else (413, 400)), (name, error)
                if not wrong_type and "three bytes" not in name:
                    assert (response.status, error["code"]) == (413, "too_large"), (name, error)
                assert peak(server) - before < 50, f"{path}, {name}: {peak(server) - before:.0f} MB"


# Row 7

STRANGE = {
    "right to left": "שלום \u202eabc\u202c مرحبا",
    "emoji": "👩🏽‍🚀 lives in 🇨🇳 𠮷野家",
    "line ends": "a\r\nb\rc\nd\u2028e",
    "controls": "a\x01b\x1b[31mc\x7f",
    "combining": "e\u0301" * 50 + "Z\u0337\u0335" * 20,
    "invisible": "\ufeffa\u200bb\u200dc\u00ad",
    "not characters": "\ufffe\uffff\U0010ffff",
    "markup": "</script><!--]]>&#0;&amp;",
    "sql": "Robert'); DROP TABLE turns;--",
    "headers": "a\r\nSet-Cookie: b=c\r\n\r\n<html>",
    "nul": "a\x00b",
}


def ask(
    client: FlaskClient, kind: str, text: str, conversation: str
) -> tuple[int, dict[str, object]]:
    fields = {"prompt_type": "Chat", "user_input": text, "conversation": conversation}
    if kind == JSON:
        response = client.post("/get_response", json=fields)
    elif kind == FORM:
        body = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())
        response = client.post("/get_response", data=body, content_type=FORM)
    else:
        data, kind = multipart([(name, None, value.encode()) for name, value in fields.items()])
        response = client.post("/get_response", data=data, content_type=kind)
    return response.status_code, response.get_json()


@pytest.mark.parametrize("kind", [JSON, FORM, "multipart"])
@pytest.mark.parametrize("name", STRANGE)
def test_strange_text_is_stored_and_read_back_equal_or_refused(
    client: FlaskClient, name: str, kind: str
) -> None:
    text = STRANGE[name]
    titled = client.post("/conversations", json={"title": text})
    assert titled.status_code == (400 if name == "nul" else 201)
    conversation = client.post("/conversations", json={"title": "a"}).get_json()
    status, answer = ask(client, kind, text, conversation["id"])
    if status == 400:
        assert name == "nul"
        assert answer["error"]["field"] == "user_input"  # type: ignore[index]
        return
    assert status == 200
    stored = client.get(f"/conversations/{conversation['id']}")
    assert stored.headers.getlist("Set-Cookie") == []
    [turn] = stored.get_json()["turns"]
    assert turn["request"]["user_input"] == text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"user_input=" + quote_from_bytes(b"\xff\xfe").encode(), FORM),
        (b"user_input=\xff\xfe", FORM),
        (b'{"user_input": "\xff"}', JSON),
        (b'{"user_input": "\\ud800"}', JSON),
        (b'{"user_input": "a", "entity": "\\udc00\\ud800"}', JSON),
        (b'{"user_input": "a", "temperature": NaN}', JSON),
        (b'{"user_input": "a", "temperature": Infinity}', JSON),
        (b'{"user_input": "a", "temperature": 1e999}', JSON),
        (b'{"user_input": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", JSON),
        (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, JSON),
        (b'{"user_input": "a", "max_tokens": ' + b"9" * 5000 + b"}", JSON),
        (b'{"user_input": "a", "user_input": "b"}', JSON),
        multipart([("user_input", None, b"\xff\xfe")]),
    ],
)
def test_what_no_text_or_number_can_be_is_refused(
    client: FlaskClient, body: bytes, kind: str
) -> None:
    for path in ("/get_response", "/v1/chat/completions", "/conversations"):
        response = client.post(path, data=body, content_type=kind)
        assert response.status_code in (400, 415), (path, response.text[:300])
        assert set(response.get_json()["error"]) in ERROR_KEYS

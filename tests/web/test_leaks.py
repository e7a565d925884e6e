"""Nothing stays open: file descriptors and threads after many requests of every kind."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from errors import ModelFailed
from models.base import GenerateRequest
from settings import Settings
from tests import EMPTY_CACHE
from tests.documents import making
from tests.export.answers import reals
from tests.scripted_model import ScriptedModel, Step
from tests.serving import Serving
from tests.web.asking import FORM, events, form, multipart, picture, post
from web.services import services_of

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir(), reason="file descriptors are counted in /proc"
)

REQUESTS = 200
TOLERANCE = 2
TEXT = "鲁迅生于绍兴。"
GOOD = '{"triples":[["鲁迅","出生地","绍兴"]]}'
STEPS: dict[str, list[Step]] = {
    "失败。": ["{", ModelFailed("It broke.")],
    "错误。": [KeyError("secret")],
    "很慢。": ["{", 60.0],
}


def script(request: GenerateRequest) -> list[Step]:
    prompt = request.messages[-1].content
    return next((steps for text, steps in STEPS.items() if text in prompt), [0.1, GOOD])


@dataclass(frozen=True)
class Count:
    files: int
    threads: int

    def near(self, other: Count) -> bool:
        return (
            abs(self.files - other.files) <= TOLERANCE
            and abs(self.threads - other.threads) <= TOLERANCE
        )


def count() -> Count:
    return Count(len(os.listdir("/proc/self/fd")), threading.active_count())


def settled(start: Count) -> Count:
    """The count, once it is near `start`, or after five seconds."""
    end = time.monotonic() + 5
    while not (now := count()).near(start) and time.monotonic() < end:
        time.sleep(0.05)
    return now


class Requests:
    """Real requests of every kind; each checks its answer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.conversation = self._send("/conversations", {})["id"]

    def _send(self, path: str, body: Any, status: int = 201) -> Any:
        request = urllib.request.Request(
            f"{self.url}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            assert response.status == status
            return json.loads(response.read())

    def extraction(self) -> None:
        assert form(self.url, user_input=TEXT)[0] == 200

    def stream(self) -> None:
        assert events(self.url, user_input=TEXT)[-1][0] == "done"

    def stored_stream(self) -> None:
        got = events(self.url, user_input=TEXT, conversation=self.conversation)
        assert got[-1][1]["turn"] > 0

    def aborted_stream(self) -> None:
        self._abort("text/event-stream", 200)

    def aborted_answer(self) -> None:
        self._abort("*/*", None)

    def _abort(self, accept: str, status: int | None) -> None:
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=20)
        body = urlencode({"user_input": "很慢。", "conversation": self.conversation}).encode()
        connection.request("POST", "/get_response", body, {"Content-Type": FORM, "Accept": accept})
        if status:
            response = connection.getresponse()
            assert response.status == status
            while b"event: token" not in response.readline():
                pass
            response.close()
        connection.close()

    def export(self) -> None:
        for name in ("csv", "turtle"):
            body = {"format": name, "answers": [record.to_json() for record in reals()]}
            request = urllib.request.Request(
                f"{self.url}/export",
                json.dumps(body).encode(),
                {"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=20) as response:
                assert response.read()

    def document(self) -> None:
        self._upload("a.csv", b"text\nLu Xun", 200)

    def broken_document(self) -> None:
        self._upload("a.docx", b"PK\x03\x04", 422)

    def _upload(self, name: str, data: bytes, status: int) -> None:
        body, kind = multipart([("file", name, data)])
        request = urllib.request.Request(f"{self.url}/documents", body, {"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                assert (response.status, bool(response.read())) == (status, True)
        except urllib.error.HTTPError as error:
            with error:
                assert error.code == status

    def tokens(self) -> None:
        assert self._send("/tokenize", {"user_input": TEXT}, 200)["tokens"] is None

    def page(self) -> None:
        for path in ("/", "/static/favicon.svg", "/conversations"):
            with urllib.request.urlopen(f"{self.url}{path}", timeout=20) as response:
                assert response.read()

    def errors_of_the_request(self) -> None:
        assert post(self.url, b"user_input=")[0] == 400
        assert post(self.url, b"{", "application/json")[0] == 400
        parts = [("user_input", None, b"a"), ("image", "a.png", picture(8, 8))]
        assert post(self.url, *multipart(parts))[0] == 422

    def errors_of_the_model(self) -> None:
        for text, status in (("失败。", 503), ("错误。", 500)):
            assert form(self.url, user_input=text)[0] == status
            assert events(self.url, user_input=text)[-1][0] == "error"


KINDS = [
    name for name, value in vars(Requests).items() if callable(value) and not name.startswith("_")
]


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel(script)


@pytest.fixture
def stored(tmp_path: Path, model: ScriptedModel) -> Iterator[Serving]:
    settings = Settings(cache_dir=EMPTY_CACHE, store=tmp_path / "kex.db")
    with Serving(settings, {"Embedded": model}) as running:
        yield running
    services_of(running.app).conversations.close()


def test_nothing_stays_open(stored: Serving, model: ScriptedModel) -> None:
    requests = Requests(stored.url)
    for kind in KINDS:  # what is made once is made here
        getattr(requests, kind)()
    # PDF and Word are read in a process of their own.
    requests._upload("a.pdf", making.pdf([TEXT]), 200)
    wait_until_idle(model)
    start = count()
    for kind in itertools.islice(itertools.cycle(KINDS), REQUESTS):
        getattr(requests, kind)()
    requests._upload("a.pdf", making.pdf([TEXT]), 200)
    wait_until_idle(model)
    end = settled(start)
    assert end.near(start), f"{start} before, {end} after {REQUESTS} requests"


def wait_until_idle(model: ScriptedModel) -> None:
    """Until the answers that nobody waits for are stopped."""
    end = time.monotonic() + 5
    while model.running and time.monotonic() < end:
        time.sleep(0.02)
    assert model.running == 0


def test_a_leak_is_found() -> None:
    """The count itself: it sees an open file and a thread that does not end."""
    start = count()
    over = threading.Event()
    threads = [threading.Thread(target=over.wait, daemon=True) for _ in range(TOLERANCE + 1)]
    for thread in threads:
        thread.start()
    assert not count().near(start)
    over.set()
    for thread in threads:
        thread.join()
    assert settled(start).near(start)
    opened = [os.open("/dev/null", os.O_RDONLY) for _ in range(TOLERANCE + 1)]
    assert not count().near(start)
    for number in opened:
        os.close(number)
    assert count().near(start)

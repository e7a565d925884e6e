"""Addresses in pictures, texts, files and fields are text: nothing is opened for them.

Scenario 10. A trap listens on loopback and notices every connection, also of the readers'
processes. The server's own connections are watched as well.
"""

from __future__ import annotations

import io
import json
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from settings import Settings
from tests import EMPTY_CACHE
from tests.documents import making
from tests.export.answers import reals
from tests.scripted_model import ScriptedModel
from tests.serving import Serving
from tests.web.asking import multipart

WATCHED: list[str] = []  # what an audit hook saw while a test watches; a hook cannot be removed
_watching = threading.Event()
OWN = ("127.0.0.1", "::1")


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching.is_set():
        return
    if event == "socket.getaddrinfo":
        WATCHED.append(f"lookup of {arguments[0]}")
    elif event == "socket.connect" and arguments[1][0] not in OWN:
        WATCHED.append(f"connection to {arguments[1]}")
    elif event == "open" and "passwd" in str(arguments[0]):
        WATCHED.append(f"opened {arguments[0]}")


sys.addaudithook(_audit)


class Trap:
    """Counts the connections to its port."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port = self._socket.getsockname()[1]
        self.caught = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            self.caught += 1
            connection.close()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._socket.close()


@pytest.fixture
def trap() -> Iterator[Trap]:
    made = Trap()
    WATCHED.clear()
    yield made
    made.close()


@pytest.fixture
def server() -> Iterator[Serving]:
    settings = Settings(cache_dir=EMPTY_CACHE, store=None)
    model = ScriptedModel(lambda _: ['{"triples":[]}'], images=True)
    with Serving(settings, {"Embedded": model}) as running:
        yield running


def send(server: Serving, path: str, body: bytes, content_type: str) -> tuple[int, str]:
    request = urllib.request.Request(f"{server.url}{path}", body, {"Content-Type": content_type})
    _watching.set()
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    finally:
        _watching.clear()


def quiet(trap: Trap) -> None:
    """Nobody came, and nobody was on the way."""
    time.sleep(0.1)
    assert trap.caught == 0
    # The test's own request looks up the server; nothing else may look up anything.
    assert {one for one in WATCHED if one != "lookup of 127.0.0.1"} == set()


def addresses(trap: Trap) -> list[str]:
    return [
        f"http://127.0.0.1:{trap.port}/a.png", f"http://localhost:{trap.port}/", "file:///etc/passwd",
        f"\\\\127.0.0.1@{trap.port}\\share\\a.png", f"ftp://127.0.0.1:{trap.port}/a",
        f"gopher://127.0.0.1:{trap.port}/_a", "http://kex-robustness.invalid/a.png",
    ]  # fmt: skip


def test_in_the_place_of_a_picture(server: Serving, trap: Trap) -> None:
    for address in addresses(trap):
        images: list[tuple[str, str | None, bytes]] = [
            ("image", "a.png", address.encode()),
            ("image", None, address.encode()),
            ("image", address, b""),
        ]
        for image_part in images:
            parts = [("user_input", None, b"a"), image_part]
            status, text = send(server, "/get_response", *multipart(parts))
            assert status in (200, 400, 415) and "root:" not in text, address
        image = {"type": "image_url", "image_url": {"url": address}}
        said = [{"role": "user", "content": [{"type": "text", "text": "What?"}, image]}]
        body = json.dumps({"model": "Embedded", "messages": said}).encode()
        status, text = send(server, "/v1/chat/completions", body, "application/json")
        assert status == 400 and "root:" not in text
    quiet(trap)


def test_in_texts_and_fields(server: Serving, trap: Trap) -> None:
    for address in addresses(trap):
        for field in ("user_input", "entity", "schema", "examples", "model_type", "prompt_type"):
            fields = {"user_input": "Ann lives in Leeds.", "prompt_type": "KE1", field: address}
            body = json.dumps(fields).encode()
            status, text = send(server, "/get_response", body, "application/json")
            assert status in (200, 400, 404) and "root:" not in text, (field, address)
        for prompt in ("../../../etc/passwd", "/etc/passwd", "KE1.yaml", "KE1\0"):
            body = json.dumps({"user_input": "a", "prompt_type": prompt}).encode()
            assert send(server, "/get_response", body, "application/json")[0] == 400
        answers = [record.to_json() for record in reals()]
        body = json.dumps({"format": "turtle", "answers": answers, "base_iri": address}).encode()
        assert send(server, "/export", body, "application/json")[0] in (200, 400)
    quiet(trap)


def linked_word(address: str) -> bytes:
    """A Word file whose template, picture and link lie at the address."""
    out = io.BytesIO()
    kinds = "attachedTemplate", "image", "hyperlink"
    rows = "".join(
        f'<Relationship Id="x{number}" Type="http://x/{kind}" Target="{address}"'
        ' TargetMode="External"/>'
        for number, kind in enumerate(kinds)
    )
    with zipfile.ZipFile(io.BytesIO(making.word())) as whole, zipfile.ZipFile(out, "w") as made:
        for name in whole.namelist():
            data = whole.read(name)
            if name == "word/_rels/document.xml.rels":
                data = data.replace(b"</Relationships>", f"{rows}</Relationships>".encode())
            made.writestr(name, data)
    return out.getvalue()


def linked_pdf(address: str) -> bytes:
    """A PDF that opens the address, and whose page has its content there."""
    uri = address.replace("\\", "\\\\").encode()
    data = making.raw_pdf(b"BT /F1 12 Tf 72 700 Td (Ann lives in Leeds.) Tj ET")
    action = b"<</Type/Catalog/OpenAction<</S/URI/URI(%s)>>/AA<</O<</S/GoToR/F(%s)>>>>" % (uri, uri)
    return data.replace(b"<</Type/Catalog", action, 1)


def test_in_files(server: Serving, trap: Trap) -> None:
    for address in addresses(trap):
        files = {
            "a.txt": f"Ann lives at {address}.".encode(),
            "a.md": f"![a]({address}) <img src='{address}'>".encode(),
            "a.csv": f'text\n"=HYPERLINK(""{address}"")"\n'.encode(),
            "a.docx": linked_word(address),
            "a.pdf": linked_pdf(address),
        }
        for name, data in files.items():
            status, text = send(server, "/documents", *multipart([("file", name, data)]))
            assert status in (200, 422) and "root:" not in text, (name, address)
        named = multipart([("file", address, b"Ann lives in Leeds.")])
        assert send(server, "/documents", *named)[0] in (200, 415, 422)
    quiet(trap)


def test_the_watch_sees_what_it_watches_for(trap: Trap) -> None:
    """A fetch, a lookup and an opened file are noticed, or the tests above would prove nothing."""
    _watching.set()
    with pytest.raises(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{trap.port}/", timeout=5)
    with pytest.raises(OSError):
        socket.getaddrinfo("kex-robustness.invalid", 80)
    Path("/etc/passwd").read_bytes()
    _watching.clear()
    assert "lookup of kex-robustness.invalid" in WATCHED
    assert "opened /etc/passwd" in WATCHED
    assert trap.caught == 1

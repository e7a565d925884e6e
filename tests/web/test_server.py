"""The server as a process, while it answers: what a signal ends, and what may wait.

Signals to an idle server, and to the real engine, are in tests/cli/test_serve.py.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from urllib.parse import urlencode, urlsplit

import pytest

from tests import EMPTY_CACHE, ROOT
from tests.web.asking import FORM


@contextmanager
def served(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KEX_", "OPENAI_"))}
    settings = {"KEX_CACHE_DIR": str(EMPTY_CACHE), "KEX_STORE": "off", "KEX_BASE": "off"}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "tests.web.scripted_server", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**clean, **settings},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line
        yield process, found.group()
    finally:
        process.kill()
        process.communicate()


@contextmanager
def connect(url: str) -> Iterator[http.client.HTTPConnection]:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
    with closing(connection):
        yield connection


def ask(connection: http.client.HTTPConnection, text: str, accept: str) -> None:
    body = urlencode({"prompt_type": "Chat", "user_input": text}).encode()
    connection.request("POST", "/get_response", body, {"Content-Type": FORM, "Accept": accept})


def begin(connection: http.client.HTTPConnection, text: str) -> http.client.HTTPResponse:
    """The stream of an answer that has begun."""
    ask(connection, text, "text/event-stream")
    response = connection.getresponse()
    assert response.status == 200
    while b"event: token" not in response.readline():
        pass
    return response


def status(url: str, path: str = "/health", **headers: str) -> int:
    with connect(url) as connection:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status


def test_an_answer_that_is_soon_complete_is_finished() -> None:
    with served() as (process, url), connect(url) as one, connect(url) as other:
        ask(one, "short", "*/*")
        streamed = begin(other, "short")
        process.send_signal(signal.SIGTERM)
        stream_text = streamed.read().decode()
        response = one.getresponse()
        assert (response.status, json.load(response)["response"]) == (200, "begun")
        output, _ = process.communicate(timeout=15)
        assert process.returncode == 0
    assert "event: done" in stream_text and '"response": "begun"' in stream_text
    assert output == "Kex has stopped.\n"


def test_an_answer_that_takes_too_long_is_ended_with_an_error() -> None:
    with served() as (process, url), connect(url) as one, connect(url) as other:
        ask(one, "long", "*/*")
        streamed = begin(other, "long")
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        stream_text = streamed.read().decode()
        response = one.getresponse()
        error = json.load(response)["error"]
        assert (response.status, error["code"]) == (503, "model_failed")
        assert process.wait(15) == 0
    assert "event: error" in stream_text and "event: done" not in stream_text
    assert 5 <= time.monotonic() - began < 12


def test_a_second_signal_ends_at_once() -> None:
    with served() as (process, url), connect(url) as connection:
        streamed = begin(connection, "long")
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(2) == -signal.SIGTERM
        streamed.close()


def test_idle_connections_do_not_block_the_server() -> None:
    """More of them than waitress accepts by default."""
    with served() as (process, url), ExitStack() as idle:
        address = urlsplit(url)
        for _ in range(150):
            idle.enter_context(
                socket.create_connection((str(address.hostname), address.port or 0), timeout=5)
            )
        assert status(url) == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(4) == 0


def test_headers_have_limits() -> None:
    with served() as (_, url):
        assert status(url, **{"X-Long": "a" * 10_000}) == 200
        assert status(url, **{"X-Long": "a" * 20_000}) == 431
        with connect(url) as connection:
            # No header of a request decides what the address of the server is.
            claimed = {"X-Forwarded-Host": "evil.example", "Origin": "http://evil.example"}
            connection.request("POST", "/get_response", b"", {"Content-Type": FORM, **claimed})
            response = connection.getresponse()
            assert (response.status, response.getheader("Server")) == (403, "kex")


@pytest.mark.parametrize(("host", "shown"), [("localhost", "localhost"), ("::1", "[::1]")])
def test_the_url_is_where_it_answers(host: str, shown: str) -> None:
    if host == "::1" and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    with served("--host", host) as (_, url):
        assert url.startswith(f"http://{shown}:")
        assert status(url) == 200


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True

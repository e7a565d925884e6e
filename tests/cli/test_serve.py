"""`app.py serve` as a process: its URL, its answer to signals, its complaint about a taken port."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import EMPTY_CACHE, ROOT


@contextmanager
def served(*arguments: str, **env: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KEX_", "OPENAI_"))}
    process = subprocess.Popen(
        [sys.executable, "-u", "app.py", "serve", "--port", "0", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**clean, "KEX_CACHE_DIR": str(EMPTY_CACHE), "KEX_STORE": "off", **env},
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_a_signal_and_ends_with_0(number: signal.Signals) -> None:
    with served() as (process, url):
        with urllib.request.urlopen(f"{url}/health", timeout=5) as response:
            assert response.status == 200
        process.send_signal(number)
        assert process.wait(15) == 0


def test_it_does_not_open_to_other_machines_without_a_key() -> None:
    done = subprocess.run(
        [sys.executable, "app.py", "serve", "--host", "0.0.0.0"], cwd=ROOT, timeout=60,
        env={**os.environ, "KEX_CACHE_DIR": str(EMPTY_CACHE)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "KEX_API_KEY" in done.stderr and "KEX_ALLOW_NO_KEY" in done.stderr
    assert "http://" not in done.stdout
    for setting in ({"KEX_API_KEY": "a-key-of-sixteen-characters"}, {"KEX_ALLOW_NO_KEY": "on"}):
        with served("--host", "0.0.0.0", **setting) as (process, _):
            process.terminate()
            assert process.wait(15) == 0


def test_without_weights_it_serves_and_says_so() -> None:
    with served(KEX_CACHE_DIRECTORY="/tmp/kex") as (process, url):
        with urllib.request.urlopen(f"{url}/models", timeout=30) as response:
            assert b"models get Embedded" in response.read()
        process.terminate()
        _, errors = process.communicate(timeout=15)
        assert "Embedded cannot answer" in errors
        assert "KEX_CACHE_DIRECTORY is no setting of Kex. Did you mean KEX_CACHE_DIR?" in errors


def test_conversations_outlive_the_server(tmp_path: Path) -> None:
    path = tmp_path / "kex.db"
    for round_, title in enumerate(("one", "two")):
        with served(KEX_STORE=str(path)) as (process, url):
            with urllib.request.urlopen(f"{url}/conversations", timeout=5) as response:
                assert len(json.load(response)["conversations"]) == round_
            body = json.dumps({"title": title}).encode()
            request = urllib.request.Request(
                f"{url}/conversations", body, {"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=5) as response:
                assert response.status == 201
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0
        assert [file.name for file in tmp_path.iterdir()] == ["kex.db"]  # closed in order


def test_it_serves_and_says_so_where_nothing_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with served(KEX_STORE=str(tmp_path / "file" / "kex.db")) as (process, url):
        with urllib.request.urlopen(f"{url}/health", timeout=5) as response:
            assert response.status == 200
        process.terminate()
        _, errors = process.communicate(timeout=15)
        assert "Conversations cannot be stored" in errors


def test_the_model_is_loaded_while_the_user_opens_the_page(smollm2: Path) -> None:
    with served(KEX_EMBEDDED_PATH=str(smollm2)) as (_, url):
        until = time.monotonic() + 30
        ready = False
        while not ready and time.monotonic() < until:
            time.sleep(0.1)
            with urllib.request.urlopen(f"{url}/models", timeout=30) as response:
                ready = b'"ready"' in response.read()
        assert ready


def test_a_signal_in_the_middle_of_an_answer(smollm2: Path) -> None:
    """The client is told, and the engine's threads do not crash the ending process."""
    with served(KEX_EMBEDDED_PATH=str(smollm2), KEX_EMBEDDED_CONTEXT="16384") as (process, url):
        body = "user_input=" + "鲁迅生于绍兴，写了狂人日记，后来去了上海工作。" * 500
        request = urllib.request.Request(
            f"{url}/get_response", body.encode(), {"Accept": "text/event-stream"}
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            while b"event: token" not in response.readline():
                pass
            process.terminate()
            rest = response.read().decode()
        assert process.wait(30) == 0
    assert "being shut down" in rest or "event: done" in rest


def test_a_host_without_an_address_is_explained() -> None:
    done = subprocess.run(
        [sys.executable, "app.py", "serve", "--host", "nonsense.invalid"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "KEX_HOST" in done.stderr


def test_a_taken_port_is_explained() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "app.py", "serve", "--port", str(taken.getsockname()[1])],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert done.returncode == 2
    assert "is taken by another program" in done.stderr
    assert "KEX_PORT" in done.stderr

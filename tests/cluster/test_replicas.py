"""`app.py replicas` on a cluster of this machine: an answer, a client that leaves, a queue."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from extraction.extractor import Answer, extract
from extraction.request.task import make_task
from models.remote.model import RemoteModel
from tests import ROOT
from tests.corpus.service import SLOW, Service

pytest.importorskip("ray", reason="pip install -r requirements-ray.txt")

START_SECONDS = 120


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.close()


@pytest.fixture(scope="module")
def url(service: Service) -> Iterator[str]:
    """Up to two replicas of ChatGpt; it asks the service."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KEX_", "OPENAI_"))}
    process = subprocess.Popen(
        [sys.executable, "app.py", "replicas", "--model", "ChatGpt", "--most", "2",
         "--port", str(port)],
        cwd=ROOT,
        env={**clean, "OPENAI_BASE_URL": service.url, "KEX_OPENAI_RETRIES": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if "ChatGpt is at http" in line:
            break
    yield f"http://127.0.0.1:{port}"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)


def replicas() -> int:
    told = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return told.stdout.count("ray::ServeReplica:kex-ChatGpt")


def ask(url: str, text: str) -> Answer:
    with closing(RemoteModel("ChatGpt", url)) as model:
        found = list(extract(make_task("KE1", text), model))[-1]
    assert isinstance(found, Answer)
    return found


@pytest.mark.timeout(START_SECONDS)
def test_it_answers_as_a_model_beside(url: str) -> None:
    answer = ask(url, "Ann 1 lives in Leeds.")
    assert [item.relation for item in answer.items] == ["lives in"]  # type: ignore[union-attr]
    assert answer.usage.prompt_tokens


@pytest.mark.timeout(START_SECONDS)
def test_whoever_leaves_holds_nobody_up(url: str, service: Service) -> None:
    service.slow = 20.0
    task = make_task("KE1", f"{SLOW} 1 lives in Leeds.")
    with closing(RemoteModel("ChatGpt", url)) as model, closing(extract(task, model)) as events:
        for _ in zip(events, range(4), strict=False):
            pass
    began = time.monotonic()
    assert ask(url, "Ann 2 lives in Leeds.").items
    assert time.monotonic() - began < 10
    service.slow = 0.5


@pytest.mark.timeout(START_SECONDS)
def test_a_long_queue_brings_another_replica(url: str, service: Service) -> None:
    service.pause = 1.0
    stop = threading.Event()

    def work(number: int) -> None:
        while not stop.is_set():
            ask(url, f"Bob {number} lives in Leeds.")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 80
    while replicas() < 2 and time.monotonic() < end:
        time.sleep(0.5)
    many = replicas()
    stop.set()
    for thread in threads:
        thread.join()
    service.pause = 0.0
    assert many == 2

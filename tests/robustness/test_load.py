"""More clients than places, clients that leave, and clients that are slow."""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlencode

import pytest

from models.embedded.model import Embedded
from models.embedded.own_engine import OwnEngine
from settings import Settings
from tests import EMPTY_CACHE
from tests.robustness.server import Served, served
from tests.serving import Serving
from tests.web.asking import FORM
from web.services import services_of

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir(), reason="memory and file descriptors are counted in /proc"
)

LONG = bool(os.environ.get("KEX_SOAK"))
PLACES = 4
ABORTS = 500 if LONG else 120
TOLERANCE = 2


@pytest.fixture
def server() -> Iterator[Served]:
    with served(KEX_MAX_CONCURRENT=str(PLACES), KEX_STALL_TIMEOUT="3") as one:
        yield one


def connect(port: int) -> closing[http.client.HTTPConnection]:
    return closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30))


def ask(port: int, text: str) -> tuple[int, dict[str, str], float]:
    """Status, headers and seconds of a chat."""
    body = urlencode({"prompt_type": "Chat", "user_input": text}).encode()
    began = time.monotonic()
    with connect(port) as connection:
        connection.request("POST", "/get_response", body, {"Content-Type": FORM})
        response = connection.getresponse()
        response.read()
        return response.status, dict(response.headers), time.monotonic() - began


def begin(stack: ExitStack, port: int, text: str) -> http.client.HTTPResponse:
    """A stream that has its place; closed with the stack."""
    connection = stack.enter_context(connect(port))
    body = urlencode({"prompt_type": "Chat", "user_input": text}).encode()
    headers = {"Content-Type": FORM, "Accept": "text/event-stream"}
    connection.request("POST", "/get_response", body, headers)
    response = connection.getresponse()
    assert response.status == 200
    assert response.readline()
    return stack.enter_context(closing(response))


def health(port: int) -> float:
    """Seconds until /health answers."""
    began = time.monotonic()
    with connect(port) as connection:
        connection.request("GET", "/health")
        response = connection.getresponse()
        assert (response.status, json.load(response)) == (200, {"status": "ok"})
    return time.monotonic() - began


def wait_until(done: Callable[[], bool], seconds: float) -> float:
    """Seconds until it is done; fails after `seconds`."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(0.01)
    return time.monotonic() - began


def test_more_clients_than_places_meet_only_deliberate_refusals(server: Served) -> None:
    """Row 1, short; benchmarks/load.py has the long form, with the built-in model."""
    end = time.monotonic() + 4
    times: list[float] = []

    def client() -> list[tuple[int, bool]]:
        seen = []
        while time.monotonic() < end:
            status, headers, _ = ask(server.port, "short")
            seen.append((status, "Retry-After" in headers))
            if status == 503:
                time.sleep(0.05)
        return seen

    with ThreadPoolExecutor(4 * PLACES) as pool:
        going = [pool.submit(client) for _ in range(4 * PLACES)]
        while time.monotonic() < end:
            times.append(health(server.port))
            time.sleep(0.05)
        seen = [one for future in going for one in future.result()]
    assert set(seen) == {(200, False), (503, True)}
    assert sum(status == 200 for status, _ in seen) >= PLACES * 4 / 0.2 / 5
    assert statistics.median(times) < 0.1
    assert server.figure("kex_requests_under_way") == 0


def test_a_full_queue_refuses_at_once_and_takes_no_memory(server: Served) -> None:
    """Row 2."""
    with ExitStack() as stack:
        for _ in range(PLACES):
            begin(stack, server.port, "silent")
        ask(server.port, "short")
        before = server.resident
        with ThreadPoolExecutor(20) as pool:
            refused = list(pool.map(lambda _: ask(server.port, "short"), range(20)))
            again = list(pool.map(lambda _: ask(server.port, "short"), range(200)))
        assert {status for status, _, _ in refused + again} == {503}
        assert all(int(headers["Retry-After"]) >= 1 for _, headers, _ in refused + again)
        alone = [ask(server.port, "short")[2] for _ in range(20)]
        assert statistics.median(alone) < 0.1
        assert server.resident - before < 10
        assert health(server.port) < 0.5
    assert server.figure("kex_requests_refused_total") >= 240


def test_a_client_that_leaves_frees_its_place(server: Served) -> None:
    """Row 3: between tokens, and while nothing is said."""
    for text in ("slow", "silent") * 3:
        with ExitStack() as stack:
            begin(stack, server.port, text)
            assert server.figure("kex_requests_under_way") == 1
        wait_until(lambda: server.figure("kex_requests_under_way") == 0, 1)


def test_a_client_that_leaves_a_silent_prefill_frees_its_slot(embedded: Embedded) -> None:
    """Row 3, with the real weights: reading this prompt takes many seconds."""
    engine = embedded._engine
    if not isinstance(engine, OwnEngine):
        pytest.skip("looks into the engine of our own")
    slots = engine._engine._slots
    history = json.dumps([["What is in the list?", "Nothing yet."]])
    text = " ".join(f"item {number * 7919 % 10_007}," for number in range(560))
    body = urlencode({"prompt_type": "Chat", "user_input": text, "history": history}).encode()
    headers = {"Content-Type": FORM, "Accept": "text/event-stream"}
    settings = Settings(cache_dir=EMPTY_CACHE, store=None, base=None)
    with Serving(settings, {"Embedded": embedded}) as serving:
        runner = services_of(serving.app).runner
        for wait in (0.3, 1.0):
            with connect(int(serving.url.rpartition(":")[2])) as connection:
                connection.request("POST", "/get_response", body, headers)
                wait_until(lambda: any(slot.job is not None for slot in slots), 20)
                time.sleep(wait)
                [job] = [slot.job for slot in slots if slot.job is not None]
                assert job.next is None, "the prompt is read already: take a longer one"
            wait_until(lambda: all(slot.job is None for slot in slots), 1)
            wait_until(lambda: runner.taken == 0, 1)


def test_aborts_leave_nothing_behind(server: Served) -> None:
    """Row 4: at any moment of a request."""
    dice = random.Random(4)
    body = urlencode({"prompt_type": "Chat", "user_input": "slow"}).encode()
    whole = (
        b"POST /get_response HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        + f"Content-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )

    def abort(moment: float) -> None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
            if moment < 0.3:
                client.sendall(whole[: int(moment / 0.3 * len(whole))])
            else:
                client.sendall(whole)
                time.sleep((moment - 0.3) / 4)
            if moment > 0.7:
                client.recv(200)
            if dice.random() < 0.5:  # a reset instead of an orderly end
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    ask(server.port, "short")
    files, threads = server.files, server.threads
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(abort, [dice.random() for _ in range(ABORTS)]))
    wait_until(lambda: server.figure("kex_requests_under_way") == 0, 3)
    wait_until(lambda: abs(server.files - files) <= TOLERANCE, 5)
    wait_until(lambda: abs(server.threads - threads) <= TOLERANCE, 5)
    assert ask(server.port, "short")[0] == 200


def test_slow_senders_do_not_block_the_server_and_are_cut(server: Served) -> None:
    """Row 8: 150 half-open headers and 150 slow bodies."""
    head = b"POST /get_response HTTP/1.1\r\nHost: localhost\r\n"
    form = f"Content-Type: {FORM}\r\nContent-Length: 1000\r\n\r\nuser_input=".encode()
    over = threading.Event()
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            for _ in range(300)
        ]
        for number, client in enumerate(clients):
            client.sendall(head + (form if number % 2 else b""))

        def drip() -> None:
            while not over.wait(0.5):
                for number, client in enumerate(clients):
                    try:
                        client.sendall(b"a" if number % 2 else b"X-A: b\r\n")
                    except OSError:  # cut
                        continue

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            times = [health(server.port) for _ in range(20)]
            assert max(times) < 0.5
            assert ask(server.port, "short")[0] == 200
            # A byte now and then does not keep a connection: the time is for a whole request.
            wait_until(lambda: server.files < 150, 10)
        finally:
            over.set()
            thread.join()


def test_an_answer_may_take_longer_than_its_client_may_stall() -> None:
    """Neither the time of the answer nor an idle connection before it counts."""
    with served(KEX_STALL_TIMEOUT="1", KEX_MAX_CONCURRENT="10") as server:
        with ThreadPoolExecutor(10) as pool:
            got = list(pool.map(lambda _: ask(server.port, "two seconds"), range(10)))
        assert {status for status, _, _ in got} == {200}
        body = urlencode({"prompt_type": "Chat", "user_input": "short"}).encode()
        with connect(server.port) as connection:
            for pause in (1.5, 0):  # kept alive
                connection.request("POST", "/get_response", body, {"Content-Type": FORM})
                response = connection.getresponse()
                assert (response.status, bool(response.read())) == (200, True)
                time.sleep(pause)


def test_who_does_not_read_an_answer_is_cut_and_frees_its_place() -> None:
    """The file is larger than what the server and the system hold for a client."""
    row = {"text": "鲁迅生于绍兴。" * 1000, "prompt_type": "KE1", "lang": "zh", "model": "Embedded",
           "knowledge": {"triples": []}}  # fmt: skip
    body = json.dumps({"format": "html", "answers": [row] * 300}, ensure_ascii=False).encode()
    limits = {"KEX_STALL_TIMEOUT": "2", "KEX_MAX_CHARS": "500000"}
    with served(**limits) as server, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(30)
        client.connect(("127.0.0.1", server.port))
        client.sendall(
            b"POST /export HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + f"Content-Length: {len(body)}\r\n\r\n".encode()
        )
        client.sendall(body)
        wait_until(lambda: server.figure("kex_requests_under_way", "") == 1, 20)
        wait_until(lambda: server.figure("kex_requests_under_way", "") == 0, 10)
        assert health(server.port) < 0.5

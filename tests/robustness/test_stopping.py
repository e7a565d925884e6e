"""Row 16: SIGTERM while answers run. tests/web/test_server.py has an answer that takes too long."""

from __future__ import annotations

import http.client
import json
import signal
import time
from contextlib import ExitStack, closing

import pytest

from tests.robustness.server import served
from tests.robustness.test_load import ask, begin, health


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_streams_are_drained_new_work_is_refused_and_the_exit_status_is_0(
    number: signal.Signals,
) -> None:
    with served() as server, ExitStack() as stack:
        streams = [begin(stack, server.port, "two seconds") for _ in range(4)]
        waiting = stack.enter_context(
            closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20))
        )
        waiting.connect()  # before the signal
        began = time.monotonic()
        server.process.send_signal(number)
        time.sleep(0.3)
        for path in ("/get_response", "/v1/chat/completions", "/export"):
            with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)) as one:
                good = {
                    "/get_response": {"user_input": "Hi", "prompt_type": "Chat"},
                    "/v1/chat/completions": {
                        "model": "Embedded",
                        "messages": [{"role": "user", "content": "Hi"}],
                    },
                    "/export": {
                        "format": "csv",
                        "answers": [
                            {
                                "text": "a", "prompt_type": "KE1", "lang": "en",
                                "model": "Embedded", "knowledge": {"triples": []},
                            }
                        ],
                    },
                }[path]  # fmt: skip
                one.request("POST", path, json.dumps(good), {"Content-Type": "application/json"})
                response = one.getresponse()
                error = json.load(response)["error"]
                assert (response.status, error["code"]) == (503, "stopping")
                assert int(response.headers["Retry-After"]) > 0
        assert ask(server.port, "short")[0] == 503
        assert health(server.port) < 0.5
        waiting.request("GET", "/ready")
        assert waiting.getresponse().status == 503
        for stream in streams:
            text = stream.read().decode()
            assert "event: done" in text and '"response": "begun"' in text
        assert server.process.wait(10) == 0
        assert time.monotonic() - began < 10

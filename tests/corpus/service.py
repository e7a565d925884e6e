"""An OpenAI-compatible service on loopback that answers by the text alone and counts questions.

What the ChatGpt model of a real `app.py corpus` process talks with in these tests.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# "Ann 12 lives in Leeds." is answered with one triple; these words in a text change that.
_LIVES = re.compile(r"(\w+ \d+) lives in (\w+)")
BROKEN = "Mallory"  # HTTP 500, each time
SLOW = "Slowcoach"  # an answer after `slow` seconds

PROMPT_TOKENS, COMPLETION_TOKENS = 100, 10  # of every answer


class Service(ThreadingHTTPServer):
    """`asked` counts the questions by who they are about; `pause` seconds go before each answer.

    `refusals` are HTTP statuses for the next requests, one each.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pause = 0.0
        self.slow = 0.5
        self.asked: Counter[str] = Counter()
        self.refusals: list[int] = []
        self.usage = True
        self.down = False  # nothing is answered
        self.mended = False  # BROKEN is answered too
        self.most_at_a_time = 0
        self.lock = threading.Lock()
        self._at_a_time = 0
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()

    def entered(self, by: int) -> None:
        with self.lock:
            self._at_a_time += by
            self.most_at_a_time = max(self.most_at_a_time, self._at_a_time)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is part of the test."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service
    disable_nagle_algorithm = True  # headers and body are two writes

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        question = body["messages"][-1]["content"]
        found = _LIVES.search(question)
        who = found[1] if found else "nobody"
        with self.server.lock:
            status = self.server.refusals.pop(0) if self.server.refusals else 200
            self.server.asked[who] += status == 200  # what fails later was asked, too
        self.server.entered(1)
        try:
            time.sleep(self.server.slow if SLOW in who else self.server.pause)
        finally:
            self.server.entered(-1)
        if self.server.down or (BROKEN in question and not self.server.mended):
            status = 500
        if status != 200:
            self._send(status, "application/json", b'{"error": {"message": "No."}}')
        else:
            form = json.dumps(body.get("response_format", {}))
            self._send(200, "text/event-stream", self._answer(question, form))

    def _answer(self, question: str, form: str) -> bytes:
        rows = _LIVES.findall(question)
        if "facts" in form:
            said: Any = {"entities": []}
        elif "triples" not in form:
            said = {"person": [who for who, _ in rows]}
        else:
            said = {"triples": [{"head": a, "relation": "lives in", "tail": b} for a, b in rows]}
        usage = {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": COMPLETION_TOKENS}
        events: list[Any] = [
            {"choices": [{"index": 0, "delta": {"content": json.dumps(said)}}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        ]
        if self.server.usage:
            events.append({"choices": [], "usage": usage})
        lines = [f"data: {json.dumps(event)}\n\n" for event in events]
        return "".join([*lines, "data: [DONE]\n\n"]).encode()

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

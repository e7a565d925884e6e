"""An HTTP server on loopback that plays a list of replies, good and bad, and keeps the requests.

It stands for the servers that no real one can be made to be: silent, resetting, lying.
"""

from __future__ import annotations

import json
import queue
import select
import socket
import struct
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

End = Literal["whole", "cut", "reset", "silent"]


@dataclass(frozen=True)
class Reply:
    """One answer: its `pieces` go out one TCP write each, `pause` seconds apart.

    `end`: after the pieces the body ends as it should (`whole`), the connection is closed in the
    middle of the body (`cut`), reset (`reset`), or kept open without a word until the client goes
    (`silent`). Without a status not even headers are sent.
    """

    pieces: tuple[bytes, ...] = ()
    status: int | None = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    end: End = "whole"
    pause: float = 0.0


@dataclass(frozen=True)
class Seen:
    """One request as it came: header names in lower case, `at` in seconds of time.monotonic()."""

    path: str
    headers: Mapping[str, str]
    body: Any
    at: float


def failure(status: int, message: str, *, headers: Mapping[str, str] = {}, **more: Any) -> Reply:
    """An error in OpenAI's form."""
    body = json.dumps({"error": {"message": message, **more}}).encode()
    return Reply((body,), status, {"Content-Type": "application/json", **headers})


def events(*data: Any, end: End = "whole", pause: float = 0.0) -> Reply:
    """A stream of server-sent events; what is no string is sent as JSON."""
    lines = (d if isinstance(d, str) else json.dumps(d, ensure_ascii=False) for d in data)
    pieces = tuple(f"data: {line}\n\n".encode() for line in lines)
    return Reply(pieces, headers={"Content-Type": "text/event-stream"}, end=end, pause=pause)


def delta(text: str) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}


def finish(reason: str = "stop") -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}


USAGE = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}}
DONE = "[DONE]"


def answer(*texts: str) -> Reply:
    """A whole and proper answer."""
    return events(*map(delta, texts), finish(), USAGE, DONE)


class ScriptedServer(ThreadingHTTPServer):
    """Plays `replies` in order; `seen` are the requests, `gone` when a client left a silence."""

    daemon_threads = False  # closing waits for the handlers, so that no socket is left open

    def __init__(self, replies: Iterable[Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = list(replies)
        self.seen: list[Seen] = []
        self.gone: queue.SimpleQueue[float] = queue.SimpleQueue()
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self.connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        for connection in self.connections:  # wakes the handlers of connections kept alive
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves in the middle is part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ScriptedServer

    def setup(self) -> None:
        super().setup()
        self.server.connections.append(self.connection)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = Seen(self.path, headers, body, time.monotonic())
            self.server.seen.append(seen)
            replies = self.server.replies
            reply = replies.pop(0) if replies else failure(418, "The script is over.")
        self.close_connection = reply.end != "whole"
        self._play(reply)

    def _play(self, reply: Reply) -> None:
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if reply.status is not None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in reply.pieces:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                time.sleep(reply.pause)
        if reply.end == "whole":
            self.wfile.write(b"0\r\n\r\n")
        elif reply.end == "reset":
            self._reset()
        elif reply.end == "silent":
            self._stay_silent()

    def _reset(self) -> None:
        time.sleep(0.05)  # a reset overtakes what the client has not read yet
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket(fileno=self.connection.detach()).close()

    def _stay_silent(self) -> None:
        while not self.server.closing.is_set():
            if select.select([self.connection], [], [], 0.02)[0]:
                self.server.gone.put(time.monotonic())
                return

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

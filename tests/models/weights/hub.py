"""A model hub on loopback that speaks as the real one: big files in a content network, small ones
behind a redirect inside the hub, announced hashes, ranges; and that breaks off or lies when told.
"""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileHub(ThreadingHTTPServer):
    """Serves `files` of `repository`. Names in `big` are announced with size and SHA-256.

    `breaks`: after how many bytes the next transfers of a file break off; `announced`: a SHA-256
    to lie with; `got`: file and range of every transfer; `seen`: every request's headers. A
    transfer of `hold` sends `held_after` bytes, sets `held`, and waits for `release`.
    """

    daemon_threads = True

    def __init__(self, repository: str, files: dict[str, bytes], big: set[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repository, self.files, self.big = repository, files, big
        self.breaks: dict[str, list[int]] = {}
        self.announced: dict[str, str] = {}
        self.got: list[tuple[str, str | None]] = []
        self.asked: list[str] = []
        self.seen: list[str] = []
        self.hold: str | None = None
        self.held_after = 0
        self.held, self.release = threading.Event(), threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> FileHub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def fetched(self) -> list[str]:
        return [name for name, _ in self.got]


class _Handler(BaseHTTPRequestHandler):
    server: FileHub

    def log_message(self, *_: object) -> None:
        """Keep stderr clean."""

    def do_HEAD(self) -> None:
        self._answer(send=False)

    def do_GET(self) -> None:
        self._answer(send=True)

    def _answer(self, send: bool) -> None:
        hub = self.server
        hub.seen.append(str(self.headers))
        kind, _, name = self.path.removeprefix("/").partition("/")
        prefix = f"/{hub.repository}/resolve/main/"
        if kind in ("content", "small") and name in hub.files:
            self._send(name, send)
            return
        name = self.path.removeprefix(prefix)
        if not self.path.startswith(prefix) or name not in hub.files:
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        hub.asked.append(name)
        if name in hub.big:  # the host is another one, as a content network's is
            self._redirect(302, f"http://localhost:{hub.server_address[1]}/content/{name}", name)
        else:
            self._redirect(307, f"/small/{name}", None)

    def _redirect(self, status: int, target: str, linked: str | None) -> None:
        self.send_response(status)
        self.send_header("Location", target)
        self.send_header("X-Repo-Commit", "c" * 40)
        if linked is not None:
            body = self.server.files[linked]
            announced = self.server.announced.get(linked, hashlib.sha256(body).hexdigest())
            self.send_header("X-Linked-Size", str(len(body)))
            self.send_header("X-Linked-Etag", f'"{announced}"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, name: str, send: bool) -> None:
        whole = self.server.files[name]
        wanted = self.headers["Range"]
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        body = whole[start:]
        self.send_response(206 if wanted else 200)
        self.send_header("ETag", f'"{hashlib.sha1(whole).hexdigest()}"')  # noqa: S324
        self.send_header("X-Repo-Commit", "c" * 40)
        self.send_header("Content-Length", str(len(body)))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")
        self.end_headers()
        if not send:
            return
        self.server.got.append((name, wanted))
        breaks = self.server.breaks.get(name)
        if breaks:
            body = body[: breaks.pop(0)]
        if name == self.server.hold and not self.server.release.is_set():
            self.wfile.write(body[: self.server.held_after])
            self.wfile.flush()
            self.server.held.set()
            self.server.release.wait()
            return
        self.wfile.write(body)

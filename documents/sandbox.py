"""Has a file read in a process of its own, which may neither hang nor eat the server.

A reader of PDF or Word files runs on whatever a stranger wrote into the file; a thread that it
keeps busy could not be ended.
"""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import threading
from pathlib import Path

from documents.document import FILE, Document
from errors import (
    Busy,
    DeadlineExceeded,
    InputError,
    ProtectedDocument,
    TextlessDocument,
    TooLarge,
    UnreadableDocument,
)
from redaction import bare_environment
from wording import message

log = logging.getLogger(__name__)

# Where `python -m` finds this package: the checkout, or where an installed Kex lies.
ROOT = Path(__file__).parents[len(__name__.split(".")) - 1]
SECONDS = 30
WAIT_SECONDS = 10  # for one of the places, each of which may take all of a core and 0.8 GB
_places = threading.BoundedSemaphore(2)
_KINDS: tuple[type[InputError], ...] = (
    TooLarge,
    UnreadableDocument,
    ProtectedDocument,
    TextlessDocument,
)
_BY_CODE = {kind.code: kind for kind in _KINDS}


def read_apart(kind: str, data: bytes, seconds: int = SECONDS) -> Document:
    """The document that `worker` makes of a file of this kind, `pdf` or `docx`.

    Raises what its reader raises, DeadlineExceeded after `seconds`, and Busy while others are read.
    """
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise Busy(message("errors.documents_busy"), field=FILE, retry_after=SECONDS)
    try:
        done = _run(kind, data, seconds)
    finally:
        _places.release()
    return _document(done)


def _run(kind: str, data: bytes, seconds: int) -> bytes:
    """What the process says."""
    command = [sys.executable, "-m", f"{__package__}.worker", kind, str(seconds)]
    try:
        done = subprocess.run(  # noqa: S603 (a fixed command; the file goes through stdin)
            command,
            input=data,
            capture_output=True,
            timeout=seconds,
            check=False,
            cwd=ROOT,
            env={**bare_environment(), "PYTHONUTF8": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise _too_slow(seconds) from error
    if done.stderr:  # where the reader failed, without a word of the file
        log.info("reading a .%s: %s", kind, done.stderr[-500:].decode("utf-8", "replace").strip())
    if done.returncode == -signal.SIGXCPU:
        raise _too_slow(seconds)
    # How Linux ends what takes the machine's memory, and PDFium itself when it gets no more.
    if done.returncode in (-signal.SIGKILL, -signal.SIGABRT):
        raise TooLarge(message("errors.documents_memory"), field=FILE)
    if done.returncode != 0:
        log.error("the reader of %s files ended with %d", kind, done.returncode)
        raise UnreadableDocument(
            message("errors.documents_crashed"),
            field=FILE,
        )
    return done.stdout


def _document(output: bytes) -> Document:
    answer = json.loads(output)
    if "error" in answer:
        code, text, key, values = answer["error"]
        raise _BY_CODE[code](message(key, **values) if key else text, field=FILE)
    found = answer["document"]
    hidden = found["hidden_text_pages"]
    said = message("warnings.documents_hidden_text", pages=", ".join(map(str, hidden)))
    return Document(
        found["text"],
        pages=found["pages"],
        textless_pages=tuple(found["textless_pages"]),
        hidden_text_pages=tuple(hidden),
        warnings=(said,) if hidden else (),
    )


def _too_slow(seconds: int) -> DeadlineExceeded:
    return DeadlineExceeded(
        message("errors.documents_too_slow", seconds=seconds),
        field=FILE,
    )

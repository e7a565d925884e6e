"""Standard streams that are closed or full, and Ctrl-C, as a shell makes them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import EMPTY_CACHE, ROOT


def shell(line: str) -> subprocess.CompletedProcess[bytes]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KEX_", "OPENAI_"))}
    return subprocess.run(
        ["sh", "-c", f'"{sys.executable}" app.py {line}'],
        cwd=ROOT,
        capture_output=True,
        env={**clean, "KEX_CACHE_DIR": str(EMPTY_CACHE), "LC_ALL": "C.UTF-8"},
        timeout=60,
    )


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("extract - <&-", 2, b"Standard input is closed"),
        ("export - --format csv <&-", 2, b"Standard input is closed"),
        ("chat --model Embedded <&-", 2, b"Standard input is closed"),
        ("models list >&-", 2, b"Standard output is closed"),
        ("--help >&-", 2, b"Standard output is closed"),
        ("models list >/dev/full", 1, b"could not be written: No space left"),
        ("extract --help >/dev/full", 1, b"could not be written: No space left"),
        ("models list | true", 0, b""),
        ("extract /nonexistent 2>&-", 2, b""),
    ],
)
def test_streams_that_cannot_be_used(line: str, code: int, said: bytes) -> None:
    done = shell(line)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= (said != b"")


def test_a_file_does_not_become_the_output_that_was_closed(tmp_path: Path) -> None:
    """The first file that is opened would get the number of standard output."""
    code = (
        "import sys; from cli.streams import mend_streams; mend_streams();"
        f"print(open({str(tmp_path / 'a')!r}, 'w').fileno() > 2, file=sys.stderr)"
    )
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -c "{code}" >&-'], cwd=ROOT, capture_output=True
    )
    assert done.stderr.strip() == b"True", done.stderr


def interrupted(code: str, after: float) -> tuple[int, bytes, float]:
    """The exit status of a program that is interrupted, what it said, and how long it took."""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(after)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    return process.returncode, errors, time.monotonic() - began


ALLOWED = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"


@pytest.mark.parametrize("after", [0.0, 0.1, 0.3, 0.6])
def test_an_interrupt_while_modules_are_imported(after: float) -> None:
    code = (
        f"{ALLOWED} import sys, time, types, cli.start\n"
        "def slow(*_):\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(1)\n"
        "sys.meta_path.insert(0, types.SimpleNamespace(find_spec=slow))\n"
        "cli.start.start()"
    )
    status, errors, seconds = interrupted(code, after)
    assert (status, errors) == (130, b"Interrupted.\n")
    assert seconds < 2


def test_an_interrupt_where_nothing_listens() -> None:
    """As a model that reads a long text and is waited for at the end."""
    code = (
        f"{ALLOWED} import threading, time, click; from cli.main import main\n"
        "@main.command()\n"
        "def stuck():\n"
        "    print('ready', flush=True)\n"
        "    try:\n"
        "        time.sleep(60)\n"
        "    finally:\n"
        "        threading.Event().wait(60)\n"
        "main(['stuck'])"
    )
    status, errors, seconds = interrupted(code, 0.1)
    assert (status, errors) == (130, b"Interrupted.\n")
    assert seconds < 2.5


def test_an_interrupt_that_was_ignored_stays_so() -> None:
    done = shell("models list | cat")
    ignored = subprocess.run(
        ["sh", "-c", f"trap '' INT; \"{sys.executable}\" -c '{IGNORED}'"],
        cwd=ROOT,
        capture_output=True,
    )
    assert (done.returncode, ignored.returncode, ignored.stdout) == (0, 0, b"still here\n")


IGNORED = (
    "import os, signal; from cli.interrupts import ending_soon\n"
    "with ending_soon():\n"
    "    os.kill(os.getpid(), signal.SIGINT)\n"
    'print("still here")'
)


def test_a_process_that_has_done_its_work_does_not_wait() -> None:
    code = (
        "import time; from cli.interrupts import leave_within; leave_within(0.2, 4); time.sleep(60)"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=30)
    assert done.returncode == 4
    assert time.monotonic() - began < 5

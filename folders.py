"""Folders that runs write: one run at a time, and names of files that survive a power cut.

The lock is the system's, which takes it back when the process is gone, however it went.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from errors import InputError
from wording import message

FILE = ".lock"
PATIENCE = 1.0  # seconds: a look at whether a run is there holds the lock for microseconds


@contextmanager
def claim(out: Path) -> Iterator[None]:
    """Make the folder and keep other runs out of it; InputError where one is at work there."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            message("errors.corpus_out_not_made", out=out, reason=error.strerror), field="out"
        ) from error
    lock = FileLock(out / FILE, timeout=PATIENCE)
    try:
        lock.acquire()
    except Timeout as error:
        raise InputError(message("errors.corpus_out_locked", out=out), field="out") from error
    except OSError as error:
        raise InputError(
            message("errors.corpus_out_unwritable", out=out, reason=error.strerror), field="out"
        ) from error
    try:
        yield
    finally:
        lock.release()


def is_running(out: Path) -> bool:
    """Whether a process holds the folder now."""
    try:
        handle = os.open(out / FILE, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def sync_folder(folder: Path) -> None:
    """The names of files made in it survive a power cut, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

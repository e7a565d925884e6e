"""Standard streams that the caller closed or that are full, and how a process ends at once.

Imports nothing heavy: it is there before the parts of the command line are loaded.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any

from cli.language import say

INTERRUPTED = 130


class ClosedStream(OSError):
    """A standard stream is used that the caller had closed."""

    def __init__(self, key: str) -> None:
        super().__init__(errno.EBADF, os.strerror(errno.EBADF))
        self.key = key


class _Closed(io.RawIOBase):
    """In place of a closed stream: an error as soon as it is used."""

    def __init__(self, key: str, *, output: bool) -> None:
        self._key = key
        self._output = output

    def readable(self) -> bool:
        return not self._output

    def writable(self) -> bool:
        return self._output

    def readinto(self, buffer: Any) -> int:
        raise ClosedStream(self._key)

    def write(self, data: Any) -> int:
        raise ClosedStream(self._key)


def mend_streams() -> None:
    """Closed standard streams become such that say so when they are used.

    Their numbers are taken, or the next file that is opened would be written to as output.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    if sys.stdin is None:
        reader = io.BufferedReader(_Closed("stdin_closed", output=False))
        sys.stdin = io.TextIOWrapper(reader, encoding="utf-8")
    if sys.stdout is None:
        writer = io.BufferedWriter(_Closed("stdout_closed", output=True))
        sys.stdout = io.TextIOWrapper(writer, encoding="utf-8", write_through=True)
    if sys.stderr is None:  # nobody is to be told
        sys.stderr = open(os.devnull, "w", encoding="utf-8")


def drop_output() -> None:
    """Nothing more goes to standard output, also not what Python still holds at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.stdout = open(os.devnull, "w", encoding="utf-8")


def leave_interrupted() -> None:
    """End the process at once, whatever its threads do."""
    os.write(2, f"{say('interrupted')}\n".encode())
    os._exit(INTERRUPTED)

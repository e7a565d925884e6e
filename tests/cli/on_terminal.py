"""A program on a terminal of its own: what a person types, and what they see."""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import time
from types import TracebackType

from tests import EMPTY_CACHE, ROOT

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class OnTerminal:
    """Runs `python *arguments` in the repository; `seen` is all that it has shown so far."""

    def __init__(self, *arguments: str, **env: str) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("KEX_", "OPENAI_"))}
        clean |= {"KEX_CACHE_DIR": str(EMPTY_CACHE), "TERM": "xterm", "LC_ALL": "C.UTF-8", **env}
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.execve(sys.executable, [sys.executable, *arguments], clean)  # noqa: S606  # our own command
        self._bytes = b""
        self._read_to = 0  # in `seen`: what was expected lies before it

    @property
    def seen(self) -> str:
        return _ESCAPES.sub("", self._bytes.decode("utf-8", "replace")).replace("\r", "")

    @property
    def raw(self) -> bytes:
        return self._bytes

    def enter(self, text: str) -> None:
        """Type `text`; `\\x03` is Ctrl-C, `\\x04` Ctrl-D."""
        os.write(self._fd, text.encode())

    def interrupt_prompt(self) -> None:
        """Ctrl-C at a prompt, after the pause that a person makes.

        Python's readline looks for signals only once it waits for keys, an instant after it has
        shown the prompt; one that comes in between is seen at the next key.
        """
        time.sleep(1.0)
        self.enter("\x03")

    def expect(self, text: str, seconds: float = 60.0) -> str:
        """Wait for `text` after what was expected before; gives what came in between."""
        end = time.monotonic() + seconds
        while True:
            seen = self.seen
            found = seen.find(text, self._read_to)
            if found >= 0:
                between = seen[self._read_to : found]
                self._read_to = found + len(text)
                return between
            if not self._more(end - time.monotonic()):
                raise AssertionError(f"{text!r} does not come after {seen[self._read_to :]!r}")

    def end(self, seconds: float = 60.0) -> int:
        """Wait for the end; gives the exit code, or minus the signal."""
        end = time.monotonic() + seconds
        while self._more(end - time.monotonic()):
            pass
        pid, status = os.waitpid(self.pid, os.WNOHANG if time.monotonic() > end else 0)
        assert pid, f"it still runs: {self.seen!r}"
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def _more(self, seconds: float) -> bool:
        """Read what there is; False when the time is over or the program has gone."""
        if seconds <= 0 or not select.select([self._fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # Linux tells the end of a terminal's other side this way
            return False
        self._bytes += data
        return bool(data)

    def __enter__(self) -> OnTerminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.pid:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self._fd)

"""Ends a text before any of some strings, though they may come in pieces."""

from __future__ import annotations

from collections.abc import Sequence


class StopStrings:
    """Passes text on until a stop string stands in it; holds back what may be the start of one."""

    def __init__(self, strings: Sequence[str]) -> None:
        self._strings = [string for string in strings if string]
        self._held = ""
        self.hit = False

    def feed(self, text: str) -> str:
        """What may be said now; nothing more once `hit`."""
        if self.hit:
            return ""
        self._held += text
        found = [at for string in self._strings if (at := self._held.find(string)) >= 0]
        if found:
            self.hit = True
            return self._take(min(found))
        return self._take(len(self._held) - self._pending())

    def flush(self) -> str:
        """What was held back, as nothing more will come."""
        return "" if self.hit else self._take(len(self._held))

    def _take(self, count: int) -> str:
        said, self._held = self._held[:count], self._held[count:]
        return said

    def _pending(self) -> int:
        """Length of the longest end of the text that begins a stop string."""
        longest = max((len(string) for string in self._strings), default=1) - 1
        for count in range(min(longest, len(self._held)), 0, -1):
            tail = self._held[-count:]
            if any(string.startswith(tail) for string in self._strings):
                return count
        return 0

"""A database that is opened when it is first used, once per process.

One that could not be opened is tried again at the next use: its remedy needs no restart.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    def close(self) -> None: ...


T = TypeVar("T", bound=Closable)


class Lazy(ABC, Generic[T]):
    """Thread-safe; may be used again after `close`."""

    def __init__(self) -> None:
        self._opened: T | None = None
        self._lock = threading.Lock()

    @abstractmethod
    def _open(self) -> T:
        """Raises StoreFailed, or the error that says why there is none."""

    def get(self) -> T:
        """The database, opened if it was not. Raises as `_open` does."""
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def close(self) -> None:
        with self._lock:
            if self._opened is not None:
                self._opened.close()
            self._opened = None

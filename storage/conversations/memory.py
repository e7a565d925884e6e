"""The store that a process has, if it has one: opened when it is first used, not before.

A store that could not be opened is tried again at the next use: its remedy needs no new start.
"""

from __future__ import annotations

import threading
from pathlib import Path

from errors import StoreOff
from storage.conversations.store import Store
from wording import message


class Memory:
    """Gives out the store at `path`; None means that nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._store: Store | None = None
        self._lock = threading.Lock()

    @property
    def on(self) -> bool:
        return self._path is not None

    def store(self) -> Store:
        """Raises StoreOff, or StoreFailed with what is wrong and its remedy."""
        if self._path is None:
            raise StoreOff(
                message("errors.store_off"),
                field="KEX_STORE",
            )
        with self._lock:
            if self._store is None:
                self._store = Store(self._path)
            return self._store

    def close(self) -> None:
        with self._lock:
            if self._store is not None:
                self._store.close()
            self._store = None

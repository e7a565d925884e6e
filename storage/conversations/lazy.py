"""The conversations that a process stores, if it stores any."""

from __future__ import annotations

from pathlib import Path

from errors import StoreOff
from storage.conversations.store import Store
from storage.database.lazy import Lazy
from wording import message


class LazyStore(Lazy[Store]):
    """The store at `path`; None: nothing is stored. `get` raises StoreOff or StoreFailed."""

    def __init__(self, path: Path | None) -> None:
        super().__init__()
        self._path = path

    @property
    def on(self) -> bool:
        return self._path is not None

    def _open(self) -> Store:
        if self._path is None:
            raise StoreOff(message("errors.store_off"), field="KEX_STORE")
        return Store(self._path)

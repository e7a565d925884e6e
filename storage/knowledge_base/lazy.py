"""The knowledge base of a process, if it has one.

Reading creates none: where there is none yet, the error says how to make one.
"""

from __future__ import annotations

from pathlib import Path

from errors import BaseOff
from storage.database.lazy import Lazy
from storage.knowledge_base.base import Base
from wording import message


class LazyBase(Lazy[Base]):
    """The base at `address`; None means that there is none. `get` raises BaseOff or StoreFailed."""

    def __init__(self, address: str | None) -> None:
        super().__init__()
        self._address = address

    @property
    def exists(self) -> bool:
        """Whether there is something to read; a server is assumed to have it."""
        if self._address is None:
            return False
        return "://" in self._address or Path(self._address).exists()

    def _open(self) -> Base:
        if self._address is None:
            raise BaseOff(message("errors.base_off"), field="KEX_BASE")
        if not self.exists:
            raise BaseOff(message("errors.base_missing", address=self._address), field="KEX_BASE")
        return Base(self._address)

"""The knowledge base that a process has, if it has one: opened when it is first used.

To look at a base makes none: where there is none yet, it says how to make one.
"""

from __future__ import annotations

import threading
from pathlib import Path

from errors import BaseOff
from storage.knowledge_base.base import Base
from wording import message


class Holder:
    """Gives out the base at `address`; None means that there is none."""

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._base: Base | None = None
        self._lock = threading.Lock()

    @property
    def exists(self) -> bool:
        """Whether there is something to look at; a server is believed to have it."""
        if self._address is None:
            return False
        return "://" in self._address or Path(self._address).exists()

    def base(self) -> Base:
        """Raises BaseOff, or StoreFailed with what is wrong and its remedy."""
        if self._address is None:
            raise BaseOff(
                message("errors.base_off"),
                field="KEX_BASE",
            )
        with self._lock:
            if self._base is None:
                if not self.exists:
                    raise BaseOff(
                        message("errors.base_missing", address=self._address),
                        field="KEX_BASE",
                    )
                self._base = Base(self._address)
            return self._base

    def close(self) -> None:
        with self._lock:
            if self._base is not None:
                self._base.close()
            self._base = None

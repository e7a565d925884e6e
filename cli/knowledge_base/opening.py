"""Opens the knowledge base of this machine for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from errors import BaseOff
from settings import load_settings

if TYPE_CHECKING:
    from storage.knowledge_base.base import Base


@contextmanager
def opened() -> Iterator[Base]:
    """The base of KEX_BASE, made where there is none. Raises BaseOff, StoreFailed."""
    from storage.knowledge_base.base import Base

    address = load_settings().base
    if address is None:
        raise BaseOff(
            "There is no knowledge base: KEX_BASE is off. Set it to the path of a file.",
            field="KEX_BASE",
        )
    base = Base(address)
    try:
        yield base
    finally:
        base.close()

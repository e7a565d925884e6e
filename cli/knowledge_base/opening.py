"""Opens the knowledge base of this machine for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from errors import BaseOff
from settings import load_settings
from wording import message

if TYPE_CHECKING:
    from storage.knowledge_base.base import Base


@contextmanager
def opened() -> Iterator[Base]:
    """The base of KEX_BASE, made where there is none. Raises BaseOff, StoreFailed."""
    from storage.knowledge_base.base import Base

    address = load_settings().base
    if address is None:
        raise BaseOff(message("errors.base_off"), field="KEX_BASE")
    base = Base(address)
    try:
        yield base
    finally:
        base.close()

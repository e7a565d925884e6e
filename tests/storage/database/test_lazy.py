"""Databases that are opened at their first use."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from errors import BaseOff, StoreFailed, StoreOff
from storage.conversations.lazy import LazyStore
from storage.conversations.store import Store
from storage.database.lazy import Lazy
from storage.knowledge_base.base import Base
from storage.knowledge_base.lazy import LazyBase


class Slow(Lazy[Store]):
    """Opens a real store, slowly enough that others come meanwhile."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.opened: list[Store] = []

    def _open(self) -> Store:
        time.sleep(0.1)
        store = Store(self.path)
        self.opened.append(store)
        return store


def test_nothing_is_opened_before_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "data" / "kex.db"
    lazy = LazyStore(path)
    assert lazy.on and not path.parent.exists()
    store = lazy.get()
    assert path.exists()
    assert lazy.get() is store
    lazy.close()


def test_many_threads_open_it_once(tmp_path: Path) -> None:
    lazy = Slow(tmp_path / "kex.db")
    together = threading.Barrier(8)

    def get(_: int) -> Store:
        together.wait(5)
        return lazy.get()

    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(get, range(8)))
    assert len(lazy.opened) == 1
    assert all(store is stores[0] for store in stores)
    lazy.close()


def test_what_failed_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    lazy = LazyStore(tmp_path / "data" / "kex.db")
    for _ in range(2):
        with pytest.raises(StoreFailed):
            lazy.get()
    (tmp_path / "data").unlink()  # the remedy needs no restart
    assert lazy.get().begin("a").title == "a"
    lazy.close()


def test_it_may_be_used_again_after_it_was_closed(tmp_path: Path) -> None:
    lazy = LazyStore(tmp_path / "kex.db")
    lazy.close()  # of what was never opened
    first = lazy.get()
    name = first.begin("a").id
    lazy.close()
    lazy.close()
    second = lazy.get()
    assert second is not first
    assert second.load(name).title == "a"
    lazy.close()
    assert [file.name for file in tmp_path.iterdir()] == ["kex.db"]  # closed in order


def test_a_store_may_be_off() -> None:
    lazy = LazyStore(None)
    assert not lazy.on
    with pytest.raises(StoreOff) as caught:
        lazy.get()
    assert caught.value.field == "KEX_STORE"
    lazy.close()


def test_reading_makes_no_knowledge_base(tmp_path: Path) -> None:
    path = tmp_path / "base.db"
    for address in (None, str(path)):
        lazy = LazyBase(address)
        assert not lazy.exists
        with pytest.raises(BaseOff) as caught:
            lazy.get()
        assert caught.value.field == "KEX_BASE"
    assert str(path) in caught.value.message
    assert not path.exists()
    Base(str(path)).close()  # as an import makes it
    assert lazy.exists
    assert lazy.get() is lazy.get()
    lazy.close()


def test_a_server_is_assumed_to_have_a_base() -> None:
    assert LazyBase("postgresql://127.0.0.1:1/kex").exists

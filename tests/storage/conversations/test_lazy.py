from __future__ import annotations

from pathlib import Path

import pytest

from errors import StoreFailed, StoreOff
from storage.conversations.lazy import LazyStore


def test_without_a_path_nothing_is_kept() -> None:
    memory = LazyStore(None)
    assert not memory.on
    with pytest.raises(StoreOff) as caught:
        memory.get()
    assert (caught.value.code, caught.value.field) == ("store_off", "KEX_STORE")
    memory.close()


def test_a_store_that_failed_is_tried_again(tmp_path: Path) -> None:
    in_the_way = tmp_path / "data"
    in_the_way.write_text("")
    memory = LazyStore(in_the_way / "kex.db")
    for _ in range(2):
        with pytest.raises(StoreFailed):
            memory.get()
    in_the_way.unlink()
    assert memory.get().begin("now").title == "now"
    memory.close()

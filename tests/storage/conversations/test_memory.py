from __future__ import annotations

from pathlib import Path

import pytest

from errors import StoreFailed, StoreOff
from storage.conversations.memory import Memory


def test_without_a_path_nothing_is_kept() -> None:
    memory = Memory(None)
    assert not memory.on
    with pytest.raises(StoreOff) as caught:
        memory.store()
    assert (caught.value.code, caught.value.field) == ("store_off", "KEX_STORE")
    memory.close()


def test_a_store_that_failed_is_tried_again(tmp_path: Path) -> None:
    in_the_way = tmp_path / "data"
    in_the_way.write_text("")
    memory = Memory(in_the_way / "kex.db")
    for _ in range(2):
        with pytest.raises(StoreFailed):
            memory.store()
    in_the_way.unlink()
    assert memory.store().begin("now").title == "now"
    memory.close()

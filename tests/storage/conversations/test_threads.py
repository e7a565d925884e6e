"""The threads of a server share one store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from storage.conversations.lazy import LazyStore
from storage.conversations.store import Store
from tests.storage.conversations.answers import turn

THREADS = 12


def test_every_turn_gets_a_place_of_its_own(store: Store) -> None:
    shared = store.begin().id

    def talk(number: int) -> list[int]:
        own = store.begin(f"{number}").id
        places = []
        for at in range(8):
            places.append(store.append(shared, turn(f"{number}.{at}")))
            store.append(own, turn(f"{at}"))
            store.correct(
                own, at + 1, "confirm", {"head": "鲁迅", "relation": "作品", "tail": "狂人日记"}
            )
            store.page("鲁迅")
            assert len(store.load(own).turns) == at + 1
        return places

    with ThreadPoolExecutor(THREADS) as pool:
        places = [place for listed in pool.map(talk, range(THREADS)) for place in listed]
    assert sorted(places) == list(range(1, 8 * THREADS + 1))
    texts = [one.said.text for one in store.load(shared).turns]
    assert sorted(texts) == sorted(f"{number}.{at}" for number in range(THREADS) for at in range(8))
    assert len(store.page(limit=100).conversations) == THREADS + 1


def test_the_store_of_a_process_is_opened_once(path: Path) -> None:
    memory = LazyStore(path)
    assert not path.exists()
    with ThreadPoolExecutor(THREADS) as pool:
        stores = set(pool.map(lambda _: memory.get(), range(THREADS)))
    assert len(stores) == 1
    memory.close()
    assert memory.get() not in stores
    memory.close()

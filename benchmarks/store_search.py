"""How long the search over conversations takes: LIKE, as the store does it, beside FTS5's trigrams.

Fills a store with invented talks and asks for words that are rare, common and not there: how many
conversations are found, and medians in milliseconds. Also what opening with its check takes, and
the sizes of the files.

    python benchmarks/store_search.py [--conversations 2000] [--out FILE]
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sized
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from storage.conversations.records import NewTurn
from storage.conversations.store import Store

TURNS = 5
CHARS = 1000
TIMES = 9
PAGE = 50
HAN = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工"
QUERIES = {
    "two characters, rare": "鲁迅",
    "two characters, common": "中国",
    "four characters, rare": "狂人日记",
    "English, rare": "curie",
    "not there": "xylophone",
}


def fill(store: Store, conversations: int) -> None:
    draw = random.Random(3)  # noqa: S311  # no secret
    for number in range(conversations):
        name = store.begin().id
        for _ in range(TURNS):
            text = "".join(draw.choices(HAN, k=CHARS))
            if number % 500 == 7:
                text += "鲁迅写了狂人日记。Marie Curie."
            if number % 2:
                text += "中国"
            store.append(name, NewTurn(text, {"prompt_type": "KE1"}, "Embedded"))


def median(call: Callable[[], Any]) -> float:
    """Milliseconds."""
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(took), 1)


def search(call: Callable[[str], Sized]) -> dict[str, dict[str, float]]:
    return {
        name: {"found": len(call(word)), "ms": median(partial(call, word))}
        for name, word in QUERIES.items()
    }


def trigrams(path: Path) -> dict[str, dict[str, float]]:
    """The same search over an index of trigrams, made of the same folded texts."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE VIRTUAL TABLE found"
            " USING fts5(search, conversation UNINDEXED, tokenize=trigram)"
        )
        connection.execute("INSERT INTO found SELECT search, conversation FROM turns")
        connection.commit()
        wanted = (
            "SELECT id, title, updated FROM conversations WHERE id IN"
            " (SELECT conversation FROM found WHERE search LIKE ?) ORDER BY updated DESC LIMIT ?"
        )
        return search(lambda word: connection.execute(wanted, (f"%{word}%", PAGE)).fetchall())


def measure(folder: Path, conversations: int) -> dict[str, Any]:
    path = folder / "kex.db"
    store = Store(path)
    fill(store, conversations)
    like = search(lambda word: store.page(word, limit=PAGE).conversations)
    listing = median(store.page)
    store.close()
    size = path.stat().st_size
    opening = median(lambda: Store(path).close())
    other = trigrams(path)
    return {
        "machine": platform.machine(),
        "sqlite": sqlite3.sqlite_version,
        "conversations": conversations,
        "turns": conversations * TURNS,
        "characters": conversations * TURNS * CHARS,
        "file_mb": round(size / 1e6),
        "file_with_trigrams_mb": round(path.stat().st_size / 1e6),
        "open_ms": opening,
        "listing_ms": listing,
        "like": like,
        "trigram": other,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--conversations", type=int, default=2000)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        written = json.dumps(measure(Path(folder), given.conversations), indent=1)
    print(written)
    if given.out:
        given.out.write_text(written + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""A writer that is killed at any moment loses nothing that it was told is kept."""

from __future__ import annotations

import random
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from storage.conversations.store import Store
from tests import ROOT

KILLS = 20

WRITER = """
import sys
from pathlib import Path
from storage.conversations.store import Store
from tests.storage.conversations.answers import turn

store = Store(Path(sys.argv[1]))
name = sys.argv[2]
born = {"head": "鲁迅", "relation": "出生地", "tail": "绍兴"}
while True:
    position = store.append(name, turn("long " * 2000))
    print("turn", position, flush=True)
    if position % 7 == 0:  # before it is corrected: then it would not be replaced
        store.append(name, turn("again"), replaces=position)
        print("again", position, flush=True)
    store.correct(name, position, "confirm", born)
    print("correction", position, flush=True)
"""


def test_killed_at_random_moments(path: Path) -> None:
    store = Store(path)
    name = store.begin().id
    store.close()
    draw = random.Random(7)
    turns: set[int] = set()
    corrected: set[int] = set()
    again: set[int] = set()
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        said = process.stdout.readline()  # it is at work
        time.sleep(draw.uniform(0, 0.15))
        process.kill()
        said += process.stdout.read()
        assert process.wait() == -9
        process.stdout.close()
        for line in re.findall(r"(.*)\n", said):  # the last one may be cut by the kill
            kind, number = line.split()
            {"turn": turns, "correction": corrected, "again": again}[kind].add(int(number))

        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        store = Store(path)
        kept = {turn.position: turn for turn in store.load(name).turns}
        store.close()
        assert sorted(kept) == list(range(1, len(kept) + 1))
        assert turns <= set(kept)
        assert all(kept[at].corrections for at in corrected)
        assert all(kept[at].said.text == "again" for at in again)
    assert len(turns) > KILLS and corrected and again

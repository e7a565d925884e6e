"""Kills writers at random moments and looks at what they leave (scenario 14).

Each function raises AssertionError where something confirmed is missing, is there twice, or the
file is not whole; it returns what was counted.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from corpus.index import FILE as INDEX
from corpus.run import RunOptions, run
from settings import Settings
from storage.conversations.store import Store
from storage.knowledge_base.base import Base
from tests import ROOT
from tests.corpus.conftest import answers, manifest, people
from tests.robustness.writers import Asked, source, spec
from tests.storage.knowledge_base.dumping import check, dump

LONGEST = 0.12  # seconds that a writer is left alone


class Killer:
    """The process whose children are killed."""

    def __init__(self, process: subprocess.Popen[str], seed: int) -> None:
        self._process = process
        self._draw = random.Random(seed)

    def kill(self) -> tuple[list[list[str]], bool]:
        """What one writer was confirmed, and whether it was killed before its end."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        said: list[list[str]] = []
        pid = 0
        while not (pid and said):  # it is at work
            line = self._process.stdout.readline()
            assert line, "the writers' process has ended"
            if line.startswith("pid "):
                pid = int(line.split()[1])
            else:
                said.append(line.split())
        time.sleep(self._draw.uniform(0, LONGEST))
        os.kill(pid, signal.SIGKILL)  # a zombie until its parent has read its end: never another's
        while True:
            words = self._process.stdout.readline().split()
            if words and words[0] == "ended":
                return said, words[1] == str(-signal.SIGKILL)
            if len(words) == len(said[0]):
                said.append(words)


@contextmanager
def killer(seed: int, *words: object) -> Iterator[Killer]:
    command = [sys.executable, "-m", "tests.robustness.writers", *map(str, words)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Killer(process, seed)
    finally:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def whole(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def kill_conversations(folder: Path, kills: int, seed: int = 7) -> Counter[str]:
    path = folder / "kex.db"
    store = Store(path)
    name = store.begin().id
    store.close()
    found: dict[str, set[int]] = {"turn": set(), "again": set(), "correction": set()}
    count: Counter[str] = Counter()
    with killer(seed, "conversations", path, name) as victim:
        for _ in range(kills):
            said, killed = victim.kill()
            assert killed
            count["kills"] += 1
            for kind, number in said:
                found[kind].add(int(number))
            whole(path)
            store = Store(path)
            kept = {turn.position: turn for turn in store.load(name).turns}
            store.close()
            assert sorted(kept) == list(range(1, len(kept) + 1))
            assert found["turn"] <= set(kept)
            assert all(len(kept[at].corrections) == 1 for at in found["correction"])
            assert all(kept[at].said.text == "again" for at in found["again"])
    return count + Counter({kind: len(at) for kind, at in found.items()})


def kill_base(folder: Path, kills: int, seed: int = 8) -> Counter[str]:
    path = folder / "base.db"
    Base(str(path)).close()
    count: Counter[str] = Counter()
    last = -1
    with killer(seed, "base", path) as victim:
        for _ in range(kills):
            said, killed = victim.kill()
            assert killed
            count["kills"] += 1
            last = max(last, *(int(number) for _, number in said))
            whole(path)
    killed_base, fresh = Base(str(path)), Base(str(folder / "fresh.db"))
    stored = killed_base.status().sources
    assert last < stored <= last + 2  # one may be stored whose confirmation was not heard
    list(fresh.take_in(source(number) for number in range(stored)))
    check(killed_base)
    assert dump(killed_base) == dump(fresh)
    killed_base.close()
    fresh.close()
    return count + Counter({"source": last + 1})


def kill_corpus(folder: Path, kills: int, seed: int = 9) -> Counter[str]:
    """Jobs that are killed and resumed; the answers equal those of an undisturbed job."""
    documents = 8 * kills
    people(folder / "in.jsonl", documents)
    count: Counter[str] = Counter()
    with killer(seed, "corpus", folder) as victim:
        for _ in range(kills):
            _, killed = victim.kill()
            count["kills"] += killed
            if (folder / "out" / INDEX).exists():
                whole(folder / "out" / INDEX)
    with closing(Asked(folder / "asked")) as model:
        run(folder / "out", spec(folder), RunOptions(2), model, Settings(), _ignore)
    assert len(manifest(folder / "out")) == documents
    found = answers(folder / "out")  # fails where one is there twice
    assert {row["response"] for row in found.values()} == {
        f"(Ann {number}, lives in, Leeds)" for number in range(documents)
    }
    asked = (folder / "asked").read_text().splitlines()
    count["documents"] = documents
    count["asked again"] = len(asked) - documents
    assert count["asked again"] <= 2 * kills * 10  # what was read and not yet committed
    return count


def _ignore(_: object) -> None:
    """Nobody watches the progress."""


KILLINGS: dict[str, Callable[[Path, int], Counter[str]]] = {
    "conversations": kill_conversations, "base": kill_base, "corpus": kill_corpus,
}  # fmt: skip

"""Writers that are killed: `python -m tests.robustness.writers KIND PATH …`.

For each line on stdin a fresh child process opens PATH and writes until it is killed from outside;
`pid N` says which, a line follows for each write that was confirmed to it, and `ended STATUS` for
its end. Forking spares the seconds of importing, so that a hundred kills take seconds.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from corpus.fingerprint import Options
from corpus.inputs.entry import Fields
from corpus.job_spec import JobSpec
from corpus.run import RunOptions, run
from models.base import GenerateRequest
from settings import Settings
from storage.conversations.store import Store
from storage.knowledge_base.base import Base
from storage.knowledge_base.records import Arrival
from tests.scripted_model import ScriptedModel
from tests.storage.conversations.answers import turn
from tests.storage.knowledge_base.arrivals import triples


def confirmed(*words: object) -> None:
    """One write, so that a killed process leaves whole lines but perhaps the last."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def conversations(path: Path, name: str) -> None:
    """Turns, turns that replace others, corrections."""
    store = Store(path)
    born = {"head": "鲁迅", "relation": "出生地", "tail": "绍兴"}
    while True:
        position = store.append(name, turn("long " * 2000))
        confirmed("turn", position)
        if position % 7 == 0:  # before it is corrected: then it would not be replaced
            store.append(name, turn("again"), replaces=position)
            confirmed("again", position)
        store.correct(name, position, "confirm", born)
        confirmed("correction", position)


def source(number: int) -> Arrival:
    """The text of one source of the knowledge base; every third speaks of the same town."""
    town = f"Town {number if number % 3 else 0}"
    return triples(f"s{number}", f"Ann {number} lives in {town}.", (f"Ann {number}", "home", town))


def base(path: Path) -> None:
    """Sources, one transaction each; those that are there are imported again, as a person would."""
    opened = Base(str(path))
    number = opened.status().sources
    for again in range(max(0, number - 2), number):
        list(opened.take_in([source(again)]))
    while True:
        for _ in opened.take_in([source(number)], batch=1):
            confirmed("source", number)
        number += 1


class Asked(ScriptedModel):
    """Answers by the text alone and notes each request in a file."""

    def __init__(self, log: Path) -> None:
        super().__init__(self.answer)
        self._log = log.open("ab", buffering=0)

    def answer(self, request: GenerateRequest) -> list[str]:
        said = request.messages[-1].content.rpartition("Text: ")[2]
        who, _, where = said.partition(" lives in ")
        self._log.write(f"{who}\n".encode())
        return [json.dumps({"triples": [[who, "lives in", where.rstrip(".")]]})]

    def close(self) -> None:
        self._log.close()


def spec(folder: Path) -> JobSpec:
    return JobSpec(
        input=folder / "in.jsonl", fields=Fields(), options=Options(types=("KE1",)),
        model="Embedded", format="jsonl", shard_size=20,
    )  # fmt: skip


def corpus(folder: Path) -> None:
    """A job over `folder`/in.jsonl; ends by itself when all of it is done."""
    model = Asked(folder / "asked")
    confirmed("begun")
    run(folder / "out", spec(folder), RunOptions(2), model, Settings(), lambda _: None)
    confirmed("done")


WRITERS: dict[str, Callable[..., None]] = {
    "conversations": conversations, "base": base, "corpus": corpus,
}  # fmt: skip


def main(kind: str, path: str, *more: str) -> None:
    import corpus.job

    corpus.job.COMMIT_SECONDS = 0.02  # so that a short job has many commits
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                WRITERS[kind](Path(path), *more)
                status = 0
            finally:
                os._exit(status)
        os.write(1, f"pid {child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(1, f"ended {os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])

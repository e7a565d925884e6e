"""The answers of a job that count now, for who wants to read on with them; changes nothing.

A file of answers may hold lines that were answered anew since: the index knows them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from corpus.index import FILE, Index, translate_errors
from corpus.outputs.shards import FOLDER


@dataclass(frozen=True)
class Line:
    """A line of a file of answers, as it stands there; `share` is how far the reading is."""

    file: Path
    number: int
    line: bytes
    share: float


def holds_job(folder: Path) -> bool:
    return (folder / FILE).is_file()


def answers_of(out: Path) -> Iterator[Line]:
    """File by file. Raises StoreFailed for a damaged index, OSError for a file that is gone."""
    with translate_errors(out), closing(Index(out)) as index:
        shards = index.shards()
        for at, (number, name) in enumerate(shards):
            file = out / FOLDER / name
            for place, line in enumerate(_lines(file), start=1):
                if _counts(index, line, number):
                    yield Line(file, place, line, at / len(shards))


def _counts(index: Index, line: bytes, shard: int) -> bool:
    """A line that cannot be read is passed on, for the reader to tell."""
    try:
        row = json.loads(line)
        return index.lives(row["id"], row["prompt_type"], shard)
    except (ValueError, KeyError, TypeError):
        return True


def _lines(file: Path) -> Iterator[bytes]:
    if file.suffix == ".parquet":
        from corpus.inputs.parquet import read_rows

        yield from read_rows(file)
    else:
        with file.open("rb") as opened:
            for line in opened:
                yield line.rstrip(b"\n")

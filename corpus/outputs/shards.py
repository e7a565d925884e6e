"""The files of answers: each is written aside, brought to the disk and then named.

A file counts once the index has a row for it; any other is a rest of a killed process.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

from corpus.index import Index
from folders import sync_folder

FOLDER = "answers"
Format = Literal["jsonl", "parquet"]
_NAME = re.compile(r"part-\d{5,}\.(jsonl|parquet)(\.tmp)?")


class Shards:
    """The folder `answers/` of a job, kept in step with its index."""

    def __init__(self, out: Path, format_: Format, index: Index) -> None:
        self.folder = out / FOLDER
        self.folder.mkdir(exist_ok=True)
        sync_folder(out)
        self._format = format_
        self._index = index

    def sweep(self) -> None:
        """Remove what a killed process left behind."""
        known = {name for _, name in self._index.shards()}
        for path in self.folder.iterdir():
            if path.name not in known and _NAME.fullmatch(path.name):
                path.unlink()

    def shut(self) -> None:
        """Put what is pending into a file of its own."""
        index = self._index
        index.commit()
        if index.pending:
            name = f"part-{index.open_shard:05d}.{self._format}"
            index.shut_shard(name, *self._write(name, index.lines()))

    def mend(self) -> None:
        """Write those shards anew in which some answers count no more."""
        for number, name in self._index.shards(stale=True):
            count = 0

            def living(number: int = number, name: str = name) -> Iterator[bytes]:
                nonlocal count
                for line in self._read(name):
                    row = json.loads(line)
                    if self._index.lives(row["id"], row["prompt_type"], number):
                        count += 1
                        yield line

            size, sha256 = self._write(name, living())
            self._index.mend_shard(number, count, size, sha256)
            if not count:
                (self.folder / name).unlink()

    def _read(self, name: str) -> Iterator[bytes]:
        path = self.folder / name
        if self._format == "parquet":
            from corpus.inputs.parquet import read_rows

            yield from read_rows(path)
        else:
            with path.open("rb") as file:
                for line in file:
                    yield line.rstrip(b"\n")

    def _write(self, name: str, lines: Iterable[bytes]) -> tuple[int, str]:
        """Bytes and SHA-256 of the file."""

        def fill(path: Path) -> None:
            if self._format == "parquet":
                from corpus.inputs.parquet import write_rows

                write_rows(path, lines)
            else:
                with path.open("wb") as file:
                    file.writelines(line + b"\n" for line in lines)

        path = self.folder / name
        write_aside(path, fill)
        digest = hashlib.sha256()
        with path.open("rb") as written:
            while block := written.read(1 << 20):
                digest.update(block)
        return path.stat().st_size, digest.hexdigest()


def write_aside(path: Path, fill: Callable[[Path], None]) -> None:
    """`path` holds either what it held before or all that `fill` wrote, whatever happens."""
    aside = path.with_name(path.name + ".tmp")
    fill(aside)
    with aside.open("rb+") as file:
        os.fsync(file.fileno())
    os.replace(aside, path)
    sync_folder(path.parent)

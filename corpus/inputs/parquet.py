"""Parquet: documents from it, and shards of answers as it. The one place that knows pyarrow.

pyarrow is 171 MB and needed for this alone, so it is installed apart (requirements-parquet.txt).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from corpus.inputs.entry import Entry, Fields, entry_of
from corpus.inputs.rows import check_columns
from errors import InputError
from wording import message

BATCH = 256  # rows in memory at a time


def pyarrow() -> Any:
    """The module with its Parquet part; InputError with the remedy where it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(
            message("errors.corpus_no_pyarrow"),
            field="INPUT",
        ) from error
    return pyarrow


class ParquetInput:
    """A document a row; `place` counts rows from 1."""

    def __init__(self, path: Path, fields: Fields) -> None:
        self._arrow = pyarrow()
        self._path = path
        self._fields = fields
        try:
            file = self._arrow.parquet.ParquetFile(path)
        except (self._arrow.ArrowException, OSError) as error:
            raise self._damaged(error) from error
        with file:
            self.size: int = file.metadata.num_rows
            check_columns(list(file.schema_arrow.names), fields)
            names = (fields.id, fields.text, fields.entity)
            self._columns = [name for name in names if name in file.schema_arrow.names]

    def __iter__(self) -> Iterator[Entry]:
        number = 0
        try:
            with self._arrow.parquet.ParquetFile(self._path) as file:
                for batch in file.iter_batches(BATCH, columns=self._columns):
                    for row in batch.to_pylist():
                        number += 1
                        place = f"{self._path.name}:{number}"
                        yield entry_of(row, self._fields, place, number)
        except (self._arrow.ArrowException, OSError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> InputError:
        return InputError(
            message("errors.corpus_parquet_damaged", path=self._path, reason=str(error)),
            field="INPUT",
        )


def write_rows(path: Path, lines: Iterable[bytes]) -> None:
    """A shard of answers with their texts; knowledge and what has no column of its own as JSON."""
    arrow = pyarrow()
    text, whole = arrow.string(), arrow.int64()
    columns = [
        ("id", text), ("text", text), ("prompt_type", text), ("lang", text), ("model", text),
        ("response", text), ("knowledge", text), ("prompt_tokens", whole),
        ("completion_tokens", whole), ("elapsed_ms", whole), ("warnings", arrow.list_(text)),
        ("more", text),
    ]  # fmt: skip
    rows: dict[str, list[Any]] = {name: [] for name, _ in columns}
    for line in lines:
        for name, value in _row(json.loads(line)).items():
            rows[name].append(value)
    arrow.parquet.write_table(arrow.table(rows, arrow.schema(columns)), path, compression="zstd")


def read_rows(path: Path) -> Iterator[bytes]:
    """The lines that `write_rows` was given."""
    with pyarrow().parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH):
            for row in batch.to_pylist():
                usage = {key: row.pop(key) for key in ("prompt_tokens", "completion_tokens")}
                row["knowledge"] = json.loads(row["knowledge"])
                more = json.loads(row.pop("more"))
                usage |= more.pop("usage", {})  # what only some models say of it
                value = {**row, "usage": usage, **more}
                yield json.dumps(value, ensure_ascii=False).encode()


def _row(answer: dict[str, Any]) -> dict[str, Any]:
    def take(*names: str) -> dict[str, Any]:
        return {name: answer.pop(name) for name in names}

    usage = answer["usage"]
    counts = {name: usage.pop(name) for name in ("prompt_tokens", "completion_tokens")}
    row = take("id", "text", "prompt_type", "lang", "model", "response", "elapsed_ms", "warnings")
    knowledge = json.dumps(answer.pop("knowledge"), ensure_ascii=False)
    return {**row, **counts, "knowledge": knowledge, "more": json.dumps(answer, ensure_ascii=False)}

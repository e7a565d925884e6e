"""Opens an input by what its path is: JSON Lines, CSV, Parquet, or a folder of documents."""

from __future__ import annotations

from pathlib import Path

from corpus.inputs.entry import Fields, Input, is_special
from corpus.inputs.folder import FolderInput
from corpus.inputs.parquet import ParquetInput
from corpus.inputs.rows import CsvInput, JsonlInput
from errors import InputError
from wording import message

ENDINGS = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet")


def open_input(path: Path, fields: Fields, out: Path) -> Input:
    """What `path` is, by its name's ending; a folder's documents are its files, but for `out`.

    Raises InputError with the field INPUT, or the option to change.
    """
    try:
        str(path.resolve()).encode()
    except UnicodeEncodeError as error:
        raise InputError(message("errors.corpus_input_bytes"), field="INPUT") from error
    if path.is_dir():
        return FolderInput(path, out)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise InputError(
            message(
                "errors.corpus_input_type",
                name=path.name,
                endings=", ".join(ENDINGS[:-1]),
                last=ENDINGS[-1],
            ),
            field="INPUT",
        )
    if is_special(path):
        raise InputError(message("errors.corpus_no_regular_file"), field="INPUT")
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(
            message("errors.corpus_input_unreadable", path=path, reason=error.strerror),
            field="INPUT",
        ) from error
    if ending == ".parquet":
        return ParquetInput(path, fields)
    return (CsvInput if ending in (".csv", ".tsv") else JsonlInput)(path, fields)

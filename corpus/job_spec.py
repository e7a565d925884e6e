"""What a job was started with, as its folder keeps it: a retry needs no words of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from corpus.fingerprint import Options
from corpus.index import Index
from corpus.inputs.entry import Fields
from corpus.outputs.shards import Format
from errors import InputError
from settings import ModelName
from wording import message

NAME = "words"


class JobSpec(BaseModel):
    """`input` as an absolute path."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Path
    fields: Fields
    options: Options
    model: ModelName
    format: Format
    shard_size: int

    def keep(self, index: Index) -> None:
        """Write them into the index; InputError where its shards have another format."""
        before = read_spec(index)
        if before is not None and before.format != self.format and index.shards():
            raise InputError(
                message("errors.corpus_other_format", format=before.format),
                field="format",
            )
        index.put(NAME, self.model_dump_json())


def read_spec(index: Index) -> JobSpec | None:
    """Those of the last run, None in a new folder."""
    known: Any = index.get(NAME)
    if known is None:
        return None
    try:
        return JobSpec.model_validate_json(known)
    except ValidationError as error:
        raise InputError(
            message("errors.corpus_other_version", path=index.path), field="out"
        ) from error

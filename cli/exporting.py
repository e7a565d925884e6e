"""Writes answers in the formats of `export` to stdout; shared by `extract` and `export`.

`json` and `jsonl` of `extract` are Kex's own and older than these, so the lossless line of an
answer with its text is called `record` here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import click

from cli.language import say
from errors import InputError
from export.formats import NAMES, FormatName, iris_of, write
from export.iris import Iris
from export.neo4j import COMMAND, write_neo4j
from extraction.extractor import Answer
from knowledge.record import MAX_ID, Record, read_record
from wording import message

_OTHERS: dict[str, FormatName] = {name: name for name in NAMES if name not in ("json", "jsonl")}
NEO4J = "neo4j"
EXPORTS = (*NAMES, NEO4J)
FORMATS: dict[str, FormatName] = {"record": "jsonl", **_OTHERS}


@dataclass(frozen=True)
class Written:
    """A format, and the IRIs that it is written with."""

    format: FormatName
    iris: Iris


def written_as(output: str, base_iri: str | None) -> Written | None:
    """How to write `output`, None where that is no format of `export`; InputError as `iris_of`."""
    if output in FORMATS:
        return Written(FORMATS[output], iris_of(FORMATS[output], base_iri))
    if base_iri is not None:
        raise InputError(message("errors.cli_no_iris", format=output), field="base_iri")
    return None


def record_of(answer: Answer, text: str, file: IO[bytes]) -> Record:
    """The answer as a record; its id is the file's name, that of standard input is its text's."""
    name = getattr(file, "name", "<stdin>")
    # A file's name may hold bytes that are no characters.
    named = {} if name == "<stdin>" else {"id": click.format_filename(name)[-MAX_ID:]}
    return read_record({**named, "text": text, **answer.to_json()})


def export_records(
    records: Iterable[Record], name: str, base_iri: str | None, out: Path | None
) -> None:
    """Print them in a format, or write the files of `neo4j` into `out`.

    Raises InputError for what does not go together.
    """
    if name != NEO4J:
        if out is not None:
            raise InputError(message("errors.cli_out_not_used", format=name), field="out")
        found = next(known for known in NAMES if known == name)
        print_records(records, Written(found, iris_of(found, base_iri)))
        return
    if out is None:
        raise InputError(message("errors.cli_neo4j_needs_out"), field="out")
    if base_iri is not None:
        raise InputError(message("errors.cli_neo4j_iri"), field="base_iri")
    try:
        nodes, edges = write_neo4j(records, out)
    except OSError as error:
        raise InputError(
            message("errors.cli_out_unwritable", out=out, reason=str(error)), field="out"
        ) from error
    click.echo(say("export_neo4j", nodes=nodes, edges=edges, out=out, command=COMMAND), err=True)


def print_records(records: Iterable[Record], written: Written) -> None:
    """UTF-8 whatever the terminal speaks, since the formats say that they are."""
    for piece in write(written.format, records, written.iris):
        click.echo(piece.encode(), nl=False)

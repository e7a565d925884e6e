"""`kex export`: answers that were kept, in another format; no model is needed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from cli.exporting import EXPORTS, export_records
from errors import InputError
from export.jsonl import read_jsonl
from knowledge.record import Record
from wording import message


@click.command()
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path))
@click.option("--format", "name", type=click.Choice(EXPORTS), required=True)
@click.option("--out", type=click.Path(path_type=Path), help="neo4j: the folder of its files.")
@click.option("--base-iri", help="turtle, jsonld: what IRIs begin with.  [default: urn:kex:]")
def export_command(
    runs: tuple[Path, ...], name: str, out: Path | None, base_iri: str | None
) -> None:
    """Write answers in another format.

    RUNS are folders of `corpus run`, files of lines as `extract --format record` writes them,
    plain or gzipped, and gold files; - is standard input. Answers are read one by one.
    """
    export_records(_read(runs or (Path("-"),)), name, base_iri, out)


def _read(runs: tuple[Path, ...]) -> Iterator[Record]:
    """Raises InputError at the first line that cannot be read."""
    from cli.knowledge_base.inputs import read_input

    for path in runs:
        if str(path) == "-":
            yield from read_jsonl(sys.stdin.buffer)
            continue
        if not path.exists():
            raise InputError(message("errors.cli_no_file", path=path), field="runs")
        for read in read_input(path):
            if read.arrival is None:
                raise InputError(read.rejected, field="runs")
            yield read.arrival.record

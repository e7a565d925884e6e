"""`app.py export`: answers that were kept as lines, in another format; no model is needed."""

from __future__ import annotations

from typing import IO

import click

from cli.exporting import Written, print_records
from export.formats import NAMES, FormatName, iris_of
from export.jsonl import read_jsonl


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--format", "name", type=click.Choice(NAMES), required=True)
@click.option("--base-iri", help="turtle, jsonld: what IRIs begin with.  [default: urn:kex:]")
def export_command(file: IO[bytes], name: FormatName, base_iri: str | None) -> None:
    """Write the answers in FILE, or on standard input (-), in another format.

    A line is what `extract --format record` writes. However many there are, few are in memory.
    """
    print_records(read_jsonl(file), Written(name, iris_of(name, base_iri)))

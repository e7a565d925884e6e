"""`kex base`: the knowledge base, filled and put right. What the words mean.

`cli.knowledge_base.imports` reads and shows the import.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.exporting import EXPORTS, export_records
from cli.knowledge_base.opening import opened
from cli.language import say

if TYPE_CHECKING:
    from storage.knowledge_base.records import Decision


@click.group()
def base() -> None:
    """Build and correct the knowledge base (KEX_BASE)."""


@base.command("import")
@click.argument("runs", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--conversations",
    is_flag=True,
    help="Also the conversations of KEX_STORE, with their corrections.",
)
@click.option("--as", "prefix", default="", metavar="NAME",
              help="Put NAME/ before all ids, where several inputs have the same.")  # fmt: skip
def import_command(runs: tuple[Path, ...], conversations: bool, prefix: str) -> None:
    """Import RUNS: folders of `corpus run`, lines of `extract --format record`, gold files.

    Sources that are there already are skipped; one that has changed is replaced.
    Exit code 1: some lines were rejected; stderr names each.
    """
    if not runs and not conversations:
        raise click.UsageError(say("base_needs_runs"))
    from cli.knowledge_base.imports import run_import

    run_import(runs, conversations, prefix)


@base.command("remove")
@click.argument("source")
def remove_command(source: str) -> None:
    """Remove SOURCE, and what was found in no other source."""
    with opened() as found:
        found.remove(source)


@base.command("split")
@click.argument("name")
@click.option("--source", "in_sources", multiple=True,
              help="Split NAME in these sources only.")  # fmt: skip
@click.option("--spelling", is_flag=True, help="Split this spelling of NAME from the others.")
def split_command(name: str, in_sources: tuple[str, ...], spelling: bool) -> None:
    """Split NAME from its entity; aliases no longer merge it."""
    with opened() as found:
        _tell(found.split(name, in_sources, spelling=spelling))


@base.command("merge")
@click.argument("name")
@click.argument("other")
def merge_command(name: str, other: str) -> None:
    """Make NAME and OTHER one entity; each is a name, or an entity's id."""
    with opened() as found:
        _tell(found.merge(name, other))


@base.command("undo")
@click.argument("number", type=int)
def undo_command(number: int) -> None:
    """Undo the decision NUMBER of `base decisions`."""
    with opened() as found:
        found.undo(number)


@base.command("decisions")
def decisions_command() -> None:
    """List the splits and merges that people made."""
    with opened() as found:
        for decision in found.decisions():
            _tell(decision)


@base.command("export")
@click.option("--format", "name", type=click.Choice(EXPORTS), required=True)
@click.option("--out", type=click.Path(path_type=Path), help="neo4j: the folder of its files.")
@click.option("--base-iri", help="turtle, jsonld: what IRIs begin with.  [default: urn:kex:]")
def export_command(name: str, out: Path | None, base_iri: str | None) -> None:
    """Write all stored answers in a format; entities are those of the base."""
    with opened() as found:
        export_records(found.records(), name, base_iri, out)


@base.command("status")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def status_command(as_json: bool) -> None:
    """Print how much the base holds."""
    with opened() as found:
        status = asdict(found.status())
    if as_json:
        click.echo(json.dumps(status, ensure_ascii=False))
        return
    click.echo(status.pop("name"))
    for name, count in status.items():
        click.echo(f"{count:>12,} {say(f'base_count_{name}')}")


def _tell(decision: Decision) -> None:
    values = {"id": decision.id, "name": decision.name}
    if decision.sources:
        text = say("base_decision_sources", **values, sources=", ".join(decision.sources))
    elif decision.action == "merge":
        text = say("base_decision_merge", **values, other=decision.other)
    elif decision.other:
        text = say("base_decision_spelling", **values)
    else:
        text = say("base_decision_split", **values)
    click.echo(text)

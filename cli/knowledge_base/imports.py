"""Imports into the knowledge base, and shows how far it is: a bar on a terminal, else lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from cli.knowledge_base.inputs import Read, read_conversations, read_input
from cli.knowledge_base.opening import opened
from cli.language import say
from errors import InputError
from settings import load_settings
from storage.knowledge_base.records import Arrival, Counts
from wording import message

LINE_SECONDS = 10.0  # between two lines on a pipe


class _Reading:
    """Passes on what can be taken, tells what cannot, and knows how far it is."""

    def __init__(self, inputs: list[Iterator[Read]], console: Console) -> None:
        self._inputs = inputs
        self._console = console
        self.share = 0.0
        self.rejected = 0

    def __iter__(self) -> Iterator[Arrival]:
        for at, read_from in enumerate(self._inputs):
            for read in read_from:
                self.share = (at + min(read.share, 1.0)) / len(self._inputs)
                if read.arrival is not None:
                    yield read.arrival
                    continue
                self.rejected += 1
                self._console.print(say("base_rejected", reason=read.rejected), soft_wrap=True)
        self.share = 1.0


def run_import(runs: tuple[Path, ...], conversations: bool, prefix: str) -> None:
    """Into the base of KEX_BASE; ends the process with 1 where something was rejected."""
    inputs = [read_input(path, prefix) for path in runs]
    if conversations:
        inputs.append(read_conversations(_store(), prefix))
    console = Console(stderr=True, markup=False, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    reading = _Reading(inputs, console)
    began = line_due = time.monotonic()
    counts = Counts()
    with (
        opened() as base,
        Progress(*columns, console=console, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("base", total=1.0)
        for some in base.take_in(reading):
            counts += some
            now = time.monotonic()
            parts = _line(counts, reading.rejected, now - began)
            bar.update(task, completed=reading.share, description=parts)
            if not console.is_terminal and now - line_due >= LINE_SECONDS:
                line_due = now
                console.print(f"{reading.share:.1%} {parts}", soft_wrap=True)
    click.echo(_line(counts, reading.rejected, time.monotonic() - began))
    if reading.rejected:
        sys.exit(1)


def _line(counts: Counts, rejected: int, seconds: float) -> str:
    sources = counts.added + counts.changed + counts.unchanged
    rate = sources / max(seconds, 0.001)
    parts = [
        say("base_sources", count=sources),
        say("base_added", count=counts.added),
        say("base_changed", count=counts.changed),
        say("base_unchanged", count=counts.unchanged),
        say("base_answers", count=counts.answers),
    ]
    if counts.withheld:
        parts.append(say("base_withheld", count=counts.withheld))
    if rejected:
        parts.append(say("base_rejected_count", count=rejected))
    return say("list_separator").join([*parts, f"{rate:.3g}/s"])


def _store() -> Path:
    store = load_settings().store
    if store is None:
        raise InputError(message("errors.cli_no_conversations"), field="conversations")
    return store

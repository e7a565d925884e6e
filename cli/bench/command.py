"""`kex bench`: how fast the embedded model is on this machine, beside llama.cpp.

Both engines are asked in turn in one run, so that a busy machine slows both; the figures are
medians and ratios.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from cli.language import say

FILE = click.Path(dir_okay=False, path_type=Path)
OUT = click.option("--out", type=FILE, help="JSON file to write.")
PLOT = click.option("--plot", type=FILE, help="PNG file to draw (needs matplotlib).")


@click.group()
def bench() -> None:
    """Measure the speed of the built-in model here.

    On Kex's own engine and on llama.cpp."""


@bench.command("requests")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@OUT
@PLOT
def requests_command(rounds: int, out: Path | None, plot: Path | None) -> None:
    """Send twelve requests and a long prompt to both engines in turn; four minutes a round."""
    from cli.bench.requests import measure, show

    _check(plot)
    figures = measure(rounds)
    show(figures)
    _write(out, figures)
    if plot is not None:
        from cli.bench.plot import draw_requests

        draw_requests(figures, plot)


@bench.command("steps")
@click.option("--rounds", type=click.IntRange(1), default=9, show_default=True)
@OUT
@PLOT
def steps_command(rounds: int, out: Path | None, plot: Path | None) -> None:
    """What a step of 1 to 16 tokens costs on Kex's own engine, and how fast it reads."""
    from cli.bench.steps import measure, show

    _check(plot)
    figures = measure(rounds)
    show(figures)
    _write(out, figures)
    if plot is not None:
        from cli.bench.plot import draw_steps

        draw_steps(figures, plot)


@bench.command("corpus")
@click.option("--texts", type=click.IntRange(4), default=16, show_default=True)
@OUT
def corpus_command(texts: int, out: Path | None) -> None:
    """Extract triples from so many short texts on each engine, as many at a time as it serves."""
    from cli.bench.corpus import measure

    figures = measure(texts)
    click.echo(say("bench_corpus", **figures))
    _write(out, figures)


def _check(plot: Path | None) -> None:
    """Before anything is measured: a missing library must not cost the figures."""
    if plot is None:
        return
    try:
        import matplotlib  # noqa: F401  # only whether it is there
    except ImportError as error:
        raise click.UsageError(say("bench_no_matplotlib")) from error


def _write(out: Path | None, figures: dict[str, Any]) -> None:
    if out is not None:
        out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")

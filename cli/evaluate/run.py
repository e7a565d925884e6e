"""Runs an evaluation, or compares two, for `kex evaluate`.

The figures go to stdout, progress and warnings to stderr; the rest lies in the folder `--out`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cli.evaluate.figures import print_comparison, print_report
from cli.language import say
from errors import KexError
from evaluation.gold.rows import GoldRow, read_gold
from evaluation.plan import Choices, KeyChoice, Names, SchemaChoice, choose, names_of_sources
from evaluation.predictions import Predictions
from evaluation.report.compare import compare
from evaluation.report.page import render
from evaluation.report.report import FILE, build, read_report
from evaluation.run import run
from evaluation.scoring.judge import Judged, judge
from folders import claim
from knowledge.items import PromptType
from models.base import Model
from models.cache_key import model_settings
from models.registry import Registry
from settings import load_settings
from wording import message

PAGE = "report.html"


@dataclass(frozen=True)
class EvaluateOptions:
    """The words of the command line; `name` None is the default model."""

    files: tuple[Path, ...]
    name: str | None
    tasks: tuple[PromptType, ...]
    limit: int | None
    seed: int
    schema: SchemaChoice
    keys: KeyChoice
    retry: bool
    parallel: int
    out: Path


@dataclass(frozen=True)
class Plan:
    """What is to be asked; `decisive` are the settings that decide what the model answers."""

    rows: Sequence[GoldRow]
    names: Names
    choices: Choices
    decisive: dict[str, Any]


def measure(options: EvaluateOptions) -> None:
    """Ask for every row that has no answer yet, and report on all of them."""
    settings = load_settings()
    every = read_gold(options.files)
    rows = choose(every, options.tasks, options.limit, options.seed)
    if not rows:
        raise click.UsageError(say("evaluate_no_rows", tasks=", ".join(options.tasks)))
    name = options.name or settings.default_model
    plan = Plan(
        rows=rows,
        names=names_of_sources(every),
        choices=Choices(schema=options.schema, keys=options.keys, max_tokens=settings.max_tokens),
        decisive=model_settings(name, settings),
    )
    with claim(options.out), closing(Registry(settings)) as registry:
        with Predictions(options.out) as written:
            judged = _answer(plan, registry.get(name), written, options)
        _report(judged, _about(options, plan, name, len(every)), options)


def compare_folders(first: Path, second: Path, seed: int) -> None:
    """Print what B does better or worse than A."""
    comparison = compare(read_report(first), read_report(second), seed)
    if comparison.apart:
        click.echo(say("evaluate_apart", count=comparison.apart), err=True)
    print_comparison(comparison)


def _about(options: EvaluateOptions, plan: Plan, name: str, every: int) -> dict[str, Any]:
    """How the run was made, for whoever finds its report later."""
    return {
        "model": name,
        "settings": [f"{key}={value}" for key, value in plan.decisive.items()],
        "data": [_describe(path) for path in options.files],
        "rows": f"{len(plan.rows)} of {every}",
        "types": list(options.tasks),
        "schema": options.schema,
        "keys": options.keys,
        "max_tokens": plan.choices.max_tokens,
        "seed": options.seed,
        "parallel": options.parallel,
    }


def _describe(path: Path) -> str:
    """A data file's name and the beginning of its SHA-256: which version was measured."""
    return f"{path.name} ({hashlib.sha256(path.read_bytes()).hexdigest()[:12]})"


def _answer(
    plan: Plan, model: Model, written: Predictions, options: EvaluateOptions
) -> list[Judged]:
    judged: list[Judged] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True, markup=False, highlight=False)
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        bar = progress.add_task(model.name, total=len(plan.rows))
        for finished in run(
            plan.rows,
            plan.names,
            plan.choices,
            model,
            plan.decisive,
            written,
            retry=options.retry,
            parallel=options.parallel,
        ):
            failure = finished.prediction.error
            if failure and not finished.stored:
                console.print(
                    say("evaluate_row_failed", id=finished.row.id, reason=failure), soft_wrap=True
                )
            judged.append(judge(finished.row, finished.prediction))
            progress.advance(bar)
    return judged


def _report(judged: Sequence[Judged], about: dict[str, Any], options: EvaluateOptions) -> None:
    failures = [one.prediction.error for one in judged if one.prediction.error]
    report = build(judged, {**about, "failed": len(failures)}, options.seed)
    (options.out / FILE).write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (options.out / PAGE).write_text(render(report, judged), encoding="utf-8")
    if len(failures) == len(judged):
        raise KexError(message("errors.cli_no_row_answered", reason=failures[0]))
    print_report(report)
    if failures:
        click.echo(say("evaluate_failed", count=len(failures)), err=True)
    click.echo(str(options.out / PAGE), err=True)

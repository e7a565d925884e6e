"""`kex evaluate`: a model's answers held against gold; `evaluate compare`: two such runs.

What the words mean; `cli.evaluate.run` does it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import click

from cli.language import say
from evaluation.gold.rows import OWN
from evaluation.plan import KeyChoice, SchemaChoice
from knowledge.items import PromptType
from models.registry import NAMES

TASKS: tuple[PromptType, ...] = get_args(PromptType)
FOLDER = click.Path(file_okay=False, path_type=Path)
GOLD_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Types(click.ParamType[tuple[PromptType, ...]]):
    """`KE1,KE3`: some of the tasks."""

    name = "TYPES"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[PromptType, ...]:
        wanted = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
        unknown = [name for name in wanted if name not in TASKS]
        if unknown:
            self.fail(
                say("evaluate_unknown_task", name=unknown[0], tasks=", ".join(TASKS)), param, ctx
            )
        return tuple(task for task in TASKS if task in wanted)


@click.group(invoke_without_command=True)
@click.option(
    "--data", multiple=True, type=GOLD_FILE,
    help="Gold rows or annotated texts, .jsonl or .jsonl.gz.",
)  # fmt: skip
@click.option(
    "--gold", is_flag=True, help="Kex's own annotated texts; the default without --data.",
)  # fmt: skip
@click.option("--model", "name", type=click.Choice(NAMES), help="Default: KEX_DEFAULT_MODEL.")
@click.option(
    "--type", "tasks", type=Types(), default=",".join(TASKS), show_default=True,
    help="Tasks between commas.",
)  # fmt: skip
@click.option(
    "--limit", type=click.IntRange(1), help="Number of rows, drawn evenly from the sources."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--schema", type=click.Choice(get_args(SchemaChoice)), default="source", show_default=True,
    help="Relations and classes to choose from: those of the row's source; PER/LOC/ORG; the row's"
    " own relations beside some that its text does not state; or any.",
)  # fmt: skip
@click.option(
    "--keys", type=click.Choice(get_args(KeyChoice)), default="open", show_default=True,
    help="KE3's keys to choose from.",
)  # fmt: skip
@click.option("--retry", is_flag=True, help="Ask again for the rows that failed in this folder.")
@click.option(
    "--parallel", type=click.IntRange(1, 64), default=1, show_default=True,
    help="Rows to ask at a time; they then share the seconds.",
)  # fmt: skip
@click.option("--out", type=FOLDER, help="Folder of the answers and the report. Required.")
@click.pass_context
def evaluate(
    ctx: click.Context,
    /,
    data: tuple[Path, ...],
    gold: bool,
    out: Path | None,
    **options: Any,  # the other fields of EvaluateOptions
) -> None:
    """Measure a model on annotated texts.

    Can be interrupted; the same command resumes it.
    """
    if ctx.invoked_subcommand is not None:
        return
    if out is None:
        raise click.UsageError(say("evaluate_needs_out"), ctx)
    # Not above: numpy alone takes a tenth of a second, which every other command would pay for.
    from cli.evaluate.run import EvaluateOptions, measure

    data = (*data, OWN) if gold or not data else data
    measure(EvaluateOptions(files=data, out=out, **options))


@evaluate.command("compare")
@click.argument("first", metavar="DIR_A", type=FOLDER)
@click.argument("second", metavar="DIR_B", type=FOLDER)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def compare_command(first: Path, second: Path, seed: int) -> None:
    """Compare two runs on the rows that both have: B minus A, and what chance could do."""
    from cli.evaluate.run import compare_folders

    compare_folders(first, second, seed)

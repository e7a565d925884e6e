"""`kex corpus`: many documents through a model, every one accounted for. What the words mean.

`cli.corpus.run` does it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from cli.evaluate.command import Types
from cli.language import say
from corpus.budget import Budget, Price
from corpus.outputs.shards import Format
from extraction.request.task import MAX_PASSES
from models.registry import NAMES

if TYPE_CHECKING:
    from cli.corpus.run import Cluster

INPUT = click.Path(exists=True, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


class Amount(click.ParamType["tuple[float, bool]"]):
    """`12.50` is money, `200000tokens` (or 200ktokens, 2Mtokens) tokens."""

    name = "AMOUNT"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, bool]:
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]  # converted before
        number = value.lower().replace(",", "").replace(" ", "")
        tokens = number.endswith("tokens")
        number = number.removesuffix("tokens")
        factor = {"k": 1e3, "m": 1e6}.get(number[-1:], 1.0) if tokens else 1.0
        try:
            amount = float(number if factor == 1.0 else number[:-1]) * factor
        except ValueError:
            amount = -1.0
        if not 0 < amount < float("inf"):
            self.fail(say("corpus_bad_budget", value=value), param, ctx)
        return amount, tokens


def budget_of(
    amount: tuple[float, bool] | None, price: tuple[float, float] | None
) -> tuple[Budget | None, Price | None]:
    """A budget in money needs the price."""
    priced = Price(*price) if price is not None else None
    if amount is None:
        return None, priced
    number, tokens = amount
    if tokens:
        return Budget(number), priced
    if priced is None:
        raise click.UsageError(say("corpus_budget_price"))
    return Budget(number, priced), priced


def cluster_of(engine: str, address: str | None, actors: int | None) -> Cluster | None:
    """Raises UsageError for a cluster's options without one."""
    from cli.corpus.run import Cluster

    if engine == "ray":
        return Cluster(address, actors)
    if address or actors:
        raise click.UsageError(say("corpus_ray_only"))
    return None


BUDGET = click.option(
    "--budget", "amount", type=Amount(),
    help="Most to spend over all runs: money (12.50, needs --price) or tokens (200000tokens).",
)  # fmt: skip
PRICE = click.option(
    "--price", type=(click.FloatRange(0), click.FloatRange(0)), metavar="IN OUT",
    help="Price of a million tokens read and written: --price 0.15 0.60.",
)  # fmt: skip
PARALLEL = click.option(
    "--parallel", type=click.IntRange(1, 256),
    help="Requests at a time.  [default: what the model serves at once]",
)  # fmt: skip


ENGINE = click.option(
    "--engine", type=click.Choice(["own", "ray"]), default="own", show_default=True,
    help="ray: actors of a cluster read the documents, each with its own model.",
)  # fmt: skip
ADDRESS = click.option(
    "--address", help="ray: where the cluster is (auto, ray://…).  [default: one of this machine]"
)
ACTORS = click.option(
    "--actors", type=click.IntRange(1, 10_000),
    help="ray: number of actors.  [default: as many as there is room for]",
)  # fmt: skip


@click.group()
def corpus() -> None:
    """Process many documents. Can be interrupted and resumed."""


@corpus.command("run")
@click.argument("input_", metavar="INPUT", type=INPUT)
@click.option("--out", type=FOLDER, required=True, help="Folder of the answers and the manifest.")
@click.option("--type", "types", type=Types(), default="KE1", show_default=True,
              help="Tasks between commas: KE1,KE2.")  # fmt: skip
@click.option("--model", "name", type=click.Choice(NAMES), help="Default: KEX_DEFAULT_MODEL.")
@click.option("--id-field", help="Rows: field of the id.  [default: id, or place in the input]")
@click.option("--text-field", default="text", show_default=True, help="Rows: field of the text.")
@click.option("--entity-field", help="Rows: field of the document's own entity (KE3).")
@click.option("--entity", help="KE3: the entity that the facts are about.")
@click.option("--lang", type=click.Choice(["auto", "zh", "en"]), default="auto", show_default=True)
@click.option(
    "--schema", multiple=True,
    help="Classes, relations or keys: names between commas, or JSON; KE1=… where --type has more.",
)  # fmt: skip
@click.option("--keys", help="The same as --schema KE3=…")
@click.option("--examples", type=click.File("rb"), help="JSON file of few-shots, for one --type.")
@click.option("--max-tokens", type=click.IntRange(16), help="Longest answer, per chunk of text.")
@click.option("--passes", type=click.IntRange(1, MAX_PASSES), default=1, show_default=True,
              help="How often each part is read.")  # fmt: skip
@click.option("--min-confidence", type=click.FloatRange(0, 1), default=0.0,
              help="Leave out items of lower confidence.")  # fmt: skip
@click.option("--grounding", type=click.Choice(["strict", "free"]), default="strict",
              show_default=True, help="free: paraphrases too, without offsets.")  # fmt: skip
@click.option("--assertions", type=click.Choice(["affirmed", "all"]), default="affirmed",
              show_default=True, help="all: also what a text denies or doubts.")  # fmt: skip
@click.option("--format", "format_", type=click.Choice(get_args(Format)), default="jsonl",
              show_default=True, help="Format of the answers.")  # fmt: skip
@click.option("--shard-size", type=click.IntRange(1, 100_000), default=1000, show_default=True,
              help="Answers in one file.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1), help="Only the first documents of the input.")
@click.option("--dry-run", is_flag=True, help="Print documents, tokens and cost; ask no model.")
@PARALLEL
@ENGINE
@ADDRESS
@ACTORS
@BUDGET
@PRICE
def run_command(
    out: Path,
    limit: int | None,
    dry_run: bool,
    parallel: int | None,
    amount: tuple[float, bool] | None,
    price: tuple[float, float] | None,
    **given: Any,  # the fields of SpecOptions and what `cluster_of` takes
) -> None:
    """Extract knowledge from every document of INPUT into --out.

    INPUT is a file .jsonl, .csv, .tsv or .parquet with a document a row, or a folder of text,
    Markdown, PDF and Word files. Can be interrupted or killed; the same command resumes it. Exit
    codes: 0 all documents are done; 1 some failed, or in part; 3 the model
    cannot serve; 4 the budget is reached.
    """
    budget, priced = budget_of(amount, price)
    from cli.corpus.run import Going, SpecOptions, begin, spec_from

    cluster = cluster_of(*(given.pop(name) for name in ("engine", "address", "actors")))
    spec = spec_from(SpecOptions(**given))
    begin(out, spec, Going(parallel, budget, priced, limit, dry_run=dry_run, cluster=cluster))


@corpus.command("retry")
@click.argument("out", metavar="DIR", type=FOLDER)
@PARALLEL
@ENGINE
@ADDRESS
@ACTORS
@BUDGET
@PRICE
def retry_command(
    out: Path,
    parallel: int | None,
    amount: tuple[float, bool] | None,
    price: tuple[float, float] | None,
    engine: str,
    address: str | None,
    actors: int | None,
) -> None:
    """Retry what failed, or failed in part, in the job in DIR, with its own options."""
    budget, priced = budget_of(amount, price)
    from cli.corpus.run import Going, begin
    from corpus.run import spec_of

    cluster = cluster_of(engine, address, actors)
    begin(out, spec_of(out), Going(parallel, budget, priced, retry=True, cluster=cluster))


@corpus.command("status")
@click.argument("out", metavar="DIR", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@PRICE
def status_command(out: Path, as_json: bool, price: tuple[float, float] | None) -> None:
    """Print the state of the job in DIR: running, stopped, killed or finished."""
    from cli.corpus.run import tell_status

    tell_status(out, as_json, Price(*price) if price is not None else None)

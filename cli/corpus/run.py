"""Runs a corpus, or tells about one, for `app.py corpus`.

What came of it goes to stdout, progress and warnings to stderr; the rest lies in `--out`.
"""

from __future__ import annotations

import json
import signal
import threading
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import click

from cli.corpus.progress import shown
from cluster.corpus_engine import Wanted, ray_engine
from corpus.budget import Budget, Price
from corpus.estimate import Estimate, estimate
from corpus.fingerprint import Options
from corpus.inputs.entry import Fields
from corpus.job_spec import Words
from corpus.run import Report, Wish, places, run
from corpus.status import status_of
from errors import InputError
from extraction.request.examples import read_examples
from extraction.request.labels import read_labels
from extraction.request.task import Grounding
from knowledge.items import PromptType
from models.registry import Registry
from settings import ModelName, load_settings

FAILED, NO_MODEL, NO_BUDGET, INTERRUPTED = 1, 3, 4, 130  # exit codes
_STATES = {
    "running": "running", "killed": "killed: start it again with the same words",
    "finished": "finished", "limited": "finished, as far as --limit", "interrupted": "interrupted",
    "budget": "stopped: the budget is reached", "model": "stopped: the model could not serve",
}  # fmt: skip


@dataclass(frozen=True)
class Cluster:
    """Where a cluster of Ray is (None: on this machine alone), and how many actors read on it."""

    address: str | None
    actors: int | None


@dataclass(frozen=True)
class Going:
    """How to run, beyond the words of the job."""

    parallel: int | None
    budget: Budget | None
    price: Price | None
    limit: int | None = None
    retry: bool = False
    dry_run: bool = False
    cluster: Cluster | None = None


def words_from(
    input_: Path,
    types: tuple[PromptType, ...],
    name: ModelName | None,
    grounding: Grounding,
    *,
    id_field: str | None,
    text_field: str,
    entity_field: str | None,
    entity: str | None,
    lang: str,
    schema: tuple[str, ...],
    keys: str | None,
    examples: IO[bytes] | None,
    max_tokens: int | None,
    passes: int,
    min_confidence: float,
    format_: Any,
    shard_size: int,
) -> Words:
    """The job's words from those of the command line; InputError names the wrong one."""
    settings = load_settings()
    if (entity or entity_field) and "KE3" not in types:
        raise InputError("--entity belongs to KE3, which --type lacks.", field="entity")
    options = Options(
        types=types,
        labels=_labels((*schema, *([f"KE3={keys}"] if keys else [])), types),
        examples=_examples(examples, types),
        entity=entity,
        lang=None if lang == "auto" else lang,  # type: ignore[arg-type]  # click has checked it
        max_tokens=max_tokens or settings.max_tokens,
        passes=passes,
        grounding=grounding,
        min_confidence=min_confidence,
    )
    return Words(
        input=input_.resolve(),
        fields=Fields(id_field or "id", text_field, entity_field, id_asked=id_field is not None),
        options=options,
        model=name or settings.default_model,
        format=format_,
        shard_size=shard_size,
    )


def _labels(
    schemas: tuple[str, ...], types: tuple[PromptType, ...]
) -> dict[PromptType, dict[str, str]]:
    found: dict[PromptType, dict[str, str]] = {}
    for schema in schemas:
        head, equals, rest = schema.partition("=")
        named = next((one for one in ("KE1", "KE2", "KE3") if equals and head.strip() == one), None)
        if named is None and len(types) > 1:
            raise InputError(
                f"--schema is for one task and --type has {len(types)}: write --schema "
                f"{types[0]}=… for each.",
                field="schema",
            )
        type_: PromptType = named or types[0]
        if type_ not in types:
            raise InputError(f"--schema is for {type_}, which --type lacks.", field="schema")
        if type_ in found:
            raise InputError(f"--schema for {type_} is there twice.", field="schema")
        found[type_] = read_labels(rest if named else schema)
    return found


def _examples(file: IO[bytes] | None, types: tuple[PromptType, ...]) -> dict[PromptType, Any]:
    if file is None:
        return {}
    if len(types) > 1:
        raise InputError("--examples are for one task: name one with --type.", field="examples")
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("examples is not UTF-8: convert it first.", field="examples") from error
    return {types[0]: read_examples(types[0], text)}


def begin(out: Path, words: Words, going: Going) -> None:
    """Run the job, or tell what it would cost; ends with the exit code."""
    settings = load_settings()
    if going.cluster is not None and going.budget is not None:
        raise InputError(
            "budget: a cluster's requests are not held to one: leave out --budget or --engine.",
            field="budget",
        )
    with closing(Registry(settings)) as registry:
        model = registry.get(words.model)
        served = places(words.model, model, settings)
        wish = Wish(going.parallel or served, going.budget, going.limit, going.retry)
        if going.dry_run:
            with shown(words.model, going.price) as screen:
                found = estimate(out, words, wish, model, settings, screen.share)
            _print_estimate(found, words, going.price)
            return
        _interrupt_in_order(wish.interrupted)
        if going.cluster is None:
            with shown(words.model, going.price) as screen:
                report = run(out, words, wish, model, settings, screen.tell)
        else:
            wanted = Wanted(
                words.model, settings, wish.parallel, wish.patience, going.cluster.actors
            )
            with ray_engine(going.cluster.address, wanted) as engine:
                wish = replace(wish, parallel=engine.parallel)
                with shown(words.model, going.price) as screen:
                    report = run(out, words, wish, model, settings, screen.tell, engine.ask)
    click.get_current_context().exit(_print_report(out, report, going.price))


def _interrupt_in_order(interrupted: threading.Event) -> None:
    """The first Ctrl-C or termination ends the run; the second one, the process."""

    def interrupt(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        interrupted.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)


def _print_estimate(found: Estimate, words: Words, price: Price | None) -> None:
    if found.unavailable is not None:
        click.echo(f"Warning: {words.model} cannot serve now: {found.unavailable}", err=True)
    by = f"counted by {words.model}" if found.counted else "an estimate: a token for a Chinese "
    by += "" if found.counted else "character, one for four others"
    lines = [
        ("documents", f"{found.documents:,}"),
        ("have their outcome", f"{found.kept:,}"),
        ("cannot be read", f"{found.refused:,}"),
        ("to do", f"{found.to_do:,} documents, {found.requests:,} requests"),
        ("prompt tokens", f"{found.prompt_tokens:,} ({by})"),
        ("answer tokens", f"at most {found.longest_answers:,}"),
    ]
    if found.answers is not None:
        lines[-1:] = [("answer tokens", f"about {found.answers:,}, by the answers in the folder")]
    if price is None:
        lines.append(("cost", "unknown: give --price, if tokens cost something"))
    elif found.answers is not None:
        lines.append(("cost", f"about {price.of(found.prompt_tokens, found.answers):.2f}"))
    else:
        lines.append(("cost", f"at most {price.of(found.prompt_tokens, found.longest_answers):.2f};"
                              " a run with --limit 20 first tells it better"))  # fmt: skip
    _print_lines(lines)


def _print_report(out: Path, report: Report, price: Price | None) -> int:
    """The exit code."""
    sums = report.sums
    lines = [
        ("done", f"{sums.done:,}"),
        ("partial", f"{sums.partial:,}"),
        ("failed", f"{sums.failed:,}"),
        ("items", f"{sums.items:,}"),
        ("tokens", f"{report.progress.prompt_tokens:,} + {report.progress.completion_tokens:,}"),
    ]
    if price is not None:
        tokens = report.progress.prompt_tokens, report.progress.completion_tokens
        lines.append(("cost", f"{price.of(*tokens):.2f}"))
    if report.manifest is not None:
        lines.append(("manifest", str(report.manifest)))
    _print_lines(lines)
    if report.guessed:
        click.echo("Warning: tokens of answers without usage are estimated.", err=True)
    if report.absent:
        told = "answers of documents that the input has no more are kept; in the manifest they are"
        click.echo(f'Warning: {told} "input": false: {report.absent:,}.', err=True)
    if report.unknown:
        told = "documents never had a turn, and a retry gives them none: run the job to its end"
        click.echo(f"Warning: {told}: {report.unknown:,}.", err=True)
    if report.ended.how == "interrupted":
        click.echo("Interrupted. The same words go on with it.", err=True)
        return INTERRUPTED
    if report.ended.error is not None:
        click.echo(f"Error: {report.ended.error.message}", err=True)
        return NO_BUDGET if report.ended.how == "budget" else NO_MODEL
    if sums.failed or sums.partial:
        click.echo(f"Try them again: app.py corpus retry {out}", err=True)
        return FAILED
    return 0


def tell_status(out: Path, as_json: bool, price: Price | None) -> None:
    status = status_of(out)
    cost = None if price is None else price.of(status.prompt_tokens, status.completion_tokens)
    if as_json:
        found = status.to_json()
        click.echo(json.dumps(found if cost is None else {**found, "cost": round(cost, 4)}))
        return
    sums = status.sums
    lines = [
        ("job", _STATES[status.state] + (f" (process {status.pid})" * (status.state == "running"))),
        ("input", f"{status.input}, {','.join(status.types)} by {status.model}"),
        ("done", f"{sums.done:,}"),
        ("partial", f"{sums.partial:,}"),
        ("failed", f"{sums.failed:,}"),
        ("waiting", f"{sums.waiting:,} of those seen so far"),
        ("answers", f"{sums.answers:,} with {sums.items:,} items, in {status.shards:,} files"),
        ("tokens", f"{status.prompt_tokens:,} + {status.completion_tokens:,}"),
    ]
    _print_lines(lines if cost is None else [*lines, ("cost", f"{cost:.2f}")])


def _print_lines(lines: list[tuple[str, str]]) -> None:
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        click.echo(f"{name:<{width}}  {value}")

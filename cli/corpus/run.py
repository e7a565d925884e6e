"""Runs a corpus, or tells about one, for `kex corpus`.

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
from rich.cells import cell_len, set_cell_size

from cli.corpus.progress import shown
from cli.interrupts import SECONDS, leave_within
from cli.language import say
from cluster.corpus_engine import Wanted, ray_engine
from corpus.budget import Budget, Price
from corpus.estimate import Estimate, estimate
from corpus.fingerprint import Options
from corpus.inputs.entry import Fields
from corpus.job_spec import JobSpec
from corpus.run import Report, RunOptions, places, run
from corpus.status import status_of
from errors import InputError
from extraction.request.examples import read_examples
from extraction.request.labels import read_labels
from extraction.request.task import Assertions, Grounding
from knowledge.items import PromptType
from models.registry import Registry
from settings import ModelName, load_settings
from wording import message

FAILED, NO_MODEL, NO_BUDGET, INTERRUPTED = 1, 3, 4, 130  # exit codes
_STATES = {
    "running": "corpus_state_running", "killed": "corpus_state_killed",
    "finished": "corpus_state_finished", "limited": "corpus_state_limited",
    "interrupted": "corpus_state_interrupted", "budget": "corpus_state_budget",
    "model": "corpus_state_model",
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


@dataclass(frozen=True)
class SpecOptions:
    """The options of `corpus run` that say what is done with each document."""

    input_: Path
    types: tuple[PromptType, ...]
    name: ModelName | None
    grounding: Grounding
    id_field: str | None
    text_field: str
    entity_field: str | None
    entity: str | None
    lang: str
    schema: tuple[str, ...]
    keys: str | None
    examples: IO[bytes] | None
    max_tokens: int | None
    passes: int
    min_confidence: float
    assertions: Assertions
    format_: Any
    shard_size: int


def spec_from(given: SpecOptions) -> JobSpec:
    """The job's spec from the options of the command line; InputError names the wrong one."""
    settings, types = load_settings(), given.types
    if (given.entity or given.entity_field) and "KE3" not in types:
        raise InputError(message("errors.cli_entity_needs_ke3"), field="entity")
    keys = [f"KE3={given.keys}"] if given.keys else []
    options = Options(
        types=types,
        labels=_labels((*given.schema, *keys), types),
        examples=_examples(given.examples, types),
        entity=given.entity,
        lang=None if given.lang == "auto" else given.lang,  # type: ignore[arg-type]  # click checks
        max_tokens=given.max_tokens or settings.max_tokens,
        passes=given.passes,
        grounding=given.grounding,
        min_confidence=given.min_confidence,
        assertions=given.assertions,
    )
    id_field = given.id_field or "id"
    return JobSpec(
        input=given.input_.resolve(),
        fields=Fields(
            id_field, given.text_field, given.entity_field, id_asked=given.id_field is not None
        ),
        options=options,
        model=given.name or settings.default_model,
        format=given.format_,
        shard_size=given.shard_size,
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
                message("errors.cli_schema_one_task", count=len(types), type=types[0]),
                field="schema",
            )
        type_: PromptType = named or types[0]
        if type_ not in types:
            raise InputError(message("errors.cli_schema_other_task", type=type_), field="schema")
        if type_ in found:
            raise InputError(message("errors.cli_schema_twice", type=type_), field="schema")
        found[type_] = read_labels(rest if named else schema)
    return found


def _examples(file: IO[bytes] | None, types: tuple[PromptType, ...]) -> dict[PromptType, Any]:
    if file is None:
        return {}
    if len(types) > 1:
        raise InputError(message("errors.cli_examples_one_task"), field="examples")
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(message("errors.cli_not_utf8_examples"), field="examples") from error
    return {types[0]: read_examples(types[0], text)}


def begin(out: Path, spec: JobSpec, going: Going) -> None:
    """Run the job, or tell what it would cost; ends with the exit code."""
    settings = load_settings()
    if going.cluster is not None and going.budget is not None:
        raise InputError(
            message("errors.cli_cluster_budget"),
            field="budget",
        )
    with closing(Registry(settings)) as registry:
        model = registry.get(spec.model)
        served = places(spec.model, model, settings)
        options = RunOptions(going.parallel or served, going.budget, going.limit, going.retry)
        if going.dry_run:
            with shown(spec.model, going.price) as screen:
                found = estimate(out, spec, options, model, settings, screen.share)
            _print_estimate(found, spec, going.price)
            return
        _interrupt_in_order(options.interrupted)
        if going.cluster is None:
            with shown(spec.model, going.price) as screen:
                report = run(out, spec, options, model, settings, screen.tell)
        else:
            wanted = Wanted(
                spec.model, settings, options.parallel, options.patience, going.cluster.actors
            )
            with ray_engine(going.cluster.address, wanted) as engine:
                options = replace(options, parallel=engine.parallel)
                with shown(spec.model, going.price) as screen:
                    report = run(out, spec, options, model, settings, screen.tell, engine.ask)
        status = _print_report(out, report, going.price)
        if options.interrupted.is_set():
            leave_within(SECONDS, status)  # all is stored; a model may take longer to be left
    click.get_current_context().exit(status)


def _interrupt_in_order(interrupted: threading.Event) -> None:
    """The first Ctrl-C or termination ends the run; the second one, the process."""

    def interrupt(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        interrupted.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)


def _print_estimate(found: Estimate, spec: JobSpec, price: Price | None) -> None:
    if found.unavailable is not None:
        click.echo(
            say("corpus_model_unavailable", model=spec.model, reason=found.unavailable), err=True
        )
    by = say("corpus_counted_by", model=spec.model) if found.counted else say("corpus_counted")
    lines = [
        (say("corpus_documents_label"), f"{found.documents:,}"),
        (say("corpus_kept"), f"{found.finished:,}"),
        (say("corpus_refused"), f"{found.refused:,}"),
        (
            say("corpus_to_do"),
            say("corpus_to_do_count", documents=found.to_do, requests=found.requests),
        ),
        (say("corpus_prompt_tokens"), f"{found.prompt_tokens:,} ({by})"),
        (say("corpus_answer_tokens"), say("corpus_at_most", count=found.longest_answers)),
    ]
    if found.answers is not None:
        lines[-1:] = [
            (say("corpus_answer_tokens"), say("corpus_about_by_folder", count=found.answers))
        ]
    if price is None:
        lines.append((say("corpus_cost_label"), say("corpus_cost_unknown")))
    elif found.answers is not None:
        lines.append(
            (
                say("corpus_cost_label"),
                say("corpus_cost_about", cost=price.of(found.prompt_tokens, found.answers)),
            )
        )
    else:
        cost = price.of(found.prompt_tokens, found.longest_answers)
        lines.append((say("corpus_cost_label"), say("corpus_cost_at_most", cost=cost)))
    _print_lines(lines)


def _print_report(out: Path, report: Report, price: Price | None) -> int:
    """The exit code."""
    sums = report.sums
    lines = [
        (say("corpus_done"), f"{sums.done:,}"),
        (say("corpus_partial"), f"{sums.partial:,}"),
        (say("corpus_failed"), f"{sums.failed:,}"),
        (say("corpus_items"), f"{sums.items:,}"),
        (
            say("corpus_tokens_label"),
            f"{report.progress.prompt_tokens:,} + {report.progress.completion_tokens:,}",
        ),
    ]
    if price is not None:
        tokens = report.progress.prompt_tokens, report.progress.completion_tokens
        lines.append((say("corpus_cost_label"), f"{price.of(*tokens):.2f}"))
    if report.manifest is not None:
        lines.append((say("corpus_manifest"), str(report.manifest)))
    _print_lines(lines)
    if report.guessed:
        click.echo(say("corpus_guessed"), err=True)
    if report.absent:
        click.echo(say("corpus_absent", count=report.absent), err=True)
    if report.unknown:
        click.echo(say("corpus_unknown", count=report.unknown), err=True)
    if report.ended.how == "interrupted":
        click.echo(say("corpus_interrupted"), err=True)
        return INTERRUPTED
    if report.ended.error is not None:
        click.echo(say("error", message=report.ended.error.message), err=True)
        return NO_BUDGET if report.ended.how == "budget" else NO_MODEL
    if sums.failed or sums.partial:
        click.echo(say("corpus_retry", out=out), err=True)
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
        (say("corpus_job"), say(_STATES[status.state], pid=status.pid)),
        (
            say("corpus_input"),
            say(
                "corpus_input_by",
                input=status.input,
                types=",".join(status.types),
                model=status.model,
            ),
        ),
        (say("corpus_done"), f"{sums.done:,}"),
        (say("corpus_partial"), f"{sums.partial:,}"),
        (say("corpus_failed"), f"{sums.failed:,}"),
        (say("corpus_waiting"), say("corpus_waiting_count", count=sums.waiting)),
        (
            say("corpus_answers"),
            say(
                "corpus_answers_count", answers=sums.answers, items=sums.items, shards=status.shards
            ),
        ),
        (say("corpus_tokens_label"), f"{status.prompt_tokens:,} + {status.completion_tokens:,}"),
    ]
    _print_lines(lines if cost is None else [*lines, (say("corpus_cost_label"), f"{cost:.2f}")])


def _print_lines(lines: list[tuple[str, str]]) -> None:
    width = max(cell_len(name) for name, _ in lines)
    for name, value in lines:
        click.echo(f"{set_cell_size(name, width)}  {value}")

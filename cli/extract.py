"""`kex extract`: knowledge from a file or from standard input, for people and for scripts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import IO, Any, Literal

import click
from rich.console import Console
from rich.table import Table

from cli.exporting import FORMATS, print_records, record_of, written_as
from cli.language import locale_language, say
from cli.reading import read_text, utf8
from cli.terminal import print_table
from extraction.extractor import Answer, Found, extract
from extraction.request.examples import read_examples
from extraction.request.labels import read_labels
from extraction.request.spans import read_spans
from extraction.request.task import MAX_PASSES, Assertions, Grounding, Task, make_task
from knowledge.answer_json import item_json
from knowledge.items import (
    NOT_STATED,
    Entity,
    Item,
    Located,
    PromptType,
    Triple,
    mark_of,
    readable,
)
from knowledge.text.spans import Lang
from models.progress import Stage
from models.registry import NAMES, Registry
from settings import Settings, load_settings
from wording import render

_STAGES = {
    "loading": "states.stage_loading",
    "waiting": "states.stage_waiting",
    "reading": "states.stage_reading_text",
    "writing": "states.stage_writing",
}
OUTPUTS = ["table", "json", "jsonl", *FORMATS]

COLUMNS: dict[PromptType, tuple[str, ...]] = {
    "KE1": ("head", "relation", "tail", "place"),
    "KE2": ("class", "entity", "place"),
    "KE3": ("entity", "key", "value", "place"),
}


@dataclass(frozen=True)
class ExtractOptions:
    """The options of the command, as click has checked them."""

    prompt_type: PromptType
    model_type: str | None
    entity: str | None
    lang: Literal["auto", "zh", "en"]
    schema: str | None
    examples: IO[bytes] | None
    max_tokens: int | None
    spans: str | None
    passes: int
    grounding: Grounding
    min_confidence: float
    assertions: Assertions
    output: str
    base_iri: str | None
    column: str | None


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--type", "prompt_type", type=click.Choice(["KE1", "KE2", "KE3"]), default="KE1",
    show_default=True, help="KE1 triples, KE2 entities, KE3 facts about an entity.",
)  # fmt: skip
@click.option("--model", "model_type", type=click.Choice(NAMES), help="Default: KEX_DEFAULT_MODEL.")
@click.option("--entity", help="KE3: the entity that the facts are about.")
@click.option("--lang", type=click.Choice(["auto", "zh", "en"]), default="auto", show_default=True)
@click.option("--schema", help="Classes, relations or keys: names between commas, or JSON.")
@click.option("--examples", type=click.File("rb"), help="JSON file of few-shots.")
@click.option("--max-tokens", type=click.IntRange(16), help="Longest answer, per chunk of text.")
@click.option(
    "--spans",
    help="Read only these characters, such as 0-800,1600-2400.",
)
@click.option(
    "--passes", type=click.IntRange(1, MAX_PASSES), default=1, show_default=True,
    help="How often each part is read; a further pass asks for what is missing.",
)  # fmt: skip
@click.option(
    "--min-confidence", type=click.FloatRange(0, 1), default=0.0,
    help="Leave out items of lower confidence; those without one stay.",
)  # fmt: skip
@click.option(
    "--grounding", type=click.Choice(["strict", "free"]), default="strict", show_default=True,
    help="strict: pieces of the text only; free: paraphrases too, without offsets.",
)  # fmt: skip
@click.option(
    "--assertions", type=click.Choice(["affirmed", "all"]), default="affirmed", show_default=True,
    help="affirmed: what the text states or plans; all: also what it denies or doubts, marked.",
)  # fmt: skip
@click.option(
    "--format", "output", type=click.Choice(OUTPUTS), default="table", show_default=True,
    help="jsonl writes each item as soon as it is complete; record is the answer with its text.",
)  # fmt: skip
@click.option("--column", help="Of a table (.csv, .tsv): its name, or its number from 1.")
@click.option("--base-iri", help="turtle, jsonld: what IRIs begin with.  [default: urn:kex:]")
def extract_command(file: IO[bytes], **given: Any) -> None:
    """Extract knowledge from FILE, or from standard input (-).

    FILE is a text (UTF-8, UTF-16 or GB18030), a PDF (.pdf), a Word file (.docx) or a column of a
    table (.csv, .tsv).
    """
    settings = load_settings()
    options = ExtractOptions(**given)
    written = written_as(options.output, options.base_iri)
    task = _task(read_text(file, settings, options.column), options, settings)
    registry = Registry(settings)
    try:
        name = options.model_type or settings.default_model
        answer = _run(task, registry, name, options.output)
    finally:
        registry.close()
    if written is None:
        _print(answer, options.output)
    else:
        print_records([record_of(answer, task.text, file)], written)


def _task(text: str, options: ExtractOptions, settings: Settings) -> Task:
    examples = options.examples
    return make_task(
        options.prompt_type,
        text,
        lang=None if options.lang == "auto" else options.lang,
        entity=options.entity,
        labels=read_labels(options.schema),
        examples=read_examples(
            options.prompt_type, utf8(examples.read(), "examples") or "[]" if examples else None
        ),
        max_tokens=options.max_tokens or settings.max_tokens,
        spans=read_spans(options.spans),
        passes=options.passes,
        grounding=options.grounding,
        min_confidence=options.min_confidence,
        assertions=options.assertions,
    )


def _run(task: Task, registry: Registry, name: str, output: str) -> Answer:
    """The answer; what is told on the way goes to stderr, and items as jsonl to stdout."""
    status = Console(stderr=True)
    with status.status("…") as spinner:
        for event in extract(task, registry.get(name)):
            if isinstance(event, Stage):
                share = f" {event.done:.0%}" if event.done is not None else ""
                stage = render(locale_language(), _STAGES[event.name], {"ahead": event.ahead})
                spinner.update(f"{stage} {event.chunk}/{event.chunks}{share}")
            elif isinstance(event, Found) and output == "jsonl":
                _print_json(item_json(event.item))
            elif isinstance(event, Answer):
                answer = event
    for warning in answer.warnings:
        click.echo(say("warning", message=warning), err=True)
    return answer


def _print(answer: Answer, output: str) -> None:
    if output == "json":
        _print_json(answer.to_json(), indent=2)
    elif output == "table":
        _print_table(answer)


def _print_json(value: Any, indent: int | None = None) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=indent))


def _print_table(answer: Answer) -> None:
    if not answer.items:
        click.echo(readable(answer.prompt_type, answer.lang, answer.items, answer.cards))
        return
    columns = COLUMNS[answer.prompt_type]
    table = Table(*(render(answer.lang, f"knowledge.field.{name}", {}) for name in columns))
    for item in answer.items:
        table.add_row(*_row(item, answer.lang))
    for card in answer.cards:
        for key in card.not_stated:
            name = card.entity.text if card.entity else ""
            table.add_row(name, key, NOT_STATED[answer.lang], "–")
    print_table(table)
    click.echo(f"{answer.model} · {answer.elapsed_ms / 1000:.1f} s", err=True)


def _row(item: Item, lang: Lang) -> tuple[str, ...]:
    if isinstance(item, Triple):
        places = f"{_place(item.head)} → {_place(item.tail)}"
        return item.head.text, item.relation + mark_of(item, lang), item.tail.text, places
    if isinstance(item, Entity):
        more = f" ×{len(item.mentions)}" if len(item.mentions) > 1 else ""
        return item.label, item.place.text, _place(item.place) + more
    return item.entity.text, item.key + mark_of(item, lang), item.value.text, _place(item.value)


def _place(located: Located) -> str:
    """Offsets, marked where the string is not as it stands in the text."""
    if located.start is None:
        return "–"
    return f"{'~' if located.status == 'normalised' else ''}{located.start}–{located.end}"

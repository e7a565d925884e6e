"""The one way through: task → prompt → model → items → places, as a stream of events.

Long texts are read in chunks of whole sentences; an item is given out as soon as it is complete.
A chunk that fails is told in the answer's warnings and leaves the others standing.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from errors import KexError, ModelFailed, Unavailable, Unprocessable
from extraction.chunks import chunks
from extraction.form import MAX_ITEMS
from extraction.ground import Source, fold, ground
from extraction.knowledge import (
    Entity,
    Fact,
    Item,
    Lang,
    PromptType,
    Span,
    Triple,
    knowledge_json,
    readable,
)
from extraction.parse import AnswerParser
from extraction.prompting import build_request
from extraction.task import Task
from models.base import Finish, Model, Progress, Text, Usage
from models.stages import Stage, Token, load

MAX_REPEATS = 4  # so many known items in a row: the model turns in circles


@dataclass(frozen=True)
class Found:
    """An item, complete and located."""

    item: Item


@dataclass(frozen=True)
class Answer:
    """The whole answer; `elapsed_ms` in milliseconds since the extraction began."""

    prompt_type: PromptType
    lang: Lang
    model: str
    items: tuple[Item, ...]
    usage: Usage
    elapsed_ms: int
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The 200 answer of the HTTP contract."""
        return {
            "response": readable(self.prompt_type, self.lang, self.items),
            "knowledge": knowledge_json(self.prompt_type, self.items),
            "model": self.model,
            "prompt_type": self.prompt_type,
            "lang": self.lang,
            "usage": {
                "prompt_tokens": self.usage.prompt_tokens,
                "completion_tokens": self.usage.completion_tokens,
            },
            "elapsed_ms": self.elapsed_ms,
            "warnings": list(self.warnings),
        }


Event = Stage | Token | Found | Answer


@dataclass
class _Run:
    """What has come together so far."""

    task: Task
    model: Model
    source: Source
    items: list[Item] = field(default_factory=list)
    seen: set[tuple[str, ...]] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)

    def add(self, item: Item, key: tuple[str, ...]) -> bool:
        """Keep an item unless it is known or says nothing."""
        if key in self.seen or _says_nothing(item):
            return False
        self.seen.add(key)
        self.items.append(item)
        return True

    def warn(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)


def extract(task: Task, model: Model) -> Generator[Event, None, None]:
    """Run a task; the last event is an Answer. Closing the iterator stops the model.

    Raises KexError when the model cannot serve or no chunk could be read.
    """
    began = time.monotonic()
    if task.image is not None and not model.capabilities.images:
        raise Unprocessable(
            f"{model.name} reads text only: leave the image out or choose a model that sees.",
            field="image",
        )
    run = _Run(task, model, Source(task.text, task.body_start))
    parts = chunks(
        task.text,
        task.body_start,
        model.capabilities.chunk_chars[task.lang],
        lambda texts: [len(text) for text in texts],
    )
    spans = [part.span for part in parts]
    yield from load(model, len(spans))
    yield from _read_all(run, spans)
    if task.entity and run.source.locate(task.entity)[0] == "inferred":
        run.warn(f"The entity {task.entity!r} does not stand in the text.")
    yield Answer(
        prompt_type=task.prompt_type,
        lang=task.lang,
        model=model.name,
        items=tuple(run.items),
        usage=_total(run.usages),
        elapsed_ms=round(1000 * (time.monotonic() - began)),
        warnings=tuple(run.warnings),
    )


def _read_all(run: _Run, spans: list[Span]) -> Iterator[Event]:
    failures: list[KexError] = []
    whole = 0  # chunks read to their end
    for number, span in enumerate(spans, start=1):
        try:
            yield from _read(run, span, number, len(spans))
            whole += 1
        except KexError as error:
            failures.append(error)
            run.warn(
                f"Part {number} of {len(spans)} (characters {span.start}–{span.end}) "
                f"failed: {error.message}"
            )
            if isinstance(error, Unavailable) and not isinstance(error, ModelFailed):
                if number < len(spans):
                    run.warn(f"From part {number + 1} on nothing was read.")
                break
    if failures and not whole:
        raise failures[0]


def _read(run: _Run, span: Span, number: int, count: int) -> Iterator[Event]:
    """Read one chunk."""
    task = run.task
    request = build_request(task, task.text[span.start : span.end], run.model.capabilities)
    parser = AnswerParser(task.prompt_type)
    repeats = 0
    given: set[tuple[str, ...]] = set()  # by this chunk: what an earlier one gave is no circle
    share: float | None = None  # of the prompt, read so far; a mere sign of life does not reset it
    stream = run.model.generate(request)
    try:
        for chunk in stream:
            if isinstance(chunk, Progress):
                share = share if chunk.done is None else chunk.done
                yield Stage("reading", share, number, count)
            elif isinstance(chunk, Finish):
                _close(run, parser, chunk)
            elif isinstance(chunk, Text):
                yield Token(chunk.text)
                for raw in _feed(parser, chunk.text):
                    item = ground(raw, run.source, span)
                    key = _identity(item)
                    repeats = repeats + 1 if key in given else 0
                    given.add(key)
                    if run.add(item, key):
                        yield Found(item)
                if repeats >= MAX_REPEATS:
                    run.warn("The model began to repeat itself; its answer was ended there.")
                    run.usages.append(Usage())  # what it cost is said only at a whole answer's end
                    break
        if len(given) >= MAX_ITEMS:
            run.warn(f"A part of the text gave {len(given)} items; there may be more in it.")
    finally:
        stream.close()


def _feed(parser: AnswerParser, text: str) -> list[Any]:
    try:
        return list(parser.feed(text))
    except ValueError as error:
        raise ModelFailed("The model's answer is not the JSON that was asked for.") from error


def _close(run: _Run, parser: AnswerParser, finish: Finish) -> None:
    run.usages.append(finish.usage)
    if finish.warning:
        run.warn(finish.warning)
    if parser.ended:
        return
    if finish.reason == "length":
        run.warn(
            f"The answer reached the limit of {run.task.max_tokens} tokens and is incomplete: "
            "raise max_tokens or send less text."
        )
    elif parser.begun:
        run.warn("The model broke off in the middle of its answer: it is incomplete.")
    else:
        raise ModelFailed("The model's answer is not the JSON that was asked for.")


def _identity(item: Item) -> tuple[str, ...]:
    strings: tuple[str, ...]
    if isinstance(item, Triple):
        strings = (item.head.text, item.relation, item.tail.text)
    elif isinstance(item, Entity):
        strings = (item.place.text,)  # one class for each entity: the first that it was put in
    else:
        strings = (item.entity.text, item.key, item.value.text)
    return tuple(fold(string)[0] for string in strings)


def _says_nothing(item: Item) -> bool:
    if isinstance(item, Triple):
        return fold(item.head.text)[0] == fold(item.tail.text)[0]
    return isinstance(item, Fact) and fold(item.entity.text)[0] == fold(item.value.text)[0]


def _total(usages: list[Usage]) -> Usage:
    def add(values: list[int | None]) -> int | None:
        known = [value for value in values if value is not None]
        return sum(known) if known and len(known) == len(values) else None

    return Usage(
        add([usage.prompt_tokens for usage in usages]),
        add([usage.completion_tokens for usage in usages]),
    )

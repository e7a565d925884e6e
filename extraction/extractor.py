"""The one way through: task → prompt → model → items → places, as a stream of events.

Long texts are read in chunks of whole sentences, several at a time where the model can; an item is
given out as soon as it is complete. A chunk that fails is told in the answer, with its place, and
leaves the others standing.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from errors import KexError, ModelFailed, Unavailable, Unprocessable
from extraction.answers.entity_card import make_cards
from extraction.answers.filtering import Dropped, Filter, LeftOut
from extraction.chunking.chunks import Chunk, chunks
from extraction.chunking.context import Context
from extraction.parallel import in_order
from extraction.prompting.messages import labels_of, tuned_for
from extraction.reading import Defect, Done, Part, Read, read_part
from extraction.request.task import Task
from knowledge.answer_json import knowledge_json
from knowledge.assertion.judging import judged
from knowledge.classes import classes_by_label
from knowledge.grounding.aliases import Aliases
from knowledge.grounding.firm_names import FirmNames
from knowledge.grounding.source import Source, ground
from knowledge.items import Card, Item, PromptType, readable
from knowledge.merging import Merge
from knowledge.text.cleaning import cleaned
from knowledge.text.document import Document
from knowledge.text.spans import Lang, Span
from models.base import Model, Usage
from models.progress import Stage, Token, load
from wording import message

MAX_KNOWN = 1_000  # characters of what was found already, told in a further pass


@dataclass(frozen=True)
class Found:
    """An item, complete and located."""

    item: Item


@dataclass(frozen=True)
class Failed:
    """A part of the text that was not read to its end, and why: what to ask for again."""

    span: Span
    message: str

    def to_json(self) -> dict[str, Any]:
        return {"start": self.span.start, "end": self.span.end, "message": self.message}


@dataclass(frozen=True)
class Answer:
    """The whole answer; `elapsed_ms` in milliseconds since the extraction began.

    `repairs` counts the answers that were no valid JSON and were asked for again.
    """

    prompt_type: PromptType
    lang: Lang
    model: str
    items: tuple[Item, ...]
    cards: tuple[Card, ...]
    usage: Usage
    elapsed_ms: int
    warnings: tuple[str, ...]
    failed: tuple[Failed, ...] = ()
    repairs: int = 0
    dropped: Dropped = field(default_factory=Dropped)
    left_out: tuple[LeftOut, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The 200 answer of the HTTP contract."""
        return {
            "response": readable(self.prompt_type, self.lang, self.items, self.cards),
            "knowledge": knowledge_json(self.prompt_type, self.items, self.cards),
            "model": self.model,
            "prompt_type": self.prompt_type,
            "lang": self.lang,
            "usage": self.usage.to_json(),
            "elapsed_ms": self.elapsed_ms,
            "warnings": list(self.warnings),
            "failed": [part.to_json() for part in self.failed],
            "repairs": self.repairs,
            "dropped": self.dropped.to_json(),
            "left_out": [one.to_json() for one in self.left_out],
        }


Event = Stage | Token | Found | Answer


@dataclass
class _Run:
    """One extraction: the text, split and folded once, and what has come together so far."""

    task: Task
    model: Model
    merge: Merge = field(default_factory=Merge)
    warnings: list[str] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    repairs: int = 0

    def __post_init__(self) -> None:
        task = self.task
        self.document = Document(task.text, task.body_start)
        self.source = Source(self.document)
        self.aliases = Aliases(self.source)
        classes = classes_by_label(labels_of(task)) if task.prompt_type == "KE2" else {}
        self.firms = FirmNames(cleaned(self.document.plain), classes)
        if task.entity:
            self.source.learn(task.entity, self.aliases.of(task.entity))
        self.context = Context(self.document, task.lang)
        self.filter = Filter(task, examples=not tuned_for(task, self.model.capabilities))

    def warn(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)

    def take(self, item: Item) -> Iterator[Found]:
        """The item where it is new among those that are given, with the evidence of all so far."""
        if not self.filter.takes(item):
            return
        before = self.merge.like(item)
        self.merge.add(item)
        after = self.merge.like(item)
        if after and self.filter.gives(after) and not (before and self.filter.gives(before)):
            yield Found(after)

    def found(self) -> tuple[Item, ...]:
        """What would be given if nothing else came."""
        return tuple(item for item in self.merge.items if self.filter.gives(item))

    def answer(self, elapsed: float) -> Answer:
        """`elapsed` in seconds."""
        items = self.filter.given(self.merge.items)
        for warning in self.filter.dropped.warnings():
            self.warn(warning)
        cards = make_cards(
            self.task,
            items,
            self.source,
            self.aliases,
            whole=not self.failed and not self.task.spans,
            refused=self.filter.keys,
        )
        return Answer(
            prompt_type=self.task.prompt_type,
            lang=self.task.lang,
            model=self.model.name,
            items=items,
            cards=cards,
            usage=Usage.total(self.usages),
            elapsed_ms=round(1000 * elapsed),
            warnings=tuple(self.warnings),
            failed=tuple(self.failed),
            repairs=self.repairs,
            dropped=self.filter.dropped,
            left_out=tuple(self.filter.left_out),
        )


def extract(task: Task, model: Model) -> Generator[Event, None, None]:
    """Run a task; the last event is an Answer. Closing the iterator stops the model.

    Raises KexError when the model cannot serve or no chunk could be read.
    """
    began = time.monotonic()
    if task.image is not None and not model.capabilities.images:
        raise Unprocessable(
            message("errors.model_reads_text_only", model=model.name),
            field="image",
        )
    yield from load(model)  # first, since a model that is loaded can count its tokens
    run = _Run(task, model)
    parts = parts_of(task, model, run.document)
    for number in range(task.passes):
        yield from _Pass(run, parts, number).events()
    if task.entity and task.prompt_type != "KE3":
        run.warn(message("warnings.extraction_entity_unused", entity=task.entity))
    elif task.entity and not run.source.known(task.entity):
        run.warn(message("warnings.extraction_entity_not_in_text", entity=task.entity))
    yield run.answer(time.monotonic() - began)


def parts_of(task: Task, model: Model, document: Document) -> list[Chunk]:
    """The chunks to read the text in, measured in the model's own tokens where it counts them."""
    can = model.capabilities
    budget = can.chunk_chars[task.lang]
    tokens = can.chunk_tokens
    if can.tuned_tokens and tuned_for(task, can):
        tokens = can.tuned_tokens[task.lang]
    if model.count_tokens(["."]) is None:
        tokens = None

    def sizes(texts: Sequence[str]) -> Sequence[int]:
        counts = model.count_tokens(texts) if tokens is not None else None
        if counts is None:  # it is gone meanwhile, or never counted: by characters
            share = 1.0 if tokens is None else tokens / budget
            return [max(1, round(share * len(text))) for text in texts]
        return counts

    return chunks(document, tokens or budget, sizes, task.spans)


class _Pass:
    """One reading of all chunks; `number` counts from 0, and further ones ask for the rest."""

    def __init__(self, run: _Run, parts: list[Chunk], number: int) -> None:
        self._run = run
        self._parts = parts
        self._number = number
        self._gone: KexError | None = None  # why nothing more is asked
        self._unread: list[int] = []
        self._failures: list[KexError] = []

    def events(self) -> Iterator[Event]:
        run = self._run
        limit = run.model.capabilities.parallel
        with closing(in_order(len(self._parts), self._begin, limit, Stage)) as reads:
            for index, event in reads:
                if isinstance(event, Done):
                    self._settle(index, event)
                elif isinstance(event, Stage | Token):
                    yield event
                else:
                    whole = run.firms.complete(event)
                    if whole is not None:
                        item = ground(whole, run.source, self._parts[index].span)
                        yield from run.take(judged(item, run.task.text))
        if self._gone is not None and self._unread:
            run.warn(message("warnings.extraction_unread", part=self._unread[0] + 1))
            self._fail(self._unread, self._gone)
        first_reading = self._number == 0
        if first_reading and self._failures and len(run.failed) == len(self._parts):
            first = self._failures[0]
            raise first.cause if isinstance(first, Defect) else first

    def _begin(self, index: int) -> Generator[Read, None, None] | None:
        """Called when it is the chunk's turn, so that its context knows what was found by then."""
        if self._gone is not None:
            self._unread.append(index)
            return None
        run, chunk = self._run, self._parts[index]
        task = run.task
        known = ""
        if self._number:
            found = tuple(filter(run.filter.gives, run.merge.within(chunk.span)))
            known = (
                readable(task.prompt_type, task.lang, found).replace("\n", "; ") if found else ""
            )
        count = len(self._parts) * task.passes
        part = Part(
            text=cleaned(task.text[chunk.span.start : chunk.span.end]),
            number=self._number * len(self._parts) + index + 1,
            count=count,
            context=run.context.of(chunk, run.found()),
            known=known[:MAX_KNOWN],
        )
        return read_part(task, run.model, part)

    def _settle(self, index: int, done: Done) -> None:
        run = self._run
        run.usages += done.usages
        run.repairs += done.repairs
        for warning in done.warnings:
            run.warn(warning)
        error = done.error
        if error is None:
            return
        span = self._parts[index].span
        self._failures.append(error)
        run.warn(
            message(
                "warnings.extraction_part_failed",
                index=index + 1,
                parts=len(self._parts),
                start=span.start,
                end=span.end,
                reason=error.message,
            )
        )
        self._fail([index], error)
        if isinstance(error, Unavailable) and not isinstance(error, ModelFailed):
            self._gone = error

    def _fail(self, indices: list[int], error: KexError) -> None:
        """Note what was not read; what an earlier pass has read is not asked for again."""
        if self._number == 0:
            self._run.failed += [Failed(self._parts[i].span, error.message) for i in indices]

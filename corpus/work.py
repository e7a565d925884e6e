"""One document through the extraction: its text, then each task's answer. Runs in any thread."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.fingerprint import Limits, Options, Recipes, digest
from corpus.inputs.entry import Entry, whole
from corpus.outcomes import Known, Unit
from documents.reading import read
from errors import KexError, TooLarge, UnreadableDocument
from export.jsonl import one_line
from extraction.extractor import Answer, extract
from extraction.request.task import Task
from knowledge.items import PromptType
from knowledge.text.spans import Lang
from models.base import Model
from wording import message

log = logging.getLogger(__name__)

# Each PDF or Word file takes a process of its own; `documents` opens two at a time for all.
_FILES = threading.BoundedSemaphore(2)

Ask = Callable[[Task, Model, threading.Event], "Answer | None"]


@dataclass(frozen=True)
class Work:
    """A document with the tasks that are to be done; `content` marks what it holds."""

    known: Known
    id: str
    entry: Entry
    types: tuple[PromptType, ...]
    content: bytes


def ask(task: Task, model: Model, stop: threading.Event) -> Answer | None:
    """The answer; None where it was stopped. Raises KexError."""
    with closing(extract(task, model)) as events:
        for event in events:
            if isinstance(event, Answer):
                return event
            if stop.is_set():
                return None
    return None


class Worker:
    """Does works with one model; `stop` ends what is under way."""

    def __init__(
        self,
        model: Model,
        options: Options,
        recipes: Recipes,
        limits: Limits,
        stop: threading.Event,
        ask: Ask = ask,
    ) -> None:
        self._model = model
        self._options = options
        self._recipes = recipes
        self._limits = limits
        self._stop = stop
        self._ask = ask

    def units(self, work: Work) -> Iterator[Unit]:
        """An outcome for each task; those of a work that was stopped are left out."""
        try:
            content, text = read_text(work, self._limits)
        except KexError as error:
            yield from (self.failed(type_, work.content, error.message) for type_ in work.types)
            return
        for type_ in work.types:
            if self._stop.is_set():
                return
            unit = self._unit(type_, work, content, text)
            if unit is not None:
                yield unit

    def failed(self, type_: PromptType, content: bytes, why: str, lang: Lang | None = None) -> Unit:
        """An outcome without an answer."""
        recipe = self._recipes.of(type_, lang)
        return Unit(type_, content, lang, recipe, "failed", _detail(why=whole(why)))

    def _unit(self, type_: PromptType, work: Work, content: bytes, text: str) -> Unit | None:
        lang: Lang | None = None
        try:
            task = self._options.task(type_, text, work.entry.entity)
            lang = task.lang
            answer = self._ask(task, self._model, self._stop)
            return None if answer is None else self._answered(work, content, task, answer)
        except KexError as error:
            return self.failed(type_, content, error.message, lang)
        except Exception as error:  # a defect that one text shows must not cost the other answers
            log.warning("A document could not be read.", exc_info=error)
            return self.failed(type_, content, f"{type(error).__name__}: {error}", lang)

    def _answered(self, work: Work, content: bytes, task: Task, answer: Answer) -> Unit:
        failed = [part.to_json() for part in answer.failed]
        return Unit(
            task.prompt_type,
            content,
            task.lang,
            self._recipes.of(task.prompt_type, task.lang),
            "partial" if failed else "done",
            _detail(failed=failed, warnings=[whole(warning) for warning in answer.warnings]),
            one_line({"id": work.id, "text": task.text, **answer.to_json()}).encode(),
            len(answer.items),
            len(task.text),
            answer.usage.prompt_tokens,
            answer.usage.completion_tokens,
        )


def read_text(work: Work, limits: Limits) -> tuple[bytes, str]:
    """The document's text, and the mark of what it was read from. Raises KexError."""
    content, text = work.content, work.entry.text or ""
    if work.entry.file is not None:
        content, text = _read_file(work.entry.file, limits)
    if len(text) > limits.max_chars:
        raise TooLarge(
            message("errors.corpus_text_too_long", length=len(text), limit=limits.max_chars)
        )
    return content, text


def _read_file(file: Path, limits: Limits) -> tuple[bytes, str]:
    try:
        with file.open("rb") as opened:
            data = opened.read(limits.max_file_bytes + 1)
    except OSError as error:
        raise UnreadableDocument(
            message("errors.corpus_file_unreadable", reason=error.strerror)
        ) from error
    if len(data) > limits.max_file_bytes:
        raise TooLarge(message("errors.corpus_file_too_large", limit=limits.max_file_bytes))
    with _FILES:
        return digest(data), read(file.name, data).text or ""


def _detail(**parts: Any) -> str | None:
    """What there is to say, as JSON; None where there is nothing."""
    said = {name: part for name, part in parts.items() if part}
    return json.dumps(said, ensure_ascii=False) if said else None

"""One extraction, fully specified: what the edges (route, command line) hand to the extractor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypedDict

from typing_extensions import Unpack  # in typing from Python 3.11 on

from errors import InputError
from extraction.request.spans import check_spans
from knowledge.items import PromptType
from knowledge.text.entity_line import entity_line
from knowledge.text.language import detect
from knowledge.text.spans import Lang, Span
from models.base import Image
from validation import check_text
from wording import message

Grounding = Literal["strict", "free"]
Assertions = Literal["affirmed", "all"]

MAX_ENTITY = 200  # characters
MAX_PASSES = 3


@dataclass(frozen=True)
class Example:
    """A few-shot example of the user: a text and its answer in the task's plain form.

    KE1 `[[head, relation, tail], …]`, KE2 `{class: [name, …]}`, KE3
    `{"entity": name, "facts": [[key, value], …]}`.
    """

    text: str
    answer: object


@dataclass(frozen=True)
class Task:
    """A text and what to get out of it.

    `text` is the user's text untouched: all offsets count in it. `body_start` is where the text
    proper begins, after an entity line. `labels` narrow the classes (KE2), relations (KE1) or
    keys (KE3), each with an optional description. `max_tokens` bounds the answer per chunk. `spans`
    are the parts to read, none means all; `passes` says how often each is read. `grounding`:
    `strict` takes pieces of the text only, `free` also paraphrases, which it marks as inferred.
    `assertions`: `affirmed` gives what the text states or plans, `all` also what it denies or
    doubts.
    """

    prompt_type: PromptType
    text: str
    lang: Lang
    body_start: int = 0
    entity: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    image: Image | None = None
    temperature: float = 0.0
    max_tokens: int = 1024
    spans: tuple[Span, ...] = ()
    passes: int = 1
    grounding: Grounding = "strict"
    min_confidence: float = 0.0
    assertions: Assertions = "affirmed"


class TaskOptions(TypedDict, total=False):
    """What a task may have besides: see the fields of Task."""

    labels: dict[str, str]
    examples: tuple[Example, ...]
    image: Image | None
    temperature: float
    max_tokens: int
    spans: tuple[Span, ...]
    passes: int
    min_confidence: float
    assertions: Assertions


def make_task(
    prompt_type: PromptType,
    text: str,
    *,
    lang: Lang | None = None,
    entity: str | None = None,
    grounding: Grounding | None = None,
    **options: Unpack[TaskOptions],
) -> Task:
    """Complete a request: find KE3's entity in the first line, and the language of the text.

    Grounding is strict unless there is a picture, which may show what the text does not say.

    Raises InputError when there is no text, or for an option out of its range.
    """
    body_start = 0
    entity = (entity or "").strip() or None
    if prompt_type == "KE3" and not entity:
        entity, body_start = entity_line(text)
    task = Task(
        prompt_type=prompt_type,
        text=text,
        lang=lang or detect(text[body_start:]),
        body_start=body_start,
        entity=entity,
        grounding=grounding or ("free" if options.get("image") else "strict"),
        **options,
    )
    _check(task)
    return task


def _check(task: Task) -> None:
    if not task.text[task.body_start :].strip():
        raise InputError(message("errors.extraction_text_empty"), field="user_input")
    if task.entity and len(task.entity) > MAX_ENTITY:
        raise InputError(message("errors.entity_too_long", limit=MAX_ENTITY), field="entity")
    for name, value in (("user_input", task.text), ("entity", task.entity or "")):
        check_text(name, value)
    if not 0 <= task.min_confidence <= 1:  # also what is no number
        raise InputError(message("errors.extraction_min_confidence"), field="min_confidence")
    check_spans(task.spans, task.body_start, len(task.text))

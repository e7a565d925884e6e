"""One extraction, fully specified: what the edges (route, command line) hand to the extractor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

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


def make_task(
    prompt_type: PromptType,
    text: str,
    *,
    lang: Lang | None = None,
    entity: str | None = None,
    labels: dict[str, str] | None = None,
    examples: tuple[Example, ...] = (),
    image: Image | None = None,
    temperature: float = 0.0,
    max_tokens: int = 1024,
    spans: tuple[Span, ...] = (),
    passes: int = 1,
    grounding: Grounding | None = None,
    min_confidence: float = 0.0,
) -> Task:
    """Complete a request: find KE3's entity in the first line, and the language of the text.

    Grounding is strict unless there is a picture, which may show what the text does not say.

    Raises InputError when there is no text.
    """
    body_start = 0
    entity = (entity or "").strip() or None
    if prompt_type == "KE3" and not entity:
        entity, body_start = entity_line(text)
    if not text[body_start:].strip():
        raise InputError(message("errors.extraction_text_empty"), field="user_input")
    if entity and len(entity) > MAX_ENTITY:
        raise InputError(message("errors.entity_too_long", limit=MAX_ENTITY), field="entity")
    for name, value in (("user_input", text), ("entity", entity or "")):
        check_text(name, value)
    if not 0 <= min_confidence <= 1:  # also what is no number
        raise InputError(message("errors.extraction_min_confidence"), field="min_confidence")
    check_spans(spans, body_start, len(text))
    return Task(
        prompt_type=prompt_type,
        text=text,
        lang=lang or detect(text[body_start:]),
        body_start=body_start,
        entity=entity,
        labels=labels or {},
        examples=examples,
        image=image,
        temperature=temperature,
        max_tokens=max_tokens,
        spans=spans,
        passes=passes,
        grounding=grounding or ("free" if image else "strict"),
        min_confidence=min_confidence,
    )

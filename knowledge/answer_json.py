"""Reads an answer's JSON, with its text, into a Record; every complaint names the field.

Offsets are checked against the text, so that no format quotes a sentence that says something else.
Unknown fields are kept, since the contract only ever grows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from errors import InputError
from knowledge.items import Card, Entity, Fact, Item, Located, PromptType, Status, Triple
from knowledge.record import Correction, Record, text_id
from knowledge.text.spans import Lang, Span
from validation import field_error, input_error
from wording import message

MAX_ID = 1000  # characters

Name = Annotated[str, Field(min_length=1)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class _Span(_Form):
    start: int = Field(ge=0)
    end: int

    @model_validator(mode="after")
    def _fits(self, info: ValidationInfo) -> _Span:
        _check_offsets(self.start, self.end, info)
        return self

    def span(self) -> Span:
        return Span(self.start, self.end)


class _Located(_Form):
    text: Name
    start: Annotated[int, Field(ge=0)] | None
    end: int | None
    status: Status

    @model_validator(mode="after")
    def _fits(self, info: ValidationInfo) -> _Located:
        if self.start is None or self.end is None:
            if self.start is not None or self.end is not None or self.status == "verbatim":
                raise ValueError(message("errors.answer_offsets_missing"))
            return self
        if self.status == "inferred":
            raise ValueError(message("errors.answer_inferred_offsets"))
        found = _check_offsets(self.start, self.end, info)
        if self.status == "verbatim" and found != self.text:
            raise ValueError(
                message(
                    "errors.answer_other_text",
                    start=self.start,
                    end=self.end,
                    found=found[:40],
                    text=self.text[:40],
                )
            )
        return self

    def located(self) -> Located:
        return Located(self.text, self.start, self.end, self.status)


class _Corrected(_Form):
    correction: Correction | None = None


class _Stated(_Corrected):
    evidence: _Span | None = None
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    also: list[_Span] = []

    def where(self) -> tuple[Span | None, float | None, tuple[Span, ...]]:
        """As the last three fields of Triple and Fact."""
        evidence = self.evidence.span() if self.evidence else None
        return evidence, self.confidence, tuple(span.span() for span in self.also)


class _Triple(_Stated):
    head: _Located
    relation: Name
    tail: _Located


class _Entity(_Located, _Corrected):
    mentions: list[Annotated[list[int], Field(min_length=2, max_length=2)]] = []
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None

    @model_validator(mode="after")
    def _mentions_fit(self, info: ValidationInfo) -> _Entity:
        for start, end in self.mentions:
            _check_offsets(start, end, info)
        return self


class _Fact(_Stated):
    key: Name
    value: _Located


class _Card(_Form):
    entity: _Located | None
    facts: list[_Fact]
    aliases: list[_Located] = []
    not_stated: list[Name] = []

    @model_validator(mode="after")
    def _is_about_something(self) -> _Card:
        if self.facts and self.entity is None:
            raise ValueError(message("errors.answer_facts_entity"))
        return self


class _Triples(_Form):
    triples: list[_Triple]


class _Entities(_Form):
    entities: dict[Name, list[_Entity]]


class _Row(_Form):
    id: Annotated[str, Field(min_length=1, max_length=MAX_ID)] | None = None
    text: str
    prompt_type: PromptType
    lang: Lang
    model: Name
    knowledge: Any


_CARDS = TypeAdapter(list[_Card])


def read_record(value: Any, at: str = "") -> Record:
    """The record that a JSON object is; an answer without an `id` is named by its text.

    `at` goes before the names of fields, as "answers.0." does. Raises InputError.
    """
    try:
        row = _Row.model_validate(value)
    except ValidationError as error:
        raise _named(error, at) from error
    try:
        items, cards, corrections = _read_knowledge(row)
    except ValidationError as error:
        raise _named(error, f"{at}knowledge.") from error
    _check_rest(value, at)
    answer = {name: part for name, part in value.items() if name not in ("id", "text")}
    return Record(
        id=row.id or text_id(row.text),
        text=row.text,
        prompt_type=row.prompt_type,
        lang=row.lang,
        model=row.model,
        items=items,
        cards=cards,
        answer=answer,
        corrections=corrections,
    )


def _check_rest(value: dict[str, Any], at: str) -> None:
    """What no field of ours looks at is written out too: it has to be JSON, in whole characters."""
    field = at.rstrip(".") or "answer"
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise field_error(field, message("errors.lone_surrogate")) from error
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            message("errors.field_not_json", field=field, reason=error), field=field
        ) from error


_Read = tuple[tuple[Item, ...], tuple[Card, ...], Mapping[Item, Correction]]


def _read_knowledge(row: _Row) -> _Read:
    """The items, KE3's cards, and what a person did to which item."""
    context: Mapping[str, str] = {"text": row.text}
    read: list[tuple[Item, _Corrected]] = []
    cards: tuple[Card, ...] = ()
    if row.prompt_type == "KE1":
        triples = _Triples.model_validate(row.knowledge, context=context).triples
        read += [(_triple(form), form) for form in triples]
    elif row.prompt_type == "KE2":
        classes = _Entities.model_validate(row.knowledge, context=context).entities
        read += [(_entity(label, form), form) for label, all_ in classes.items() for form in all_]
    else:
        if isinstance(row.knowledge, list):
            forms = _CARDS.validate_python(row.knowledge, context=context)
        else:
            forms = [_Card.model_validate(row.knowledge, context=context)]
        cards = tuple(_card(form) for form in forms)
        for card, shape in zip(cards, forms, strict=True):
            read += zip(card.facts, shape.facts, strict=True)
    marks = {item: form.correction for item, form in read if form.correction}
    return tuple(item for item, _ in read), cards, marks


def _triple(form: _Triple) -> Triple:
    return Triple(form.head.located(), form.relation, form.tail.located(), *form.where())


def _entity(label: str, form: _Entity) -> Entity:
    mentions = tuple(Span(start, end) for start, end in form.mentions)
    return Entity(label, form.located(), mentions, form.confidence)


def _card(form: _Card) -> Card:
    entity = form.entity.located() if form.entity else None
    facts = tuple(
        Fact(entity, fact.key, fact.value.located(), *fact.where())
        for fact in form.facts
        if entity  # the form has seen to it
    )
    aliases = tuple(alias.located() for alias in form.aliases)
    return Card(entity, facts, aliases, tuple(form.not_stated))


def _check_offsets(start: int, end: int, info: ValidationInfo) -> str:
    """The piece of the text; ValueError where there is none such."""
    text: str = (info.context or {})["text"]
    if not 0 <= start < end <= len(text):
        raise ValueError(message("errors.answer_offsets", start=start, end=end, length=len(text)))
    return text[start:end]


def _named(error: ValidationError, at: str) -> InputError:
    return input_error(error, at, default="answer", remedy=message("errors.answer_remedy"))

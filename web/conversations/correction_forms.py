"""Validates a correction: which item, and what it shall become.

Items are taken by their strings; where these stand in the text is found anew. Every complaint names
its field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from flask import Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from errors import InputError
from extraction.request.task import make_task
from knowledge.answer_json import entities, item_json
from knowledge.corrections import Json, Kind, corrected, kind_of
from knowledge.grounding.aliases import find_aliases
from knowledge.grounding.source import Source, ground
from knowledge.items import PromptType
from knowledge.raw import RawEntity, RawFact, RawItem, RawTriple
from knowledge.text.document import Document
from knowledge.text.spans import Span
from storage.conversations.records import Turn
from validation import ReadAs, text_fault
from web.body import read_json
from web.form import Form, validate
from wording import message

MAX_STRING = 1000  # characters of a head, a relation, …


def _text_of(value: Any) -> Any:
    """A located string counts by its text."""
    return value.get("text") if isinstance(value, dict) else value


def _check(value: str) -> str:
    if not value.strip():
        raise ValueError(message("errors.empty_string"))
    fault = text_fault(value)
    if fault is not None:
        raise ValueError(fault)
    return value.strip()


_Short = Annotated[str, Field(max_length=MAX_STRING)]


class LocatedString(BaseModel):
    """A string as an answer has it, beside its place."""

    text: _Short


String = Annotated[
    _Short,
    BeforeValidator(_text_of),
    AfterValidator(_check),
    ReadAs(_Short | LocatedString),
]


class _Item(Form):
    model_config = ConfigDict(extra="ignore")  # whole items may be sent


class CorrectedTriple(_Item):
    head: String
    relation: String
    tail: String

    def raw(self) -> RawItem:
        return RawTriple(self.head, self.relation, self.tail)


class CorrectedEntity(_Item):
    label: String = Field(alias="class")
    text: String

    def raw(self) -> RawItem:
        return RawEntity(self.label, self.text)


class CorrectedFact(_Item):
    entity: String
    key: String
    value: String

    def raw(self) -> RawItem:
        return RawFact(self.entity, self.key, self.value)


_ITEMS: Mapping[PromptType, type[CorrectedTriple | CorrectedEntity | CorrectedFact]] = {
    "KE1": CorrectedTriple,
    "KE2": CorrectedEntity,
    "KE3": CorrectedFact,
}


_Corrected = Annotated[
    dict[str, Any] | None, ReadAs(CorrectedTriple | CorrectedEntity | CorrectedFact | None)
]


class CorrectionForm(Form):
    kind: Kind
    before: _Corrected = None
    after: _Corrected = None


@dataclass(frozen=True)
class Change:
    """A correction as the store takes it: items as the event stream sends them."""

    kind: Kind
    before: Json | None
    after: Json | None


def read_correction(request: Request, turn: Turn) -> Change:
    """A correction of the turn's answer.

    Raises InputError (400), Unprocessable (422) for a turn without items, and as `read_json` does.
    """
    fields = validate(CorrectionForm, read_json(request, "kind"))
    prompt_type = kind_of(turn.said.answer or {})
    for name, item, wanted in (
        ("before", fields.before, fields.kind != "add"),
        ("after", fields.after, fields.kind in ("add", "edit")),
    ):
        if (item is not None) != wanted:
            key = "errors.correction_needs" if wanted else "errors.correction_takes_no"
            raise InputError(message(key, kind=fields.kind, name=name), field=name)
    form = _ITEMS[prompt_type]
    before = None if fields.before is None else validate(form, fields.before, "before.")
    after = None if fields.after is None else validate(form, fields.after, "after.")
    return Change(
        fields.kind,
        before.model_dump(by_alias=True) if before else None,
        _located(prompt_type, after.raw(), turn) if after else None,
    )


def _located(prompt_type: PromptType, raw: RawItem, turn: Turn) -> Json:
    """The item as if a model had found it in the text."""
    said = turn.said
    task = make_task(prompt_type, said.text, entity=said.request.get("entity") or None)
    source = Source(Document(task.text, task.body_start))
    if isinstance(raw, RawFact):
        known = entities(corrected(said.answer or {}, turn.corrections)["knowledge"])
        for name in known:
            source.learn(name, find_aliases(name, source))
        if source.name_of(raw.entity) not in known:  # "Curie" is Marie Curie; this is another
            source.learn(raw.entity, find_aliases(raw.entity, source))
    return item_json(ground(raw, source, Span(task.body_start, len(task.text))))

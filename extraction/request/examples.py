"""Reads `examples`: a user's own few-shot examples, each true to its own text."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from errors import InputError
from extraction.request.task import Example
from knowledge.grounding.source import Source
from knowledge.items import PromptType
from knowledge.text.document import Document
from validation import first_fault
from wording import message

MAX_EXAMPLES = 8
_STRICT = ConfigDict(extra="forbid", frozen=True)
Text = Field(min_length=1, max_length=4000)
Name = Annotated[str, Field(min_length=1, pattern=r"\S")]


class TriplesExample(BaseModel):
    model_config = _STRICT
    text: str = Text
    triples: list[tuple[Name, Name, Name]]


class EntitiesExample(BaseModel):
    model_config = _STRICT
    text: str = Text
    entities: dict[Name, list[Name]]


class FactsExample(BaseModel):
    model_config = _STRICT
    text: str = Text
    entity: Name
    facts: list[tuple[Name, Name]]


_Shape = TriplesExample | EntitiesExample | FactsExample
# What `read_examples` takes.
ExamplesForm = str | Annotated[list[_Shape], Field(min_length=1, max_length=MAX_EXAMPLES)]

_SHAPES: dict[PromptType, type[_Shape]] = {
    "KE1": TriplesExample,
    "KE2": EntitiesExample,
    "KE3": FactsExample,
}


_FORMS: dict[PromptType, str] = {
    "KE1": '{"text", "triples": [[head, relation, tail], …]}',
    "KE2": '{"text", "entities": {class: [name, …]}}',
    "KE3": '{"text", "entity", "facts": [[key, value], …]}',
}


def read_examples(prompt_type: PromptType, value: Any) -> tuple[Example, ...]:
    """Examples from a list, or from JSON text of one.

    KE1 `{"text", "triples": [[head, relation, tail], …]}`, KE2 `{"text", "entities": {class:
    [name, …]}}`, KE3 `{"text", "entity", "facts": [[key, value], …]}`. Raises InputError with the
    field `examples`, also for a string that its own text does not hold: a model learns from such
    an example to invent.
    """
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise InputError(
                message("errors.examples_not_json", reason=str(error)), field="examples"
            ) from error
    if not isinstance(value, list) or not 0 < len(value) <= MAX_EXAMPLES:
        raise InputError(
            message("errors.examples_count", limit=MAX_EXAMPLES),
            field="examples",
        )
    return tuple(
        _true_to_its_text(number, _shaped(prompt_type, number, entry))
        for number, entry in enumerate(value, start=1)
    )


def _shaped(prompt_type: PromptType, number: int, entry: Any) -> _Shape:
    try:
        return TypeAdapter(_SHAPES[prompt_type]).validate_python(entry)
    except ValidationError as error:
        fault = first_fault(error)
        if fault.path:
            text = message(
                "errors.example_invalid", number=number, field=fault.field, reason=fault.reason
            )
        else:
            text = message("errors.example_form", number=number, form=_FORMS[prompt_type])
        raise InputError(text, field="examples") from error


def _true_to_its_text(number: int, entry: _Shape) -> Example:
    answer: object
    if isinstance(entry, TriplesExample):
        answer = [list(row) for row in entry.triples]
        strings = [string for head, _, tail in entry.triples for string in (head, tail)]
    elif isinstance(entry, EntitiesExample):
        answer = entry.entities
        strings = [name for names in entry.entities.values() for name in names]
    else:
        answer = {"entity": entry.entity, "facts": [list(row) for row in entry.facts]}
        strings = [entry.entity, *(value for _, value in entry.facts)]
    source = Source(Document(entry.text))
    for string in strings:
        if source.locate(string)[0] == "inferred":
            raise InputError(
                message("errors.example_not_in_text", string=string[:60], number=number),
                field="examples",
            )
    return Example(entry.text, answer)

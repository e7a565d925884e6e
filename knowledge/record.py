"""One answer with the text it was made from: what every format is written from.

Frozen. `read_record` makes it of an answer's JSON and checks that every offset fits the text, so
that no format quotes a sentence that says something else; every complaint names the field.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from errors import InputError
from knowledge.answer_json import CorrectionMark, KnowledgeForm, item_json, read_knowledge
from knowledge.items import Card, Item, PromptType
from knowledge.text.normalising import fold
from knowledge.text.spans import Lang, Span
from validation import ReadAs, field_error, input_error
from wording import message, table, text

MAX_ID = 1000  # characters


@dataclass(frozen=True)
class Record:
    """`items` are the answer's items in order; `cards` hold what KE3 says beside its facts.

    `answer` is the contract's JSON unchanged, including fields that no format here reads.
    `known_as` gives strings of this answer the name of the entity that a knowledge base takes them
    for; the formats of entities go by it.
    """

    id: str
    text: str
    prompt_type: PromptType
    lang: Lang
    model: str
    items: tuple[Item, ...]
    cards: tuple[Card, ...]
    answer: Mapping[str, Any]
    known_as: Mapping[str, str] = field(default_factory=dict)
    corrections: Mapping[Item, CorrectionMark] = field(default_factory=dict)

    def entity(self, name: str) -> str:
        """The entity that this string means, which is the string itself outside of a base."""
        return self.known_as.get(name, name)

    def correction(self, item: Item) -> CorrectionMark | None:
        """What a person did to it."""
        return self.corrections.get(item)

    def left_out(self) -> list[tuple[str, str]]:
        """What the model said and the answer does not hold: the reason, and the item as a line.

        The contract's own field; whatever else an unknown hand has put there is passed over.
        """
        listed = self.answer.get("left_out")
        entries = (
            [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        )
        lines = [(one.get("why"), one.get("item")) for one in entries]
        return [
            (_reason(why, self.lang), " · ".join(part for part in item if isinstance(part, str)))
            for why, item in lines
            if isinstance(why, str) and isinstance(item, list)
        ]

    def to_json(self) -> dict[str, Any]:
        """The lossless form: the answer behind its id and its text."""
        return {"id": self.id, "text": self.text, **self.answer}

    def quote(self, span: Span | None) -> str:
        """The piece of the text, empty where there is none."""
        return self.text[span.start : span.end] if span else ""

    def statement_key(self, item: Item) -> str:
        """Names an item by all that it says and by where it comes from; equal ones are one."""
        told = item_json(item)
        if told.get("assertion") == "stated":
            del told["assertion"]  # so that keys are those of files written before there was one
        said = [self.id, self.model, self.prompt_type, told]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:24]


def _reason(why: str, lang: Lang) -> str:
    """The code of the contract in the answer's language; an unknown one stays as it is."""
    key = f"knowledge.left_out.{why}"
    return text(lang, key) if key in table(lang) else why


def text_id(text: str) -> str:
    """The id of a text that came without one: the same text has the same."""
    return "sha256-" + hashlib.sha256(text.encode()).hexdigest()[:24]


def entity_key(name: str) -> str:
    """What makes two names one entity: width, case, marks and white space folded.

    The name alone decides: Kex knows no two people of one name apart.
    """
    return unicodedata.normalize("NFC", fold(name)[0]) or name


class AnswerForm(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    id: Annotated[str, Field(min_length=1, max_length=MAX_ID)] | None = None
    text: str
    prompt_type: PromptType
    lang: Lang
    model: Annotated[str, Field(min_length=1)]
    knowledge: Annotated[Any, ReadAs(KnowledgeForm)]


def read_record(value: Any, at: str = "") -> Record:
    """The record that a JSON object is; an answer without an `id` is named by its text.

    `at` goes before the names of fields, as "answers.0." does. Raises InputError.
    """
    try:
        row = AnswerForm.model_validate(value)
    except ValidationError as error:
        raise _named(error, at) from error
    try:
        items, cards, corrections = read_knowledge(row.prompt_type, row.text, row.knowledge)
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


def _named(error: ValidationError, at: str) -> InputError:
    return input_error(error, at, default="answer", remedy=message("errors.answer_remedy"))

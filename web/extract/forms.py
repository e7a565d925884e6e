"""Validates the fields of POST /get_response; everything past this door is typed.

Every complaint names its field.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from flask import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from conversation.chat import DESCRIBE, Chat, Turn, make_chat
from errors import InputError, TooLarge
from extraction.request.examples import ExamplesForm, read_examples
from extraction.request.labels import LabelsForm, read_labels
from extraction.request.spans import SpansForm, read_spans
from extraction.request.task import MAX_PASSES, Assertions, Grounding, Task, make_task
from knowledge.text.language import detect
from models.base import Image, Sampling
from settings import ModelName, Settings
from validation import ReadAs, field_error, first_fault
from web.body import read_body
from web.extract.saving import Place
from web.language import follow
from wording import message

# ExtractionForm of one kind of request, and what to do with them in the other kind.
_OF_EXTRACTION = (
    "entity", "schema", "examples", "spans", "passes", "grounding", "min_confidence", "assertions",
)  # fmt: skip
_OF_CHAT = ("history", "top_p", "top_k", "repetition_penalty")
# The text has a place of its own, and the history is the turns before.
_NOT_KEPT = {"user_input", "history", "conversation", "turn"}


class ExtractionForm(BaseModel):
    """The fields of the contract, as they come in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_input: str = ""
    prompt_type: Literal["KE1", "KE2", "KE3", "Chat"] = "KE1"
    model_type: ModelName | None = None
    entity: str | None = None
    lang: Literal["auto", "zh", "en"] = "auto"
    label_schema: Annotated[Any, ReadAs(LabelsForm | None)] = Field(None, alias="schema")
    examples: Annotated[Any, ReadAs(ExamplesForm | None)] = None
    temperature: float | None = Field(None, ge=0, le=2, allow_inf_nan=False)
    max_tokens: int | None = Field(None, ge=16)
    spans: Annotated[Any, ReadAs(SpansForm | None)] = None
    passes: int | None = Field(None, ge=1, le=MAX_PASSES)
    grounding: Grounding | None = None
    min_confidence: float | None = Field(None, ge=0, le=1, allow_inf_nan=False)
    assertions: Assertions | None = None
    history: Annotated[list[tuple[str, str]] | None, ReadAs(str | list[tuple[str, str]] | None)] = (
        None
    )
    top_p: float | None = Field(None, gt=0, le=1, allow_inf_nan=False)
    top_k: int | None = Field(None, ge=0, le=1_000_000)
    repetition_penalty: float | None = Field(None, gt=0, le=10, allow_inf_nan=False)
    conversation: str | None = None
    turn: int | None = Field(None, ge=1, le=1_000_000)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: Any) -> Any:
        """No field is true or false, and pydantic would read 1 and 0."""
        if isinstance(value, bool):
            raise ValueError(message("errors.not_boolean"))
        return value

    @field_validator("history", mode="before")
    @classmethod
    def _read_history(cls, value: Any) -> Any:
        """A form can send the list only as a JSON string."""
        if not isinstance(value, str):
            return value
        try:
            history = json.loads(value)
            json.dumps(history, ensure_ascii=False).encode(
                "utf-8"
            )  # JSON can spell half characters
        except (ValueError, RecursionError) as error:
            raise ValueError(message("errors.not_json")) from error
        return history


class MultipartForm(ExtractionForm):
    """With the picture that a multipart form may bring along; `web.body` reads it."""

    image: bytes | None = None


@dataclass(frozen=True)
class Order:
    """What to do, the name of the model that shall do it, and where the answer is to be kept."""

    work: Task | Chat
    model: str
    text: str
    fields: Mapping[str, Any]  # as they were sent, without the text
    place: Place | None = None


def read_order(request: Request, settings: Settings) -> Order:
    """The order that a request is.

    Raises InputError (400), TooLarge (413) or UnsupportedMedia (415).
    """
    raw, image = read_body(request, settings)
    follow(request, raw.get("lang"))
    fields = _validate(raw)
    if len(fields.user_input) > settings.max_chars:
        raise TooLarge(
            message(
                "errors.web_text_too_long", length=len(fields.user_input), limit=settings.max_chars
            ),
            field="user_input",
        )
    check_max_tokens("max_tokens", fields.max_tokens, settings)
    work = (
        _chat(fields, image, settings)
        if fields.prompt_type == "Chat"
        else _task(fields, fields.prompt_type, image, settings)
    )
    model = fields.model_type or settings.default_model
    return Order(work, model, fields.user_input, _record(fields, model, image), _place(fields))


def _place(fields: ExtractionForm) -> Place | None:
    if fields.conversation is not None:
        return Place(fields.conversation, fields.turn)
    if fields.turn is not None:
        raise InputError(message("errors.web_turn_alone"), field="turn")
    return None


def _record(fields: ExtractionForm, model: str, image: Image | None) -> dict[str, Any]:
    """What a conversation keeps of the request, enough to ask again; a picture is only named."""
    sent = fields.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_NOT_KEPT)
    seen = {"image": {"media_type": image.media_type, "bytes": len(image.data)}} if image else {}
    return {**sent, "model_type": model, **seen}


def check_max_tokens(name: str, value: int | None, settings: Settings) -> None:
    """InputError for a limit above the server's own."""
    if value is not None and value > settings.max_tokens:
        raise InputError(
            message("errors.web_max_tokens", name=name, value=value, limit=settings.max_tokens),
            field=name,
        )


def _task(
    fields: ExtractionForm,
    prompt_type: Literal["KE1", "KE2", "KE3"],
    image: Image | None,
    settings: Settings,
) -> Task:
    return make_task(
        prompt_type,
        fields.user_input,
        lang=None if fields.lang == "auto" else fields.lang,
        entity=fields.entity,
        labels=read_labels(fields.label_schema),
        examples=read_examples(prompt_type, fields.examples),
        image=image,
        temperature=fields.temperature or 0.0,
        max_tokens=fields.max_tokens or settings.max_tokens,
        spans=read_spans(fields.spans),
        passes=fields.passes or 1,
        grounding=fields.grounding,
        min_confidence=fields.min_confidence or 0.0,
        assertions=fields.assertions or "affirmed",
    )


def _chat(fields: ExtractionForm, image: Image | None, settings: Settings) -> Chat:
    # A picture without a word is described in Chinese unless asked otherwise, as officially.
    question = fields.user_input if fields.user_input.strip() else DESCRIBE["zh"]
    return make_chat(
        fields.user_input,
        [Turn(question, answered) for question, answered in fields.history or ()],
        image,
        max_chars=settings.max_chars,
        max_tokens=fields.max_tokens or settings.max_tokens,
        lang=detect(question) if fields.lang == "auto" else fields.lang,
        temperature=fields.temperature,
        sampling=Sampling(
            top_p=fields.top_p,
            top_k=fields.top_k,
            repetition_penalty=fields.repetition_penalty,
        ),
    )


def _validate(raw: dict[str, Any]) -> ExtractionForm:
    unknown = [name for name in raw if name not in _allowed()]
    if unknown:
        raise InputError(
            message("errors.web_unknown_field", name=unknown[0][:40], fields=", ".join(_allowed())),
            field=unknown[0][:40],
        )
    _refuse_strangers(raw)
    try:
        return ExtractionForm.model_validate(raw)
    except ValidationError as error:
        fault = first_fault(error)
        name = str(fault.path[0])
        if name == "history":
            raise field_error(name, message("errors.history_form")) from error
        raise field_error(name, fault.reason) from error


def _refuse_strangers(raw: dict[str, Any]) -> None:
    """A field that would have no effect is refused, not passed over."""
    chat = raw.get("prompt_type") == "Chat"
    for name in _OF_EXTRACTION if chat else _OF_CHAT:
        if raw.get(name) is not None:
            key = "errors.web_chat_field" if chat else "errors.web_extraction_field"
            raise InputError(message(key, name=name), field=name)


def _allowed() -> list[str]:
    return [field.alias or name for name, field in MultipartForm.model_fields.items()]

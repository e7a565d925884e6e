"""Reads the body of POST /v1/chat/completions, in the form that OpenAI's clients send.

What would change the answer and cannot be done is refused by name; nothing is fetched from a URL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from flask import Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from conversation.chat import TEMPERATURE, Chat
from errors import InputError
from models.base import Sampling
from settings import Settings
from validation import first_fault
from web.body import read_json
from web.openai.messages import MAX_MESSAGES, Form, OpenAIMessage, read_messages
from wording import message

# Parameters that may come with a value which asks for nothing, and are refused with any other.
_NOTHING: Mapping[str, tuple[Any, ...]] = {
    "audio": (),
    "frequency_penalty": (0,),
    "function_call": ("none",),
    "functions": ([],),
    "logit_bias": ({},),
    "logprobs": (False,),
    "modalities": (["text"],),
    "n": (1,),
    "presence_penalty": (0,),
    "reasoning_effort": ("none",),
    "tool_choice": ("none", "auto"),
    "tools": ([],),
    "top_logprobs": (0,),
    "verbosity": ("medium",),
    "web_search_options": (),
}
# Parameters that change nothing in the answer.
_HARMLESS = {
    "metadata",
    "parallel_tool_calls",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "user",
}


class NamedSchema(Form):
    name: str = ""
    json_schema: dict[str, Any] = Field(alias="schema")


class ResponseFormat(Form):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: NamedSchema | None = None


class StreamOptions(Form):
    include_usage: bool | None = None


def _add_others(schema: dict[str, Any]) -> None:
    """The parameters that are taken and not read, for the readers of the schema."""
    for name, values in _NOTHING.items():
        schema["properties"][name] = {"enum": [*values, None], "$comment": "nothing"}
    for name in sorted(_HARMLESS):
        schema["properties"][name] = {"$comment": "ignored"}


UNLIMITED = -1  # `max_tokens` of clients of llama.cpp: as much as the server gives
RANDOM = -1  # `seed` of the same: another one each time
SEEDS = 2**32  # the models take so many; others are folded

_Stop = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class CompletionForm(BaseModel):
    """The parameters that are read; others are in `_NOTHING` and `_HARMLESS`."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, json_schema_extra=_add_others
    )

    model: str
    messages: Annotated[list[OpenAIMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    top_k: int | None = Field(None, ge=0, le=1_000_000)
    repetition_penalty: float | None = Field(None, gt=0, le=10)
    max_tokens: int | None = Field(None, ge=UNLIMITED)
    max_completion_tokens: int | None = Field(None, ge=UNLIMITED)
    stop: _Stop | Annotated[list[_Stop], Field(max_length=4)] | None = None
    seed: int | None = Field(None, ge=-(2**63), lt=2**64)
    response_format: ResponseFormat | None = None


@dataclass(frozen=True)
class Completion:
    """A talk, the name of the model for it, and how the answer shall be sent."""

    chat: Chat
    model: str
    stream: bool
    include_usage: bool
    warnings: tuple[str, ...] = ()


def body_limit(settings: Settings, text_bytes: int) -> int:
    """Bytes of a body: base64 makes a picture a third longer."""
    return text_bytes + settings.max_image_bytes * 4 // 3 + 4


def read_completion(request: Request, settings: Settings) -> Completion:
    """What a request to /v1/chat/completions asks for.

    Raises InputError (400), TooLarge (413) or UnsupportedMedia (415).
    """
    fields = _validate(read_json(request, "messages", large=True))
    max_tokens, warnings = _max_tokens(fields, settings)
    stop = [fields.stop] if isinstance(fields.stop, str) else fields.stop or []
    chat = Chat(
        messages=read_messages(fields.messages, settings),
        max_tokens=max_tokens,
        temperature=_temperature(fields),
        sampling=Sampling(
            top_p=fields.top_p or None,
            top_k=fields.top_k,
            repetition_penalty=fields.repetition_penalty,
            seed=None if fields.seed in (None, RANDOM) else fields.seed % SEEDS,
            stop=tuple(stop),
        ),
        json_schema=_schema(fields.response_format),
    )
    options = fields.stream_options
    include_usage = options is not None and bool(options.include_usage)
    return Completion(chat, fields.model, bool(fields.stream), include_usage, warnings)


def _max_tokens(fields: CompletionForm, settings: Settings) -> tuple[int, tuple[str, ...]]:
    """The longest answer, and what to say where the server's limit is lower than what was asked.

    Many clients send a limit by themselves; it is an upper one, as with llama.cpp and Ollama.
    """
    limit = settings.max_tokens
    given = {
        "max_completion_tokens": fields.max_completion_tokens,
        "max_tokens": fields.max_tokens,
    }
    for name, value in given.items():
        if value is None or value == UNLIMITED:
            continue
        if value < 1:
            raise InputError(message("errors.openai_no_tokens", name=name), field=name)
        if value <= limit:
            return value, ()
        warning = message("warnings.openai_max_tokens", name=name, value=value, limit=limit)
        return limit, (warning,)
    return limit, ()


def _temperature(fields: CompletionForm) -> float:
    """0 where `top_p` leaves the most probable word alone."""
    if fields.top_p == 0:
        return 0.0
    return TEMPERATURE if fields.temperature is None else fields.temperature


def _validate(raw: dict[str, Any]) -> CompletionForm:
    for name, value in list(raw.items()):
        if name in _NOTHING:
            if value is not None and not _among(value, _NOTHING[name]):
                raise InputError(message("errors.openai_value", name=name), field=name)
        elif name not in _HARMLESS:
            if name not in CompletionForm.model_fields:
                raise InputError(
                    message("errors.openai_parameter", name=name[:40]),
                    field=name[:40],
                )
            continue
        del raw[name]
    try:
        return CompletionForm.model_validate(raw)
    except ValidationError as error:
        # Of a union's complaints the one that went deepest is about what was meant.
        fault = first_fault(error, lambda all_: max(all_, key=lambda one: len(one["loc"])))
        place = ".".join(str(part) for part in fault.path if _is_name(part))
        raise InputError(
            message("errors.field_invalid", field=place, reason=fault.reason),
            field=str(fault.path[0]),
        ) from error


def _among(value: Any, values: tuple[Any, ...]) -> bool:
    """Equality of JSON: for Python, false is 0."""
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in values)


def _is_name(part: int | str) -> bool:
    """Not the branch of a union, which pydantic names among the places."""
    return isinstance(part, int) or (part.replace("_", "").isalpha() and part != "str")


def _schema(given: ResponseFormat | None) -> Mapping[str, Any] | None:
    if given is None or given.type == "text":
        return None
    if given.type == "json_object":
        return {"type": "object"}
    if given.json_schema is None:
        raise InputError(
            message("errors.openai_schema_missing"),
            field="response_format",
        )
    schema = given.json_schema.json_schema
    if schema.get("type") != "object":
        raise InputError(
            message("errors.openai_schema_root"),
            field="response_format",
        )
    return schema

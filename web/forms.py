"""Reads and validates the body of POST /get_response; everything past this door is typed.

Takes urlencoded and multipart forms and JSON. Every complaint names its field.
"""

from __future__ import annotations

import json
from typing import Any, Literal, NoReturn
from urllib.parse import parse_qsl

from flask import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from errors import InputError, TooLarge, UnsupportedMedia
from extraction.examples import read_examples
from extraction.labels import read_labels
from extraction.task import Task, make_task
from models.base import Image
from settings import ModelName, Settings
from web.images import read_image

MAX_FIELDS = 50  # a form has ten; more is an attack on the parser
# A form that carries bytes which are no UTF-8 is refused, not repaired.
_NOT_UTF8 = "{} is not valid UTF-8: send the text encoded in UTF-8."


class Fields(BaseModel):
    """The fields of the contract, as they come in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_input: str = ""
    prompt_type: Literal["KE1", "KE2", "KE3"] = "KE1"
    model_type: ModelName | None = None
    entity: str | None = None
    lang: Literal["auto", "zh", "en"] = "auto"
    label_schema: Any = Field(None, alias="schema")
    examples: Any = None
    temperature: float = Field(0.0, ge=0, le=2, allow_inf_nan=False)
    max_tokens: int | None = Field(None, ge=16)


def read_request(request: Request, settings: Settings) -> tuple[Task, str]:
    """The task and the name of the model that shall do it.

    Raises InputError (400), TooLarge (413) or UnsupportedMedia (415).
    """
    raw, image = _read_body(request, settings)
    fields = _validate(raw)
    if len(fields.user_input) > settings.max_chars:
        raise TooLarge(
            f"user_input has {len(fields.user_input):,} characters and the limit is "
            f"{settings.max_chars:,}: send it in parts, or raise KEX_MAX_CHARS.",
            field="user_input",
        )
    if fields.max_tokens is not None and fields.max_tokens > settings.max_tokens:
        raise InputError(
            f"max_tokens is {fields.max_tokens} and the limit is {settings.max_tokens} "
            "(KEX_MAX_TOKENS).",
            field="max_tokens",
        )
    task = make_task(
        fields.prompt_type,
        fields.user_input,
        lang=None if fields.lang == "auto" else fields.lang,
        entity=fields.entity,
        labels=read_labels(fields.label_schema),
        examples=read_examples(fields.prompt_type, fields.examples),
        image=image,
        temperature=fields.temperature,
        max_tokens=fields.max_tokens or settings.max_tokens,
    )
    return task, fields.model_type or settings.default_model


def _read_body(request: Request, settings: Settings) -> tuple[dict[str, Any], Image | None]:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8") or request.content_encoding:
        raise UnsupportedMedia(
            "The body must be plain UTF-8: no other charset, no Content-Encoding.",
            field="Content-Type",
        )
    try:
        if request.mimetype == "application/x-www-form-urlencoded":
            return _urlencoded(request.get_data(cache=False)), None
        if request.mimetype == "multipart/form-data":
            return _multipart(request, settings)
        if request.mimetype == "application/json":
            return _json(request.get_data(cache=False)), None
    except RequestEntityTooLarge as error:
        raise TooLarge(
            f"The request is larger than {request.max_content_length:,} bytes or has more than "
            f"{MAX_FIELDS} parts: send less.",
            field="user_input",
        ) from error
    raise UnsupportedMedia(
        f"Content-Type {request.mimetype[:80]!r} is not read here: use "
        "application/x-www-form-urlencoded, multipart/form-data or application/json.",
        field="Content-Type",
    )


def _urlencoded(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except UnicodeDecodeError as error:
        raise InputError(_NOT_UTF8.format("The form"), field="user_input") from error
    except ValueError as error:
        raise InputError(f"The form has more than {MAX_FIELDS} fields.") from error
    return _once(pairs)


def _multipart(request: Request, settings: Settings) -> tuple[dict[str, Any], Image | None]:
    pairs = [(name, value) for name, values in request.form.lists() for value in values]
    for name, value in pairs:
        if "\ufffd" in value:  # what the form parser puts in place of bytes it cannot decode
            raise InputError(
                f"{name[:40]} holds bytes that are not UTF-8, or the replacement character "
                "U+FFFD: send the text encoded in UTF-8, without it.",
                field=name[:40],
            )
    for name in request.files:
        if name != "image":
            raise InputError(
                f"{name[:40]!r} is no file field: only `image` takes a file.", field=name[:40]
            )
    uploads = request.files.getlist("image")
    if len(uploads) > 1:
        raise InputError("image was sent more than once: send one picture.", field="image")
    image = read_image(uploads[0].stream, settings.max_image_bytes) if uploads else None
    return _once(pairs), image


def _once(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """A dict of the pairs without the blank ones, but for the text itself."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise InputError(f"{name[:40]} was sent more than once.", field=name[:40])
        fields[name] = value
    return {name: value for name, value in fields.items() if value or name == "user_input"}


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(
            body.decode("utf-8-sig"), parse_constant=_refuse_constant, object_pairs_hook=_pairs_once
        )
    except UnicodeDecodeError as error:
        raise InputError(_NOT_UTF8.format("The JSON"), field="user_input") from error
    except RecursionError as error:
        raise InputError("The JSON is nested too deep.") from error
    except ValueError as error:
        raise InputError(f"The body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError('The JSON must be an object, such as {"user_input": "…"}.')
    _check_surrogates(value)
    if "image" in value:
        raise InputError(
            "image is a file part of a multipart form, not a JSON field.", field="image"
        )
    return value


def _pairs_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError("a name stands twice in one object")
    return dict(pairs)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _validate(raw: dict[str, Any]) -> Fields:
    unknown = [name for name in raw if name not in _allowed()]
    if unknown:
        raise InputError(
            f"{unknown[0][:40]!r} is not a field: use {', '.join(_allowed())}.",
            field=unknown[0][:40],
        )
    try:
        return Fields.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise InputError(f"{name}: {first['msg']}.", field=name) from error


def _allowed() -> list[str]:
    return [field.alias or name for name, field in Fields.model_fields.items()] + ["image"]


def _check_surrogates(value: dict[str, Any]) -> None:
    """JSON can spell halves of characters; no text has them and no engine takes them."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        field = "user_input"
        for name, part in value.items():
            if any("\ud800" <= char <= "\udfff" for char in json.dumps(part, ensure_ascii=False)):
                field = name
        raise InputError(
            "The JSON holds half a character (a lone surrogate).", field=field
        ) from error

"""Requests to a model and the chunks of its answer as JSON, for a model on another machine.

Both ends are Kex, of one version: `VERSION` tells others apart.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from errors import InputError
from models.base import (
    Capabilities,
    Chunk,
    Finish,
    GenerateRequest,
    Image,
    Message,
    Progress,
    Role,
    Sampling,
    Text,
    Usage,
)
from validation import input_error
from wording import message

VERSION = 2
Json = dict[str, Any]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Image(_Form):
    data: str
    media_type: str


class _Message(_Form):
    role: Role
    content: str
    images: tuple[_Image, ...] = Field(default=(), strict=False)


class _Sampling(_Form):
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = Field(default=(), strict=False)


class _Request(_Form):
    messages: tuple[_Message, ...] = Field(min_length=1, strict=False)
    max_tokens: int = Field(ge=1, le=32_768)
    temperature: float = Field(0.0, ge=0)
    grammar: str | None = None
    json_schema: dict[str, Any] | None = None
    sampling: _Sampling = _Sampling()
    max_length: int | None = None
    logprobs: bool = False
    tuned: str = ""


def write_request(request: GenerateRequest) -> Json:
    written = asdict(request)
    for shown, one in zip(written["messages"], request.messages, strict=True):
        shown["images"] = [
            {"data": base64.b64encode(image.data).decode(), "media_type": image.media_type}
            for image in one.images
        ]
    return written


def read_request(value: Any) -> GenerateRequest:
    """Raises InputError naming the field."""
    try:
        form = _Request.model_validate(value)
        return GenerateRequest(
            messages=tuple(
                Message(one.role, one.content, tuple(map(_image, one.images)))
                for one in form.messages
            ),
            sampling=Sampling(**form.sampling.model_dump()),
            **form.model_dump(exclude={"messages", "sampling"}),
        )
    except ValidationError as error:
        raise input_error(error, default="request") from error


def _image(form: _Image) -> Image:
    try:
        return Image(base64.b64decode(form.data, validate=True), form.media_type)
    except ValueError as error:
        raise InputError(message("errors.image_not_base64"), field="images") from error


def write_chunk(chunk: Chunk) -> Json:
    if isinstance(chunk, Text):
        return {"text": chunk.text, "logprob": chunk.logprob}
    if isinstance(chunk, Progress):
        return {"done": chunk.done, "ahead": chunk.ahead}
    return {"finish": chunk.reason, "usage": asdict(chunk.usage), "warning": chunk.warning}


def read_chunk(value: Mapping[str, Any]) -> Chunk:
    if "text" in value:
        return Text(value["text"], value["logprob"])
    if "finish" in value:
        return Finish(value["finish"], Usage(**value["usage"]), value["warning"])
    return Progress(value["done"], value["ahead"])


def write_capabilities(capabilities: Capabilities) -> Json:
    return {**asdict(capabilities), "tuned": sorted(capabilities.tuned)}


def read_capabilities(value: Mapping[str, Any]) -> Capabilities:
    return Capabilities(**{**value, "tuned": frozenset(value["tuned"])})

"""What the tests of the openai client share: a request, how to read its answer, the key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from errors import (
    KexError,
)
from models.base import Finish, GenerateRequest, Message, Text
from models.chatgpt.model import ChatGpt
from tests.models.chatgpt.scripted_server import (
    ScriptedServer,
)

KEY = "sk-canary-0123456789abcdef"
SCHEMA = {
    "type": "object",
    "properties": {"head": {"type": "string", "maxLength": 12}, "sure": {"type": "boolean"}},
    "required": ["head", "sure"],
    "additionalProperties": False,
}

Build = Callable[..., ChatGpt]
Play = Callable[..., tuple[ChatGpt, ScriptedServer]]


def ask(text: str = "Who are you?", **more: Any) -> GenerateRequest:
    return GenerateRequest((Message("user", text),), max_tokens=more.pop("max_tokens", 16), **more)


def read(model: ChatGpt, request: GenerateRequest | None = None) -> tuple[str, Finish]:
    chunks = list(model.generate(request or ask()))
    end = chunks[-1]
    assert isinstance(end, Finish)
    assert not any(isinstance(chunk, Finish) for chunk in chunks[:-1])
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, Text)), end


def fails(model: ChatGpt, kind: type[KexError], request: GenerateRequest | None = None) -> KexError:
    with pytest.raises(KexError) as caught:
        read(model, request)
    assert type(caught.value) is kind
    return caught.value

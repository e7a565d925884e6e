"""OpenAI's routes, so that any OpenAI client can talk with the models: chat completions, models.

Every answer and error has OpenAI's shape; what is served is the same talk as everywhere.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from conversation.converse import Answer, Event, converse
from errors import KexError, UnknownModel
from models.base import Usage
from models.progress import Stage, Token
from models.registry import NAMES
from web.answering import find_model, stream_response, whole_response
from web.errors import openai_json
from web.language import language
from web.logs.answers import logged
from web.openai.forms import body_limit, read_completion
from web.services import services
from wording import Lang, localised, message

blueprint = Blueprint("openai", __name__, url_prefix="/v1")

STARTED = int(time.time())  # the models' `created`: since when they are offered here


@blueprint.post("/chat/completions")
def chat_completions() -> ResponseReturnValue:
    """Answer a conversation: whole, or as a stream of chunks."""
    settings = services().settings
    request.max_content_length = body_limit(settings, services().text_bytes)
    order = read_completion(request, settings)
    model = find_model(_known(order.model))
    events = services().metrics.watched(converse(order.chat, model), model.name, "Chat")
    asked = order.chat.messages[-1].content if settings.log_content else None
    events = logged(_with_warnings(events, order.warnings), model.name, "Chat", asked)
    lang = language(request)
    head = {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "created": int(time.time()),
        "model": order.model,
    }
    if order.stream:
        chunks = Chunks(head, include_usage=order.include_usage, lang=lang)
        return stream_response(events, chunks, model.name)
    return whole_response(
        events, Answer, lambda one: localised(completion(head, one), lang), model.name
    )


def _with_warnings(
    events: Generator[Event, None, None], warnings: tuple[str, ...]
) -> Generator[Event, None, None]:
    """The same events; the answer tells what was said of the request before its own warnings."""
    with closing(events):
        for event in events:
            if isinstance(event, Answer):
                yield replace(event, warnings=(*warnings, *event.warnings))
            else:
                yield event


@blueprint.get("/models")
def models() -> Response:
    """Every model, with its state beside what OpenAI tells."""
    return jsonify(object="list", data=_rows())


@blueprint.get("/models/<name>")
def one_model(name: str) -> Response:
    """One of them."""
    _known(name)
    return jsonify(next(row for row in _rows() if row["id"] == name))


def _rows() -> list[dict[str, Any]]:
    return [
        {
            "id": state["name"],
            "object": "model",
            "created": STARTED,
            "owned_by": "kex",
            "status": state["status"],
            "detail": localised(state["detail"], language(request)),
            "images": state["images"],
        }
        for state in services().registry.describe()
    ]


def _known(name: str) -> str:
    if name not in NAMES:
        raise UnknownModel(
            message("errors.openai_unknown_model", name=name[:40], models=", ".join(NAMES)),
            field="model",
        )
    return name


def completion(head: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    """A whole `chat.completion`; `warnings` only where there are any."""
    message = {"role": "assistant", "content": answer.text, "refusal": None}
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": answer.reason,
    }
    body = {
        **head,
        "object": "chat.completion",
        "choices": [choice],
        "usage": _usage(answer.usage),
    }
    return body | _warnings(answer)


class Chunks:
    """Writes a talk as `chat.completion.chunk`s; implements `web.stream.Wire`."""

    def __init__(self, head: Mapping[str, Any], *, include_usage: bool, lang: Lang = "en") -> None:
        self._head = head
        self._include_usage = include_usage
        self._lang = lang
        self._begun = False

    def event(self, event: Event) -> str:
        if isinstance(event, Stage):
            return ""
        if isinstance(event, Token):
            return self._open() + self._chunk({"content": event.text})
        chunks = self._open() + self._chunk(
            {}, event.reason, **localised(_warnings(event), self._lang)
        )
        if self._include_usage:
            chunks += self._data(choices=[], usage=_usage(event.usage))
        return chunks + "data: [DONE]\n\n"

    def error(self, error: KexError) -> str:
        return _sse(openai_json(error, self._lang))

    def left(self) -> None:
        """Nothing is kept here."""

    def _open(self) -> str:
        """The first chunk says who speaks; it comes with the first word."""
        if self._begun:
            return ""
        self._begun = True
        return self._chunk({"role": "assistant", "content": ""})

    def _chunk(self, delta: Mapping[str, str], reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        nothing = {"usage": None} if self._include_usage else {}
        return self._data(choices=[choice], **nothing, **more)

    def _data(self, **fields: Any) -> str:
        return _sse({**self._head, "object": "chat.completion.chunk", **fields})


def _usage(usage: Usage) -> dict[str, int] | None:
    """None where the model does not say, as when a stop string ended an answer early."""
    read, written = usage.prompt_tokens, usage.completion_tokens
    if read is None or written is None:
        return None
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _warnings(answer: Answer) -> dict[str, list[str]]:
    return {"warnings": list(answer.warnings)} if answer.warnings else {}


def _sse(data: Any) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"

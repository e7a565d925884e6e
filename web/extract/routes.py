"""The routes: the page, POST /get_response and /export, and what the server says of itself."""

from __future__ import annotations

import re
from collections.abc import Generator
from functools import partial

from flask import Blueprint, Response, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from conversation import converse
from conversation.chat import Chat
from errors import KexError
from export.formats import FORMATS, write
from extraction import extractor
from models.registry import Registry
from settings import Settings
from storage.conversations.memory import Memory
from storage.knowledge_base.holder import Holder
from web import pages
from web.answering import attachment, find_model, stream_response, whole_response
from web.export.forms import read_export
from web.extract.events import NamedEvents
from web.extract.forms import Order, read_order
from web.extract.saving import Keeper
from web.stream import Answer, Event

blueprint = Blueprint("kex", __name__)


def _registry() -> Registry:
    registry: Registry = current_app.extensions["kex.registry"]
    return registry


def _settings() -> Settings:
    settings: Settings = current_app.extensions["kex.settings"]
    return settings


def _holder() -> Holder:
    holder: Holder = current_app.extensions["kex.base"]
    return holder


@blueprint.get("/")
def page() -> str:
    """The chat page, in the language of `?ui=` or of the browser."""
    html = render_template(
        "index.html",
        models=_registry().describe(),
        default_model=_settings().default_model,
        max_chars=_settings().max_chars,
        keeps=_settings().store is not None,
        has_base=_holder().exists,
        **pages.template_fields(pages.language(request.args.get("ui", ""))),
    )
    return re.sub(r"\n\s+", "\n", html)  # the template's indentation is for who reads it


@blueprint.post("/get_response")
def get_response() -> ResponseReturnValue:
    """Knowledge from `user_input`, or an answer to it: JSON, or what else is rather accepted.

    That is an event stream for scripts, a page for a browser without them.
    """
    order = read_order(request, _settings())
    model = find_model(order.model)
    events: Generator[Event, None, None]
    kind: type[Answer]
    if isinstance(order.work, Chat):
        events, kind = converse.converse(order.work, model), converse.Answer
    else:
        events, kind = extractor.extract(order.work, model), extractor.Answer
    keeper = _keeper(order)
    if _wants_events():
        return stream_response(events, NamedEvents(order.work, keeper))
    write = jsonify
    if pages.wanted():
        write = partial(pages.answer_page, source=order.text, lang=order.work.lang)
    if keeper is None:
        return whole_response(events, kind, lambda answer: answer.to_json(), write)
    try:
        return whole_response(events, kind, lambda answer: keeper.answered(answer.to_json()), write)
    except KexError as error:
        keeper.failed(error)
        raise


def _keeper(order: Order) -> Keeper | None:
    """What keeps the answer in its conversation; 404 for one that does not exist."""
    if order.place is None:
        return None
    memory: Memory = current_app.extensions["kex.memory"]
    keeper = Keeper(memory, order.place, order.text, order.fields)
    keeper.expect()
    return keeper


@blueprint.post("/export")
def export() -> Response:
    """The answers of the body, as a file in the format that it names."""
    order = read_export(request, _settings())
    written = FORMATS[order.format]
    text = write(order.format, order.records, order.iris)
    return attachment(text, written.content_type, f"kex.{written.suffix}")


def _wants_events() -> bool:
    accept = request.accept_mimetypes
    return accept["text/event-stream"] > 0 and "text/event-stream" in accept.values()


@blueprint.get("/models")
def models() -> Response:
    """Every model with its state."""
    return jsonify(models=_registry().describe(), default=_settings().default_model)


@blueprint.get("/health")
def health() -> Response:
    """The process is alive."""
    return jsonify(status="ok")


@blueprint.get("/ready")
def ready() -> ResponseReturnValue:
    """200 when the default model can answer now, else 503 with the reason."""
    state = _registry().get(_settings().default_model).state()
    body = jsonify(status=state.status, model=_settings().default_model, detail=state.detail)
    return body, 200 if state.status == "ready" else 503

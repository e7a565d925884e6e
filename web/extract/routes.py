"""The routes: the page, POST /get_response and /export, and what the server says of itself."""

from __future__ import annotations

import re
from collections.abc import Generator
from functools import partial

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from conversation import converse
from conversation.chat import Chat
from errors import KexError
from export.formats import FORMATS, write
from extraction import extractor
from models.base import ModelState
from web import pages
from web.answering import attachment, find_model, stream_response, whole_response
from web.export.forms import read_export
from web.extract.events import NamedEvents
from web.extract.forms import Order, read_order
from web.extract.saving import Keeper
from web.language import language
from web.logs.answers import logged
from web.services import services
from web.stream import Answer, Event
from wording import Lang, localised, message

blueprint = Blueprint("kex", __name__)


@blueprint.get("/")
def page() -> str:
    """The chat page, in the language of `?ui=` or of the browser."""
    html = render_template(
        "index.html",
        models=localised(services().registry.describe(), language(request)),
        default_model=services().settings.default_model,
        max_chars=services().settings.max_chars,
        keeps=services().settings.store is not None,
        has_base=services().knowledge_base.exists,
        **pages.template_fields(language(request)),
    )
    return re.sub(r"\n\s+", "\n", html)  # the indentation helps readers of the template only


@blueprint.post("/get_response")
def get_response() -> ResponseReturnValue:
    """Knowledge from `user_input`, or an answer to it.

    JSON by default; an event stream or an HTML page if the Accept header prefers it.
    """
    order = read_order(request, services().settings)
    model = find_model(order.model)
    events: Generator[Event, None, None]
    kind: type[Answer]
    if isinstance(order.work, Chat):
        events, kind = converse.converse(order.work, model), converse.Answer
    else:
        events, kind = extractor.extract(order.work, model), extractor.Answer
    task = "Chat" if isinstance(order.work, Chat) else order.work.prompt_type
    events = services().metrics.watched(events, model.name, task)
    asked = order.text if services().settings.log_content else None
    events = logged(events, model.name, task, asked)
    # A page without scripts is in the language of its text, its warnings too.
    lang = order.work.lang if pages.wanted() else language(request)
    keeper = _keeper(order, lang)
    if _wants_events():
        return stream_response(events, NamedEvents(order.work, keeper, lang), model.name)
    write = jsonify
    if pages.wanted():
        write = partial(pages.answer_page, source=order.text, lang=order.work.lang)
    if keeper is None:
        return whole_response(
            events, kind, lambda one: localised(one.to_json(), lang), model.name, write
        )
    try:
        return whole_response(
            events,
            kind,
            lambda one: keeper.answered(localised(one.to_json(), lang)),
            model.name,
            write,
        )
    except KexError as error:
        keeper.failed(error)
        raise


def _keeper(order: Order, lang: Lang) -> Keeper | None:
    """What keeps the answer in its conversation; 404 for one that does not exist."""
    if order.place is None:
        return None
    keeper = Keeper(services().conversations, order.place, order.text, order.fields, lang)
    keeper.expect()
    return keeper


@blueprint.post("/export")
def export() -> Response:
    """The answers of the body, as a file in the format that it names."""
    order = read_export(request, services().settings)
    written = FORMATS[order.format]
    text = write(order.format, order.records, order.iris)
    return attachment(text, written.content_type, f"kex.{written.suffix}")


def _wants_events() -> bool:
    accept = request.accept_mimetypes
    return accept["text/event-stream"] > 0 and "text/event-stream" in accept.values()


@blueprint.get("/models")
def models() -> Response:
    """Every model with its state."""
    states = localised(services().registry.describe(), language(request))
    return jsonify(models=states, default=services().settings.default_model)


@blueprint.get("/health")
def health() -> Response:
    """The process is alive."""
    return jsonify(status="ok")


@blueprint.get("/ready")
def ready() -> ResponseReturnValue:
    """200 when the default model can answer now, else 503 with the reason; 503 at the end, too."""
    state = services().registry.get(services().settings.default_model).state()
    if services().runner.stopping:
        state = ModelState("unavailable", message("errors.web_stopping"))
    detail = localised(state.detail, language(request))
    body = jsonify(status=state.status, model=services().settings.default_model, detail=detail)
    return body, 200 if state.status == "ready" else 503

"""The routes: the page, POST /get_response, and what the server says about itself."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from errors import Unavailable
from models.registry import Registry
from settings import Settings
from web.forms import read_request
from web.stream import ClientGone, Runner

blueprint = Blueprint("kex", __name__)


def _registry() -> Registry:
    registry: Registry = current_app.extensions["kex.registry"]
    return registry


def _settings() -> Settings:
    settings: Settings = current_app.extensions["kex.settings"]
    return settings


@blueprint.get("/")
def page() -> str:
    """The chat page, in the language of `?ui=` or of the browser."""
    asked = request.args.get("ui")
    best = request.accept_languages.best_match(["en", "zh"], "en")
    return render_template(
        "index.html",
        models=_registry().describe(),
        default_model=_settings().default_model,
        max_chars=_settings().max_chars,
        ui_lang=asked if asked in ("en", "zh") else best,
    )


@blueprint.post("/get_response")
def get_response() -> ResponseReturnValue:
    """Extract knowledge from `user_input`: JSON, or an event stream where that is accepted."""
    task, name = read_request(request, _settings())
    model = _registry().get(name)
    state = model.state()
    if state.status == "unavailable":  # while the status of a stream can still be 503
        raise Unavailable(f"{name} cannot serve: {state.detail}")
    runner: Runner = current_app.extensions["kex.runner"]
    gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    if _wants_events():
        stream = runner.events(task, model, gone)
        # X-Accel-Buffering: nginx would hold back the events otherwise.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return Response(stream, mimetype="text/event-stream", headers=headers)
    try:
        return jsonify(runner.whole(task, model, gone))
    except ClientGone:
        return Response(status=499)  # nobody reads it; nginx's code for this


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

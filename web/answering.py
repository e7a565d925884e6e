"""From a model's name and its events to a response of Flask; shared by all routes that ask one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from errors import Unavailable
from models.base import Model
from web.services import services
from web.stream import A, ClientGone, E, Event, Wire
from wording import message


def find_model(name: str) -> Model:
    """The model, if it can serve; Unavailable while the status of a stream can still be 503."""
    model = services().registry.get(name)
    state = model.state()
    if state.status == "unavailable":
        raise Unavailable(message("errors.model_unavailable", model=name, detail=state.detail))
    return model


def stream_response(events: Generator[E, None, None], wire: Wire[E], model: str) -> Response:
    """The events as they come, through the gate of `model`."""
    stream = services().runner.stream(events, wire, client_gone(), model)
    # X-Accel-Buffering: nginx would hold back the events otherwise.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(stream, mimetype="text/event-stream", headers=headers)


def whole_response(
    events: Generator[Event, None, None],
    kind: type[A],
    to_json: Callable[[A], Any],
    model: str,
    write: Callable[[Any], Response] = jsonify,
) -> ResponseReturnValue:
    """The answer that the events end with: its JSON as a response, or as `write` has it.

    It goes through the gate of `model`.
    """
    try:
        return write(to_json(services().runner.whole(events, kind, client_gone(), model)))
    except ClientGone:
        return Response(status=499)  # nobody reads it; nginx's code for this


def attachment(text: Iterator[str], content_type: str, name: str) -> Response:
    """A file that the client saves, sent while it is written."""
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    pieces = services().runner.pieces(text, client_gone(), "errors.web_export_timeout")
    return Response(pieces, content_type=content_type, headers=headers)


def client_gone() -> Callable[[], bool]:
    """A check whether the client has closed its connection; waitress knows."""
    gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    return gone

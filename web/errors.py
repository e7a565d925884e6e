"""Turns every error into the one JSON shape; no trace and no secret leaves the server."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from errors import KexError

log = logging.getLogger(__name__)

_MESSAGES = {
    404: "There is nothing at this address; the page is at / and the route at /get_response.",
    405: "This address takes another method: POST to /get_response, GET for the rest.",
}


def register(app: Flask) -> None:
    """Install the handlers."""
    app.register_error_handler(KexError, answer)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def answer(error: KexError) -> Response:
    response = jsonify(error.to_json())
    response.status_code = error.status
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http(error: HTTPException) -> Response:
    """Flask's own refusals: unknown path, wrong method, body too large."""
    code = (error.name or "error").lower().replace(" ", "_")
    message = _MESSAGES.get(error.code or 500) or error.description or error.name
    response = jsonify({"error": {"code": code, "message": message, "field": None}})
    response.status_code = error.code or 500
    allow = error.get_response().headers.get("Allow")
    if allow:
        response.headers["Allow"] = allow
    return response


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected %s", type(error).__name__)
    return answer(unexpected())


def unexpected() -> KexError:
    """What the user is told of a mistake of ours."""
    return KexError("Something went wrong inside Kex; its log says what.")

"""Turns every error into the one JSON shape; no trace and no secret leaves the server.

Under /v1/ that shape is OpenAI's, everywhere else Kex's own. A browser that has posted the form
without scripts gets a page with the same words.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from errors import KexError, Unavailable
from web import pages
from web.language import language
from wording import Lang, localised, message

log = logging.getLogger(__name__)

_MESSAGES = {
    404: message("errors.web_not_found"),
    405: message("errors.web_wrong_method"),
    413: message("errors.web_too_large"),
}
_OPENAI_MESSAGES = {
    404: message("errors.web_openai_not_found"),
    405: message("errors.web_openai_wrong_method"),
    413: message("errors.web_too_large"),
}
# What Kex's fields are called in OpenAI's requests.
_OPENAI_PARAMS = {
    "user_input": "messages",
    "image": "messages",
    "history": "messages",
    "schema": "response_format",
    "model_type": "model",
}


def register(app: Flask) -> None:
    """Install the handlers."""
    app.register_error_handler(KexError, answer)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def answer(error: KexError) -> Response:
    if pages.wanted():
        response = pages.error_page(error)
    else:
        lang = language(request)
        response = jsonify(openai_json(error, lang) if _for_openai() else error.to_json(lang))
    response.status_code = error.status
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def openai_json(error: KexError, lang: Lang = "en") -> dict[str, dict[str, Any]]:
    """The error in OpenAI's shape."""
    kind = "invalid_request_error" if error.status < 500 else "server_error"
    param = _OPENAI_PARAMS.get(error.field or "", error.field)
    return {
        "error": {
            "message": localised(error.message, lang),
            "type": "rate_limit_error" if error.status == 429 else kind,
            "param": param,
            "code": error.code,
        }
    }


def _for_openai() -> bool:
    return request.path.startswith("/v1/")


def _http(error: HTTPException) -> Response:
    """Flask's own refusals: unknown path, wrong method, body too large."""
    messages = _OPENAI_MESSAGES if _for_openai() else _MESSAGES
    status = error.code or 500
    same = KexError(messages.get(status) or error.description or error.name)
    same.status = status
    same.code = (error.name or "error").lower().replace(" ", "_")
    response = answer(same)
    allow = error.get_response().headers.get("Allow")
    if allow:
        response.headers["Allow"] = allow
    return response


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected %s", type(error).__name__)
    return answer(unexpected(error))


def unexpected(error: Exception | None = None) -> KexError:
    """The error for a defect of Kex, or for a request that needs too much memory."""
    if isinstance(error, MemoryError):
        return Unavailable(message("errors.web_out_of_memory"), retry_after=10)
    return KexError(message("errors.web_internal"))

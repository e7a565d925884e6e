"""Gives each request an id, and logs a line when its answer has ended.

The id is that of the header X-Request-Id, where a proxy has set one; the answer has it too.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable

from flask import Flask, Response, g, request

from log_lines import FIELDS, request_id

log = logging.getLogger(__name__)

HEADER = "X-Request-Id"
_GIVEN = re.compile(r"[A-Za-z0-9._-]{1,64}")  # nothing that could pass for another line


def register(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.began = time.monotonic()
    given = request.headers.get(HEADER, "")
    request_id.set(given if _GIVEN.fullmatch(given) else secrets.token_hex(8))


def _end(response: Response) -> Response:
    response.headers[HEADER] = request_id.get()
    response.call_on_close(_line(response))  # of a stream, when it is over
    return response


def _line(response: Response) -> Callable[[], None]:
    """Logs the request, without anything that a user sent beyond the path."""
    method, path, began = request.method, request.path, g.get("began", time.monotonic())
    own = request_id.get()

    def write() -> None:
        request_id.set(own)  # the thread that ends a stream may have begun another request
        milliseconds = round(1000 * (time.monotonic() - began))
        fields = {"status": response.status_code, "ms": milliseconds}
        log.info("%s %s", method, path, extra={FIELDS: fields})

    return write

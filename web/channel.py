"""One connection of the server: closed if the client is too slow; its own errors are JSON.

waitress reads requests and sends answers in one thread for all clients; its
time-out starts again at every byte, so that a byte now and then would hold a connection for ever.
"""

from __future__ import annotations

import json
import time
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from errors import InputError, KexError, TooLarge
from web.errors import openai_json, unexpected
from web.headers import HEADERS
from wording import Lang, message

STALL_SECONDS = 60.0  # where the server was given no KEX_STALL_TIMEOUT


class JsonErrorTask(ErrorTask):  # type: ignore[misc]  # waitress is untyped
    """What waitress itself refuses, in the one error shape: no HTTP, a header or body too large."""

    def execute(self) -> None:
        refused = self.request.error
        error = _as_ours(refused.code)
        accepted = parse_accept_header(
            self.request.headers.get("ACCEPT_LANGUAGE", ""), LanguageAccept
        )
        lang: Lang = "zh" if accepted.best_match(["en", "zh"]) == "zh" else "en"
        for_openai = str(getattr(self.request, "path", "")).startswith("/v1/")
        shape = openai_json(error, lang) if for_openai else error.to_json(lang)
        body = json.dumps(shape, ensure_ascii=False).encode()
        self.status = f"{refused.code} {refused.reason}"
        self.response_headers.extend(
            [("Content-Type", "application/json"), ("Connection", "close"), *HEADERS.items()]
        )
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


def _as_ours(status: int) -> KexError:
    if status == 413:
        return TooLarge(message("errors.web_too_large"))
    if status == 431:
        return InputError(message("errors.web_headers_too_large"))
    if status >= 500 and status != 501:
        return unexpected()
    return InputError(message("errors.web_no_http"))


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Refuses a request whose length is stated twice: a proxy may believe the other statement."""

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length beside Transfer-Encoding")


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection with `server.stall_timeout`: seconds for a whole request, and for the client to
    take some of the answer that waits for it."""

    error_task_class = JsonErrorTask
    parser_class = Parser

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # The first request has to begin at once; later ones may wait, up to waitress's limit.
        self._receiving_since: float | None = time.monotonic()
        self._waiting_since: float | None = None  # for the client to take some of the answer

    def received(self, data: bytes) -> bool:
        taken: bool = super().received(data)
        if self.request is None:
            self._receiving_since = None
        elif self._receiving_since is None:
            self._receiving_since = time.monotonic()
        return taken

    def readable(self) -> bool:
        """Whether to read; the server's loop asks each connection at least once a second."""
        if self.connected and self._stalls(time.monotonic(), time.time()):
            self.logger.info("a connection that sends or reads too slowly is closed")
            # Now: waitress closes what can be written to, which this may never be.
            self.handle_close()
            return False
        return bool(super().readable())

    def _stalls(self, now: float, wall: float) -> bool:
        """`now` by the monotonic clock; `wall` by that of the wall, as waitress notes activity."""
        limit: float = getattr(self.server, "stall_timeout", STALL_SECONDS)
        since = self._receiving_since
        if since is not None and now - since > limit:
            return True
        if not self.total_outbufs_len:
            self._waiting_since = None
            return False
        # The last activity may be the request, minutes ago, where the answer has just come.
        if self._waiting_since is None:
            self._waiting_since = now
        # The wall clock may be set: it alone never makes a connection stall.
        quiet: float = min(now - self._waiting_since, wall - self.last_activity)
        return quiet > limit

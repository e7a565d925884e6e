"""How log lines are written: as text or as JSON, with the id of the request, without content and
without secrets.

An exception is logged by its type and its place in the code. Its message may quote what somebody
sent, so it is left out, unless KEX_LOG_CONTENT asks for content. Knows nothing of Flask.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from datetime import datetime, timezone
from types import TracebackType
from typing import Any

from redaction import redacted, secrets_of
from settings import Settings

# Of the request that this thread works for. Threads that a request starts get it with its context.
request_id: ContextVar[str] = ContextVar("request_id", default="-")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
FIELDS = "fields"  # of a record: what a line says beside its message, by name

_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _Lines(logging.Formatter):
    def __init__(self, *, content: bool, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._content = content
        # A secret is also looked for as JSON spells it, with its quotation marks escaped.
        self._secrets = tuple(
            spelling for one in secrets for spelling in (one, json.dumps(one)[1:-1])
        )

    def format(self, record: logging.LogRecord) -> str:
        return redacted(self._line(record), self._secrets)

    def _line(self, record: logging.LogRecord) -> str:
        return super().format(record)

    def formatException(self, ei: _Raised) -> str:
        if self._content or ei[1] is None:
            return super().formatException(ei)
        return "\n".join(_without_messages(ei[1]))


class TextLines(_Lines):
    """`2026-11-28T12:00:00.123Z INFO web.logs.requests [4f0c…]: GET /health status=200 ms=1`."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={_quoted(value)}" for name, value in _fields(record).items())
        told = f"{record.message} {fields}".rstrip()
        # A line break in a path would look like another line, an escape would reach a terminal.
        told = _CONTROL.sub(lambda one: one[0].encode("unicode_escape").decode(), told)
        return f"{_time(record)} {record.levelname} {record.name} [{request_id.get()}]: {told}"


class JsonLines(_Lines):
    """One JSON object a line: time, level, logger, request, message, the fields, exception."""

    def _line(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "request": request_id.get(),
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


def configure(settings: Settings) -> None:
    """Let this process log to standard error as the settings say."""
    handler = logging.StreamHandler(sys.stderr)
    lines = JsonLines if settings.log_format == "json" else TextLines
    handler.setFormatter(lines(content=settings.log_content, secrets=secrets_of(settings)))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found: dict[str, Any] = getattr(record, FIELDS, {})
    return found


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _without_messages(error: BaseException) -> Iterator[str]:
    """The exception and what caused it, innermost first, by types and places."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _without_messages(cause)
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} {frame.name}"
    yield f"{type(error).__module__}.{type(error).__qualname__}"

"""Log lines: an id, fields, no content unless it is asked for, and no line that somebody forged."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest

from log_lines import FIELDS, JsonLines, TextLines, request_id

CANARY = "canary 鲁迅"


def written(lines: type[JsonLines | TextLines], content: bool = False) -> tuple[Any, io.StringIO]:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(lines(content=content))
    log = logging.Logger("kex.test")
    log.addHandler(handler)
    return log, out


def fail() -> None:
    try:
        json.loads(CANARY)
    except ValueError as error:
        raise KeyError(CANARY) from error


def test_a_json_line_has_what_a_collector_needs() -> None:
    log, out = written(JsonLines)
    token = request_id.set("abc")
    log.info("%s %s", "GET", "/health", extra={FIELDS: {"status": 200, "ms": 3}})
    request_id.reset(token)
    line = json.loads(out.getvalue())
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "INFO", "logger": "kex.test", "request": "abc", "message": "GET /health",
        "status": 200, "ms": 3,
    }  # fmt: skip


def test_a_text_line_is_one_line() -> None:
    log, out = written(TextLines)
    token = request_id.set("-")  # other tests may have answered requests in this thread
    log.info(
        "GET /a\n2026 INFO forged\x1b[31m\u2028",
        extra={FIELDS: {"end": "done", "text": "two words"}},
    )
    request_id.reset(token)
    (line,) = out.getvalue().splitlines()
    assert "INFO kex.test [-]: GET /a\\n2026 INFO forged\\x1b[31m\\u2028 end=done" in line
    assert line.endswith('text="two words"')


@pytest.mark.parametrize("lines", [JsonLines, TextLines])
@pytest.mark.parametrize("content", [False, True])
def test_an_exception_shows_places_and_only_by_choice_its_message(
    lines: type[JsonLines | TextLines], content: bool
) -> None:
    log, out = written(lines, content)
    try:
        fail()
    except KeyError:
        log.exception("unexpected")
    text = out.getvalue()
    assert "KeyError" in text and "JSONDecodeError" in text and "test_log_lines.py" in text
    assert (CANARY in text) == content

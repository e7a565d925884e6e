"""Logs a line for each answer of a model: how it ended and what it cost; content only by choice."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from contextlib import closing
from typing import Any, TypeVar

from conversation import converse
from errors import KexError
from extraction import extractor
from log_lines import FIELDS

log = logging.getLogger(__name__)

Answer = extractor.Answer | converse.Answer
E = TypeVar("E")


def logged(
    events: Generator[E, None, None], model: str, task: str, content: str | None
) -> Generator[E, None, None]:
    """The same events. `content` is what was asked, where content may be logged; else None."""
    began = time.monotonic()
    told: dict[str, Any] = {"model": model, "task": task, "end": "stopped"}
    if content is not None:
        told["text"] = content
    try:
        with closing(events):
            for event in events:
                if isinstance(event, Answer):
                    told |= {"end": "done", **_cost(event)}
                    if content is not None:
                        told["answer"] = _said(event)
                yield event
    except KexError as error:
        told["end"] = error.code
        raise
    except Exception:
        told["end"] = KexError.code
        raise
    finally:
        told["ms"] = round(1000 * (time.monotonic() - began))
        log.info("answer", extra={FIELDS: told})


def _cost(answer: Answer) -> dict[str, int | None]:
    usage = answer.usage
    return {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}


def _said(answer: Answer) -> str:
    if isinstance(answer, converse.Answer):
        return answer.text
    return str(answer.to_json()["response"])

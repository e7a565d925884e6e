"""Runs an extraction for one HTTP request: whole as JSON, or piece by piece as an event stream.

Both watch the client while they work: when it has gone, the model is stopped.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from errors import Busy, DeadlineExceeded, KexError
from extraction.extractor import Answer, Event, Found, Stage, Token, extract
from extraction.knowledge import Lang, item_json
from extraction.task import Task
from models.base import Model
from web.errors import unexpected

log = logging.getLogger(__name__)

RETRY_SECONDS = 10
PING_SECONDS = 2.0

_STAGES: dict[tuple[str, Lang], str] = {
    ("loading", "zh"): "正在加载模型",
    ("loading", "en"): "Loading the model",
    ("reading", "zh"): "正在阅读文本",
    ("reading", "en"): "Reading the text",
}


class ClientGone(Exception):
    """The client has closed its connection; there is nobody to answer."""


class Runner:
    """Places for extractions, a deadline for each, and an eye on the client.

    `timeout` is in seconds.
    """

    def __init__(self, places: int, timeout: float) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._timeout = timeout

    def whole(self, task: Task, model: Model, gone: Callable[[], bool]) -> dict[str, Any]:
        """The answer as one JSON object. Raises KexError, or ClientGone."""
        with _Place(self._places):
            for event in self._watched(task, model, gone):
                if isinstance(event, Answer):
                    return event.to_json()
        raise unexpected()

    def events(self, task: Task, model: Model, gone: Callable[[], bool]) -> Iterator[str]:
        """The answer as server-sent events. A full house raises Busy before the first one."""
        stream = self._events(task, model, gone)
        next(stream)  # takes the place, or raises Busy while the status can still be 503
        return stream

    def _events(self, task: Task, model: Model, gone: Callable[[], bool]) -> Iterator[str]:
        said: tuple[str, Any] | None = None
        spoke = time.monotonic()
        with _Place(self._places):
            yield ": kex\n\n"
            try:
                for event in self._watched(task, model, gone):
                    named = _named(event, task.lang)
                    if isinstance(event, Stage) and named == said:  # a comment keeps the line open
                        if time.monotonic() - spoke < PING_SECONDS:
                            continue
                        yield ": ping\n\n"
                    else:
                        said = named
                        yield _sse(*named)
                    spoke = time.monotonic()
            except ClientGone:
                return
            except KexError as error:
                yield _sse("error", error.to_json())
            except Exception as error:
                log.exception("unexpected %s", type(error).__name__)
                yield _sse("error", unexpected().to_json())

    def _watched(self, task: Task, model: Model, gone: Callable[[], bool]) -> Iterator[Event]:
        """The extraction's events, until the client leaves or the time is up."""
        deadline = time.monotonic() + self._timeout
        events = extract(task, model)
        try:
            for event in events:
                if gone():
                    log.info("the client left; %s is stopped", model.name)
                    raise ClientGone
                if time.monotonic() > deadline and not isinstance(event, Answer):
                    raise DeadlineExceeded(
                        f"No whole answer within {self._timeout:g} seconds: send less text, or "
                        "raise KEX_REQUEST_TIMEOUT."
                    )
                yield event
        finally:
            events.close()  # stops the model


class _Place:
    """One place, taken when made and given back when left; Busy when there is none."""

    def __init__(self, places: threading.BoundedSemaphore) -> None:
        if not places.acquire(blocking=False):
            raise Busy(
                "Every place is taken by another request: try again in a moment.",
                retry_after=RETRY_SECONDS,
            )
        self._places = places

    def __enter__(self) -> _Place:
        return self

    def __exit__(self, *_: object) -> None:
        self._places.release()


def _named(event: Event, lang: Lang) -> tuple[str, Any]:
    """An event's name and data in the stream."""
    if isinstance(event, Token):
        return "token", {"text": event.text}
    if isinstance(event, Found):
        return "item", item_json(event.item)
    if isinstance(event, Stage):
        message = _STAGES[event.name, lang]
        if event.chunks > 1:
            message += f" ({event.chunk}/{event.chunks})"
        return "status", {"message": message, "done": event.done}
    return "done", event.to_json()


def _sse(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"

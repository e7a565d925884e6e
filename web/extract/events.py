"""The event stream of POST /get_response: named events with JSON data, and `error` as the last."""

from __future__ import annotations

import json
from typing import Any

from conversation import converse
from conversation.chat import Chat
from errors import KexError, Stopped
from extraction import extractor
from extraction.extractor import Found
from extraction.request.task import Task
from knowledge.items import item_json
from models.progress import Stage, Token
from web.extract.saving import Keeper
from wording import text


class NamedEvents:
    """Writes the events of an extraction or a talk; implements `web.stream.Wire`.

    `keeper` keeps what they end with, before it is written.
    """

    def __init__(self, work: Task | Chat, keeper: Keeper | None = None) -> None:
        self._keeper = keeper
        self._items: list[Any] = []
        self._said: list[str] = []
        self._lang = work.lang
        self._talks = isinstance(work, Chat)

    def event(self, event: extractor.Event | converse.Event) -> str:
        if isinstance(event, Token):
            if self._talks:
                self._said.append(event.text)
            return _sse("token", {"text": event.text})
        if isinstance(event, Found):
            item = item_json(event.item)
            self._items.append(item)
            return _sse("item", item)
        if isinstance(event, Stage):
            status = {"message": self._message(event), "stage": event.name, "done": event.done}
            if event.chunks > 1:
                status |= {"chunk": event.chunk, "chunks": event.chunks}
            return _sse("status", {**status, "ahead": event.ahead} if event.ahead else status)
        answer = event.to_json()
        return _sse("done", self._keeper.answered(answer) if self._keeper else answer)

    def error(self, error: KexError) -> str:
        turn = self._keeper.failed(error, self._partial()) if self._keeper else None
        return _sse("error", error.to_json() if turn is None else {**error.to_json(), "turn": turn})

    def left(self) -> None:
        if self._keeper:
            stopped = Stopped("It was stopped before it was whole.")
            self._keeper.failed(stopped, self._partial())

    def _partial(self) -> dict[str, Any] | None:
        """What had come of an answer that will not be whole."""
        if self._items:
            return {"items": self._items}
        return {"text": "".join(self._said)} if self._said else None

    def _message(self, stage: Stage) -> str:
        name = "reading_conversation" if stage.name == "reading" and self._talks else stage.name
        message = text(self._lang, f"page.progress.{name}", ahead=stage.ahead)
        return f"{message} ({stage.chunk}/{stage.chunks})" if stage.chunks > 1 else message


def _sse(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"

"""The event stream of POST /get_response: named events with JSON data, and `error` as the last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from conversation import converse
from conversation.chat import Chat
from errors import KexError, Stopped
from extraction import extractor
from extraction.extractor import Found
from extraction.request.task import Task
from knowledge.answer_json import item_json
from models.progress import Stage, Token
from web.extract.saving import Keeper
from wording import Lang, localised, message, render

_EXTRACTION: Mapping[str, str] = {
    "loading": "states.stage_loading",
    "waiting": "states.stage_waiting",
    "reading": "states.stage_reading_text",
}
_CHAT: Mapping[str, str] = {
    **_EXTRACTION,
    "reading": "states.stage_reading_conversation",
    "writing": "states.stage_writing",
}


class NamedEvents:
    """Writes the events of an extraction or a talk; implements `web.stream.Wire`.

    `keeper` keeps what they end with, before it is written. Messages are written in `lang`.
    """

    def __init__(self, work: Task | Chat, keeper: Keeper | None = None, lang: Lang = "en") -> None:
        self._keeper = keeper
        self._items: list[Any] = []
        self._said: list[str] = []
        self._lang = lang
        self._talks = isinstance(work, Chat)
        self._stages = _CHAT if self._talks else _EXTRACTION

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
        answer = localised(event.to_json(), self._lang)
        return _sse("done", self._keeper.answered(answer) if self._keeper else answer)

    def error(self, error: KexError) -> str:
        turn = self._keeper.failed(error, self._partial()) if self._keeper else None
        body = error.to_json(self._lang)
        return _sse("error", body if turn is None else {**body, "turn": turn})

    def left(self) -> None:
        if self._keeper:
            stopped = Stopped(message("errors.web_stopped"))
            self._keeper.failed(stopped, self._partial())

    def _partial(self) -> dict[str, Any] | None:
        """What had come of an answer that will not be whole."""
        if self._items:
            return {"items": self._items}
        return {"text": "".join(self._said)} if self._said else None

    def _message(self, stage: Stage) -> str:
        text = render(self._lang, self._stages[stage.name], {"ahead": stage.ahead})
        return f"{text} ({stage.chunk}/{stage.chunks})" if stage.chunks > 1 else text


def _sse(name: str, data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"

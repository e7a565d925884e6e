"""Keeps the answer of one request as a turn of its conversation, if it belongs to one.

Runs outside of Flask's contexts too: a stream ends after them. What cannot be kept never takes the
answer along; it becomes a warning.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from errors import Busy, InputError, KexError, StoreFailed
from storage.conversations.lazy import LazyStore
from storage.conversations.records import NewTurn
from web.errors import unexpected
from wording import Lang, localised, message

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """Where a turn belongs: behind the others, or where turn `replaces` stands."""

    conversation: str
    replaces: int | None = None


class Keeper:
    """Keeps one turn. `request` holds the fields that were sent, without the text.

    Messages are stored in `lang`.
    """

    def __init__(
        self,
        store: LazyStore,
        place: Place,
        text: str,
        request: Mapping[str, Any],
        lang: Lang = "en",
    ) -> None:
        self._store = store
        self._place = place
        self._text = text
        self._request = request
        self._lang = lang
        self._began = time.monotonic()
        self._model = str(request["model_type"])

    def expect(self) -> None:
        """InputError for a place that does not exist, before a model works for it."""
        try:
            self._store.get().expect(self._place.conversation, self._place.replaces)
        except StoreFailed as error:
            log.warning("conversations cannot be kept: %s", error.message)

    def answered(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer with the number of its `turn`, or with a warning that there is none."""
        usage = answer["usage"]
        # A talk's history is the turns before: kept with each, it would grow with their square.
        stored = {name: value for name, value in answer.items() if name != "history"}
        said = NewTurn(
            text=self._text,
            request=self._request,
            model=answer["model"],
            answer=stored,
            elapsed_ms=answer["elapsed_ms"],
            prompt_tokens=usage["prompt_tokens"],
            completion_tokens=usage["completion_tokens"],
        )
        turn, why = self._append(said, self._place.replaces)
        if turn is not None:
            return {**answer, "turn": turn}
        warning = message("warnings.web_not_stored", reason=why)
        return {**answer, "warnings": [*answer["warnings"], localised(warning, self._lang)]}

    def failed(self, error: KexError, partial: Mapping[str, Any] | None = None) -> int | None:
        """Keep the error as a turn and return its number, or None where it is not kept.

        `partial` is what had come of the answer. A turn that was to be replaced stays as it was.
        """
        if isinstance(error, Busy | InputError) or self._place.replaces is not None:
            return None  # what was never begun leaves no trace
        shown = error.to_json(self._lang)["error"]
        said = NewTurn(
            text=self._text,
            request=self._request,
            model=self._model,
            error={
                **shown,
                **({"partial": partial} if partial else {}),
            },
            elapsed_ms=round(1000 * (time.monotonic() - self._began)),
        )
        turn, _ = self._append(said, None)
        return turn

    def _append(self, said: NewTurn, replaces: int | None) -> tuple[int | None, str]:
        """The turn's number, or None and why it is not kept."""
        try:
            return self._store.get().append(self._place.conversation, said, replaces), ""
        except KexError as error:
            log.warning("a turn was not kept: %s", error.message)
            return None, error.message
        except Exception as error:  # the answer is worth more than its place in the memory
            log.exception("unexpected %s", type(error).__name__)
            return None, unexpected().message

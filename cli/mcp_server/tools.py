"""What an MCP client may ask for, as plain functions; knows nothing of the protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any, Literal

from cli.language import locale_language
from errors import TooLarge
from extraction import extractor
from extraction.request.labels import read_labels
from extraction.request.task import Assertions, make_task
from models.progress import Stage
from models.registry import Registry
from settings import ModelName, Settings
from storage.knowledge_base.lazy import LazyBase
from wording import localised, message

# Told how many of how many parts are begun; may raise, which stops the model.
Watch = Callable[[int, int], None]


class Tools:
    """Works on the models and the knowledge base of this machine. Raises KexError. Thread-safe."""

    def __init__(self, settings: Settings, registry: Registry, base: LazyBase) -> None:
        self._settings = settings
        self._registry = registry
        self._base = base

    def extract(
        self,
        text: str,
        prompt_type: Literal["KE1", "KE2", "KE3"],
        *,
        entity: str | None,
        labels: Sequence[str] | None,
        lang: Literal["auto", "zh", "en"],
        assertions: Assertions,
        model: ModelName | None,
        watch: Watch,
    ) -> dict[str, Any]:
        """The answer, as `POST /get_response` gives it; `watch` is called at each event."""
        limit = self._settings.max_chars
        if len(text) > limit:
            key = "errors.mcp_text_too_long"
            raise TooLarge(message(key, length=len(text), limit=limit), field="text")
        task = make_task(
            prompt_type,
            text,
            lang=None if lang == "auto" else lang,
            entity=entity,
            labels=read_labels(list(labels) if labels else None),
            max_tokens=self._settings.max_tokens,
            assertions=assertions,
        )
        chosen = self._registry.get(model or self._settings.default_model)
        done, of = 0, 1
        with closing(extractor.extract(task, chosen)) as events:
            for event in events:
                if isinstance(event, Stage):
                    done, of = event.chunk - 1, event.chunks
                if isinstance(event, extractor.Answer):
                    answer: dict[str, Any] = localised(event.to_json(), locale_language())
                watch(done, of)
        return answer

    def find_entity(self, name: str, limit: int) -> dict[str, Any]:
        return _page("entities", self._base.get().entities(name, None, limit))

    def entity(self, name: str) -> dict[str, Any]:
        return asdict(self._base.get().entity(name))

    def around(self, name: str, depth: int, limit: int) -> dict[str, Any]:
        return asdict(self._base.get().around(name, depth, limit))

    def sources(self, query: str, after: str | None, limit: int) -> dict[str, Any]:
        return _page("sources", self._base.get().sources(query, after, limit))

    def source(self, name: str) -> dict[str, Any]:
        return asdict(self._base.get().source(name))


def _page(name: str, page: Any) -> dict[str, Any]:
    return {name: [asdict(row) for row in page.rows], "next": page.next}

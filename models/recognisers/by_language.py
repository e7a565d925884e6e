"""The recognisers by language: found in the cache, loaded on first use, once per process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from errors import Unavailable
from models.base import Mention
from models.recognisers.packs import PACKS, PackStore
from wording import joined, message

log = logging.getLogger(__name__)


class _Recogniser(Protocol):
    def recognize(self, text: str, *, unsure: bool = False) -> list[Mention]: ...


class Recognisers:
    """What finds names in Chinese (`zh`) and English (`en`) text without a language model.

    `say` as in PackStore. Memory and load time stand with each: `models.recognisers.lac`,
    `models.recognisers.spacy_en`.
    """

    def __init__(
        self,
        cache_dir: Path,
        sources: tuple[str, ...] = ("pypi",),
        *,
        say: Callable[[str], None] | None = None,
    ) -> None:
        options = {} if say is None else {"say": say}
        self.stores: Mapping[str, PackStore] = {
            lang: PackStore(pack, cache_dir, sources, **options) for lang, pack in PACKS.items()
        }
        self._lock = threading.Lock()  # one load at a time
        self._loaded: dict[str, _Recogniser] = {}

    def available(self, lang: str) -> bool:
        """Whether names in this language can be recognised; cheap, loads nothing."""
        return self.why_not(lang) is None

    def why_not(self, lang: str) -> str | None:
        """Why names in this language cannot be recognised, in one sentence, or None."""
        if lang in self._loaded:
            return None
        if lang not in self.stores:
            return message(
                "errors.recogniser_unknown_language",
                lang=lang[:20],
                languages=joined("options", PACKS),
            )
        store = self.stores[lang]
        return store.missing() if store.locate() is None else None

    def recognize(self, text: str, lang: str, *, unsure: bool = False) -> list[Mention]:
        """The names in the text, in its order, with `unsure` the candidates too.

        Unavailable with the reason. Safe for many threads. Loads the language's recogniser the
        first time.
        """
        return self._load(lang).recognize(text, unsure=unsure)

    def load(self, lang: str) -> None:
        """Load and return when ready; Unavailable with the reason."""
        self._load(lang)

    def _load(self, lang: str) -> _Recogniser:
        with self._lock:
            if lang not in self._loaded:
                missing = self.why_not(lang)
                if missing is not None:
                    raise Unavailable(missing)
                self._loaded[lang] = self._start(lang)
            return self._loaded[lang]

    def _start(self, lang: str) -> _Recogniser:
        store, started = self.stores[lang], time.monotonic()
        try:
            recogniser = _make(lang, store.path)
        except (ImportError, OSError, ValueError, RuntimeError) as error:
            raise Unavailable(
                message("errors.recogniser_load_failed", title=store.pack.title, reason=str(error))
            ) from error
        log.info("%s loaded in %.1f s", store.pack.title, time.monotonic() - started)
        return recogniser


def _make(lang: str, folder: Path) -> _Recogniser:
    if lang == "zh":
        from models.recognisers.lac import Lac

        return Lac(folder)
    from models.recognisers.spacy_en import SpacyEnglish

    return SpacyEnglish(folder)

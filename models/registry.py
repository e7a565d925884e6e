"""The three models by name: one object each per process, made on first use.

Making the registry, or asking for states, loads no engine.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from errors import InputError, KexError
from models.base import Message, Model
from models.chatgpt.model import ChatGpt
from models.embedded.model import Embedded
from models.local_glm.model import LocalGlm
from settings import ModelName, Settings
from wording import message

log = logging.getLogger(__name__)

NAMES: tuple[str, ...] = get_args(ModelName)


def local_glm(settings: Settings) -> Model:
    """The network of our own; the official code, or another Kex, where the settings ask for it."""
    if settings.local_glm_url:
        return _remote("Local-GLM", settings.local_glm_url, settings)
    if settings.glm_engine == "reference":
        from models.local_glm.reference import ReferenceGlm

        return ReferenceGlm(settings)
    return LocalGlm(settings)


def embedded(settings: Settings) -> Model:
    """Here, or in another Kex where the settings name one."""
    if settings.embedded_url:
        return _remote("Embedded", settings.embedded_url, settings)
    return Embedded(settings)


def _remote(name: str, url: str, settings: Settings) -> Model:
    from models.remote.model import RemoteModel

    key = settings.replica_key
    return RemoteModel(name, url, key.get_secret_value() if key else None)


FACTORIES: Mapping[str, Callable[[Settings], Model]] = {
    "Local-GLM": local_glm,
    "ChatGpt": ChatGpt,
    "Embedded": embedded,
}


class Registry:
    """Gives out the process's models. `models` replaces some of them, as tests do."""

    def __init__(self, settings: Settings, models: Mapping[str, Model] | None = None) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._models: dict[str, Model] = dict(models or {})

    def get(self, name: str) -> Model:
        """The model called `name`; InputError names the ones there are."""
        if name not in FACTORIES:
            raise InputError(
                message("errors.model_unknown", name=name[:40], models=", ".join(NAMES)),
                field="model_type",
            )
        with self._lock:
            if name not in self._models:
                self._models[name] = FACTORIES[name](self.settings)
            return self._models[name]

    def describe(self) -> list[dict[str, Any]]:
        """Name, status, detail, progress (a share, or None) and sight of every model."""
        rows = []
        for name in NAMES:
            model = self.get(name)
            state = model.state()
            rows.append(
                {
                    "name": name,
                    "status": state.status,
                    "detail": state.detail,
                    "progress": state.progress,
                    "images": model.capabilities.images,
                }
            )
        return rows

    def preload(self, name: str, prefixes: Sequence[tuple[Message, ...]]) -> threading.Thread:
        """Load a model and let it read its frequent prompts, in the background."""

        def run() -> None:
            model = self.get(name)
            try:
                model.load()
                model.warm(prefixes)
            except KexError as error:  # the state says it too; the server serves on
                log.warning("%s is not loaded: %s", name, error.message)

        thread = threading.Thread(target=run, name=f"preload-{name}", daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        """Free every model."""
        with self._lock:
            for model in self._models.values():
                model.close()

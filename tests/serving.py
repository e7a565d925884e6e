"""A real waitress server in a thread, for tests that talk HTTP."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any

from waitress import wasyncore

from app import create_app
from models.base import Model
from models.registry import Registry
from settings import Settings
from web.server import create_server, turn
from web.services import services_of


class Serving:
    """Serves while it is entered; `url` is where."""

    def __init__(self, settings: Settings, models: Mapping[str, Model]) -> None:
        self.app = create_app(settings, Registry(settings, models))
        self._sockets: dict[int, Any] = {}
        free = settings.model_copy(update={"port": 0})
        self._server = create_server(self.app, free, self._sockets)
        self.url = f"http://127.0.0.1:{self._server.effective_port}"
        self._over = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._over:
            turn(self._sockets)
        wasyncore.close_all(self._sockets)

    def __enter__(self) -> Serving:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.task_dispatcher.shutdown(timeout=2)
        self._over = True
        # Awake for another reason, the loop may have closed the trigger already.
        with suppress(OSError):
            self._server.pull_trigger()
        self._thread.join(timeout=5)
        # Only now: a request of a page that is still open would open them again.
        services = services_of(self.app)
        services.conversations.close()
        services.knowledge_base.close()

"""A real waitress server in a thread, for tests that talk HTTP."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType

import waitress

from app import create_app
from models.base import Model
from models.registry import Registry
from settings import Settings


class Serving:
    """Serves while it is entered; `url` is where."""

    def __init__(self, settings: Settings, models: Mapping[str, Model]) -> None:
        self.app = create_app(settings, Registry(settings, models))
        self._server = waitress.create_server(
            self.app,
            host="127.0.0.1",
            port=0,
            threads=settings.threads,
            channel_request_lookahead=1,
        )
        self.url = f"http://127.0.0.1:{self._server.effective_port}"
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self._server.asyncore.loop(timeout=0.1, map=self._server._map)

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
        # An empty map ends the loop. Awake for another reason, the loop may have closed the trigger
        # before the byte that should wake it is written.
        with suppress(OSError):
            self._server.trigger.pull_trigger(
                lambda: self._server.asyncore.close_all(self._server._map)
            )
        self._thread.join(timeout=5)

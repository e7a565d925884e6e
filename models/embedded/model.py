"""`Embedded`: a small language model on the CPU, in this very process.

It runs on the engine of our own (`models.qwen`) or on llama.cpp. Knows nothing of prompts or of
knowledge.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

from errors import KexError, ModelFailed, Unavailable, Unprocessable
from models.base import (
    Capabilities,
    Chunk,
    GenerateRequest,
    Message,
    ModelState,
    Progress,
)
from models.embedded.one_copy import OneCopy
from models.embedded.profile import ADAPTER, profile
from models.embedded.weights import QWEN_CODER_1_5B, WeightsStore, locate_own
from models.thread_stream import Sink, pump
from settings import Settings
from wording import joined, message

log = logging.getLogger(__name__)
MAX_REASON = 300  # characters of a reason that are shown

FIRST_PAUSE, LAST_PAUSE = 1.0, 60.0  # seconds until an engine that has broken is started again
LASTED = 600.0  # an engine that ran so many seconds was no failed start


class Engine(Protocol):
    """What runs the weights: the engine of our own or llama.cpp."""

    batches: bool  # whether requests beside each other cost less than one after the other
    about: str  # a sentence for people: which engine it is; empty where there is nothing to say

    @property
    def broken(self) -> bool:
        """Whether it has ended by itself and serves no more."""
        ...

    def warm(self, prefixes: Sequence[tuple[Message, ...]]) -> None: ...

    def count_tokens(self, texts: Sequence[str]) -> list[int] | None: ...

    def generate(self, request: GenerateRequest, sink: Sink[Chunk]) -> None:
        """Answer into the sink; blocks until the answer has ended or nobody listens any more."""
        ...

    def close(self) -> None: ...


class Embedded:
    """The embedded model; implements `models.base.Model`."""

    name = "Embedded"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = WeightsStore(
            QWEN_CODER_1_5B,
            settings.cache_dir,
            settings.hf_endpoint,
            settings.weight_sources,
        )
        self._copy = OneCopy(self._store, settings.cache_dir)
        self._lock = threading.Lock()  # one load at a time
        self._engine: Engine | None = None
        self._loading = False
        self._failure: str | None = None
        self._pause = FIRST_PAUSE  # seconds until an engine that has broken is started again
        self._began = 0.0  # when the engine was started last, by the monotonic clock
        self._closing = threading.Event()
        self._instead: str = ""  # why llama.cpp serves and not the engine of our own

    @property
    def capabilities(self) -> Capabilities:
        fitted = profile()
        ours = self._is_ours()
        return Capabilities(
            constraint="grammar",
            images=False,
            chunk_chars=fitted.chunk_chars,
            chunk_tokens=fitted.chunk_tokens,
            tuned=frozenset(fitted.tuned) if self._has_adapter() else frozenset(),
            tuned_tokens=fitted.tuned_tokens,
            curves=fitted.confidence if ours else {},
            # In llama.cpp two at a time are no faster than one after the other, and a part that
            # waits knows the names of the one before it.
            parallel=self._settings.embedded_slots if self.runs_own_engine() else 1,
            context_tokens=self._settings.embedded_context // self._settings.embedded_slots,
        )

    def runs_own_engine(self) -> bool:
        """Whether the engine of our own serves, or will, as far as can be known before."""
        if self._engine is not None:
            return self._engine.batches
        return self._settings.embedded_engine != "llama.cpp" and self._obstacle() is None

    def threads(self) -> int:
        """Threads of the engine."""
        return self._settings.embedded_threads or min(_cores(), 8)

    def weights_path(self) -> Path:
        """The file of the weights; raises Unavailable where there is none."""
        path = self._find()
        if path is None:
            raise Unavailable(self._missing())
        return path

    def whole_weights_path(self) -> Path:
        """As `weights_path`, the file as it was downloaded: made again where only the tiles have
        its matrices. Raises WeightsError where the disk has no room for it."""
        return self._whole(self.weights_path())

    def _whole(self, path: Path) -> Path:
        if path != self._copy.path:
            return path
        log.info("Embedded: the file is made again as it was downloaded")
        return self._copy.restore()

    def _has_adapter(self) -> bool:
        """Whether the adapter fits: it was trained for these very weights."""
        return self._is_ours() and ADAPTER.is_file()

    def _is_ours(self) -> bool:
        """Whether the weights are those that Kex was measured with."""
        own = self._own_path()
        if own is not None:
            return own.is_file() and own.stat().st_size == QWEN_CODER_1_5B.size
        return self._find() is not None

    def state(self) -> ModelState:
        engine = self._engine
        if engine is not None and engine.broken:
            return ModelState("loading", message("states.embedded_restarting"))
        if engine is not None:
            return ModelState("ready", self._instead or engine.about)
        if self._loading:
            return ModelState("loading", message("states.embedded_loading"))
        if self._failure is not None:
            return ModelState("unavailable", self._failure)
        try:
            path = self._find()
        except KexError as error:
            return ModelState("unavailable", error.message)
        if path is None:
            return ModelState("unavailable", self._missing())
        detail = joined("sentences", (message("states.loaded_on_first_request"), self._obstacle()))
        return ModelState("idle", detail or "")

    def _obstacle(self) -> str | None:
        """Why llama.cpp will serve, where that can be known before anything is loaded."""
        if self._settings.embedded_engine == "llama.cpp":
            return None
        from models.qwen.library import obstacle

        reason = obstacle(self._settings.cache_dir / "engine")
        return message("states.embedded_llama_instead", reason=reason) if reason else None

    def load(self) -> None:
        with self._lock:
            engine = self._engine
            if engine is not None and engine.broken:
                raise ModelFailed(message("errors.embedded_restarts"), retry_after=10)
            if engine is not None:
                return
            self._failure = None
            path = self.weights_path()
            self._loading = True
            try:
                self._engine = self._start(path)
            except Unavailable as error:
                self._failure = error.message
                raise
            except (ImportError, RuntimeError, ValueError) as error:
                self._failure = message(
                    "states.embedded_load_failed", name=path.name, reason=str(error)
                )
                raise Unavailable(self._failure) from error
            finally:
                self._loading = False

    def _find(self) -> Path | None:
        own = self._own_path()
        return locate_own(own) if own is not None else self._store.locate() or self._copy.locate()

    def _own_path(self) -> Path | None:
        """The file that KEX_EMBEDDED_PATH names; None where that is the file of the cache."""
        own = self._settings.embedded_path
        return own if own != self._store.path else None

    def _missing(self) -> str:
        found = self._store.path.exists()
        if found:
            return message("states.embedded_weights_wrong", path=self._store.path)
        return message("states.embedded_weights_missing")

    def _start(self, path: Path) -> Engine:
        started = self._began = time.monotonic()
        threads = self.threads()
        adapter = ADAPTER if self._has_adapter() else None
        engine: Engine | None = None
        self._instead = ""
        if self._settings.embedded_engine != "llama.cpp":
            engine = self._start_own(path, adapter, threads)
            if engine is None and not path.exists():
                path = self.weights_path()  # `kex models get` has replaced it in this moment
                engine = self._start_own(path, adapter, threads)
        if engine is None:
            from models.embedded.llama_engine import LlamaEngine
            from models.embedded.trial import require_opens

            path = self._whole(path)
            if path != self._store.path:
                cache = self._settings.cache_dir / "engine"
                require_opens(path, self.content_key(path), cache, threads)
            engine = LlamaEngine(path, adapter, self._settings, threads)
        seconds = time.monotonic() - started
        log.info("Embedded: %s, loaded in %.1f s. %s", path.name, seconds, engine.about)
        return engine

    def _start_own(self, path: Path, adapter: Path | None, threads: int) -> Engine | None:
        """The engine of our own; None where llama.cpp has to serve in its place."""
        # Only now: importing the app loads no engine.
        from models.embedded.own_engine import OwnEngine
        from models.qwen.gguf import DamagedGguf, GgufError
        from models.qwen.library import NoLibrary

        try:
            return OwnEngine(
                path, self.content_key(path), adapter, self._settings, threads, self._on_broken
            )
        except DamagedGguf as error:  # llama.cpp, too, would read it, and may crash over it
            raise Unavailable(
                message("states.embedded_damaged", name=path.name, reason=_shortened(str(error)))
            ) from error
        except (NoLibrary, GgufError, OSError, MemoryError) as error:
            if self._settings.embedded_engine == "own":
                raise Unavailable(
                    message("states.embedded_own_failed", reason=_shortened(str(error)))
                ) from error
            self._instead = message("states.embedded_llama_instead", reason=_shortened(str(error)))
            log.info("%s", self._instead)
        return None

    def _on_broken(self) -> None:
        """The engine has ended by itself: another one takes its place, after a pause that grows
        while engines do not last."""
        if time.monotonic() - self._began > LASTED:
            self._pause = FIRST_PAUSE
        threading.Thread(target=self._restart, name="embedded-restart", daemon=True).start()

    def _restart(self) -> None:
        log.warning("Embedded: the engine has ended; another one starts in %.0f s", self._pause)
        if self._closing.wait(self._pause):
            return
        self._pause = min(2 * self._pause, LAST_PAUSE)
        with self._lock:
            broken, self._engine = self._engine, None
        if broken is not None:
            broken.close()
        try:
            self.load()
        except KexError as error:  # the state says it, and the next request tries again
            log.warning("Embedded: it does not start again: %s", error.message)

    def content_key(self, path: Path) -> str:
        """Names the content of the weights, without reading them."""
        if path in (self._store.path, self._copy.path):
            return self._store.weights.sha256
        about = path.stat()
        return f"{path.resolve()} {about.st_size} {about.st_mtime_ns}"

    def warm(self, prefixes: Sequence[tuple[Message, ...]]) -> None:
        engine = self._engine
        if engine is not None:
            engine.warm(prefixes)

    def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        engine = self._engine
        return engine.count_tokens(texts) if engine is not None else None

    def generate(self, request: GenerateRequest) -> Generator[Chunk, None, None]:
        if any(one.images for one in request.messages):
            raise Unprocessable(
                message("errors.model_reads_text_only", model="Embedded"),
                field="image",
            )
        self.load()
        engine = self._engine
        if engine is None:
            raise Unavailable(message("errors.embedded_shut_down"))

        def produce(sink: Sink[Chunk]) -> None:
            engine.generate(request, sink)

        chunks = pump(produce, name="embedded")
        with closing(chunks):
            for chunk in chunks:
                yield chunk if chunk is not None else Progress()

    def close(self) -> None:
        """End what is being generated and free the weights."""
        self._closing.set()
        with self._lock:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()


def _shortened(reason: str) -> str:
    """A reason may quote a name in the file, of any length."""
    return reason if len(reason) <= MAX_REASON else f"{reason[:MAX_REASON]}…"


def _cores() -> int:
    """Cores that this process may use; a container may grant fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

"""`Embedded`: a small language model on the CPU, llama.cpp in this very process.

One engine per process. Its slots are shared by parallel requests; a request beyond them waits at
a gate here, where it can still leave. Knows nothing of prompts or of knowledge.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from errors import InputError, KexError, ModelFailed, Unavailable, Unprocessable
from models.base import (
    Capabilities,
    Chunk,
    GenerateRequest,
    Mention,
    Message,
    ModelState,
    Progress,
)
from models.embedded.llama_request import LlamaAnswer, check_grammar, payload
from models.embedded.llama_tokens import count_tokens
from models.embedded.profile import ADAPTERS, profile
from models.embedded.weights import QWEN_CODER_1_5B, WeightsStore, locate_own
from models.recognisers import Recognisers
from models.thread_stream import Sink, pump
from settings import Settings
from wording import message

log = logging.getLogger(__name__)

# Small batches cost no speed on two cores (96 tokens/s at 64 and at 256) and make a cancelled
# prefill stop, and its progress show, within a second.
BATCH_TOKENS = 64
CLOSE_SECONDS = 10.0  # for a batch of the prefill on a busy machine
CACHE_MIB = 256  # host memory for the prompts' prefixes, 28 KiB a token

_SHUT_DOWN = message("errors.embedded_shut_down")


class Embedded:
    """The embedded model; implements `models.base.Model` and `models.base.Recognising`."""

    name = "Embedded"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = WeightsStore(
            QWEN_CODER_1_5B,
            settings.cache_dir,
            settings.hf_endpoint,
            settings.weight_sources,
        )
        self.recognisers = Recognisers(settings.cache_dir, settings.weight_sources)
        self._lock = threading.Lock()  # one load at a time
        self._queue: deque[object] = deque()  # requests at the gate, first come first served
        self._free = settings.embedded_slots
        self._waiting = 0  # requests at the gate or in the engine; warming makes way for them
        self._count = threading.Condition()
        self._inside = 0  # threads in llama.cpp's code; the process must not end under them
        self._closing = False
        self._engine: Any = None
        self._key = secrets.token_urlsafe(32)  # of llama.cpp's port on loopback
        self._loading = False
        self._failure: str | None = None

    @property
    def capabilities(self) -> Capabilities:
        fitted = profile()
        ours = self._is_ours()
        return Capabilities(
            constraint="grammar",
            images=False,
            chunk_chars=fitted.chunk_chars,
            chunk_tokens=fitted.chunk_tokens,
            recognizes=True,
            trusted=fitted.trusted,
            tuned=frozenset(fitted.tuned) if self._adapters() else frozenset(),
            tuned_tokens=fitted.tuned_tokens,
            curves=fitted.confidence if ours else {},
            # One after the other: two at a time are no faster on the same cores, and a part that
            # waits knows the names of the one before it.
            parallel=1,
            context_tokens=self._settings.embedded_context // self._settings.embedded_slots,
        )

    def _adapters(self) -> list[Path]:
        """The adapters, where they fit: they were trained for these very weights."""
        there = self._is_ours() and all(path.is_file() for path in ADAPTERS)
        return list(ADAPTERS) if there else []

    def _is_ours(self) -> bool:
        """Whether the weights are those that Kex was measured with."""
        weights = self._settings.embedded_path or self._store.path
        return weights.is_file() and weights.stat().st_size == QWEN_CODER_1_5B.size

    def state(self) -> ModelState:
        if self._engine is not None:
            return ModelState("ready")
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
        return ModelState("idle", message("states.loaded_on_first_request"))

    def load(self) -> None:
        with self._lock:
            if self._engine is not None:
                return
            self._failure = None
            path = self._find()
            if path is None:
                raise Unavailable(self._missing())
            self._loading = True
            try:
                self._engine = self._start(path)
            except (ImportError, RuntimeError, ValueError) as error:
                self._failure = message(
                    "states.embedded_load_failed", name=path.name, reason=str(error)
                )
                raise Unavailable(self._failure) from error
            finally:
                self._loading = False

    def _find(self) -> Path | None:
        own = self._settings.embedded_path
        return locate_own(own) if own is not None else self._store.locate()

    def _missing(self) -> str:
        found = self._store.path.exists()
        if found:
            return message("states.embedded_weights_wrong", path=self._store.path)
        return message("states.embedded_weights_missing")

    def _start(self, path: Path) -> Any:
        import xllamacpp  # only now: importing the app loads no engine

        started = time.monotonic()
        threads = self._settings.embedded_threads or min(_cores(), 8)
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx = self._settings.embedded_context
        params.n_parallel = self._settings.embedded_slots
        params.n_batch = params.n_ubatch = BATCH_TOKENS
        params.cache_ram_mib = CACHE_MIB
        for cpu in (params.cpuparams, params.cpuparams_batch):
            cpu.n_threads = threads
            cpu.poll = 0  # waiting threads sleep instead of spinning: the cores are not ours alone
        params.lora_adapters = [  # at rest until a request asks for one
            xllamacpp.CommonAdapterLoraInfo(str(adapter), 0.0) for adapter in self._adapters()
        ]
        params.verbosity = 0
        # llama.cpp opens a port on loopback; without a key anyone on the machine could use it.
        params.api_keys = [self._key]
        params.ui = False
        engine = xllamacpp.Server(params)
        # One token, to see that it answers. It also makes sure that llama.cpp's own loop is
        # running: an engine that is freed before that hangs for ever.
        engine.handle_chat_completions(
            payload(GenerateRequest((Message("user", "."),), 1)), _ignore
        )
        log.info("Embedded: %s loaded in %.1f s", path.name, time.monotonic() - started)
        return engine

    def warm(self, prefixes: Sequence[tuple[Message, ...]]) -> None:
        """Read each prefix once, so that the engine's cache holds it; stops for any request."""
        if not self._settings.embedded_warm:
            return
        for prefix in prefixes:
            while not self._read(prefix):
                time.sleep(0.2)

    def _read(self, prefix: tuple[Message, ...]) -> bool:
        """Whether the prefix was read to its end; gives way as soon as somebody waits."""
        if self._waiting:
            return False
        finished: list[bool] = []

        def on_chunk(chunk: dict[str, Any]) -> bool:
            done = any(choice.get("finish_reason") for choice in chunk.get("choices", []))
            if done or "error" in chunk:  # a prefix that cannot be read now cannot be read later
                finished.append(True)
            return self._waiting > 0

        try:
            self._converse(GenerateRequest(prefix, max_tokens=1), on_chunk)
        except Unavailable:
            return True  # shut down: there is nothing left to warm
        return bool(finished)

    def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        with self._count:
            engine = None if self._closing else self._engine
            if engine is None:
                return None
            self._inside += 1
        try:
            return count_tokens(engine.listening_address, self._key, texts)
        finally:
            with self._count:
                self._inside -= 1
                self._count.notify_all()

    def generate(self, request: GenerateRequest) -> Generator[Chunk, None, None]:
        if any(message.images for message in request.messages):
            raise Unprocessable(
                message("errors.model_reads_text_only", model="Embedded"),
                field="image",
            )
        check_grammar(request.grammar)
        self.load()
        with self._count:
            self._waiting += 1
        # The producer, not this iterator, leaves the count: it may still be in the engine's
        # prefill when the consumer has gone.
        chunks = pump(lambda sink: self._produce(request, sink), name="embedded")
        with closing(chunks):
            for chunk in chunks:
                yield chunk if chunk is not None else Progress()

    def recognize(self, text: str, lang: str, *, unsure: bool = False) -> list[Mention]:
        """The names in the text; the recognisers need neither llama.cpp nor the GGUF file."""
        return self.recognisers.recognize(text, lang, unsure=unsure)

    def _produce(self, request: GenerateRequest, sink: Sink[Chunk]) -> None:
        try:
            if self._take_slot(sink):
                try:
                    self._run(request, sink)
                finally:
                    with self._count:
                        self._free += 1
                        self._count.notify_all()
        finally:
            with self._count:
                self._waiting -= 1

    def _take_slot(self, sink: Sink[Chunk]) -> bool:
        """Wait in line for a slot; False when the client left the line."""
        ticket = object()
        reported = 0
        with self._count:
            self._queue.append(ticket)
            try:
                while not (self._free and self._queue[0] is ticket):
                    if sink.stopped:
                        return False
                    ahead = self._queue.index(ticket) + 1
                    if ahead != reported and not self._free:
                        sink.put(Progress(ahead=ahead))
                        reported = ahead
                    self._count.wait(0.1)
                self._free -= 1
                if reported:
                    sink.put(Progress(0.0))
                return True
            finally:
                self._queue.remove(ticket)
                self._count.notify_all()

    def _run(self, request: GenerateRequest, sink: Sink[Chunk]) -> None:
        answer = LlamaAnswer(sink)
        self._converse(request, answer.on_chunk)
        if not sink.stopped:
            sink.put(answer.finish())

    def _converse(
        self, request: GenerateRequest, on_chunk: Callable[[dict[str, Any]], bool]
    ) -> None:
        """One conversation with llama.cpp; Unavailable where closing has ended it."""
        with self._count:
            engine = None if self._closing else self._engine
            if engine is None:
                raise Unavailable(_SHUT_DOWN)
            self._inside += 1
        try:
            engine.handle_chat_completions(
                payload(request), lambda chunk: on_chunk(chunk) or self._closing
            )
        except (RuntimeError, ValueError) as error:
            _, at_fault, complaint = str(error).partition("JSON schema error")
            if at_fault:
                raise InputError(
                    message("errors.embedded_schema", complaint=complaint), field="schema"
                ) from error
            raise ModelFailed(message("errors.embedded_refused", reason=str(error))) from error
        finally:
            closing = self._closing
            with self._count:
                self._inside -= 1
                self._count.notify_all()
        if closing:
            raise Unavailable(_SHUT_DOWN)

    def close(self) -> None:
        """End what is being generated, wait for llama.cpp to be left, and free it.

        A process that ends while a thread is inside llama.cpp crashes.
        """
        with self._lock:
            with self._count:
                self._closing = True
                self._count.wait_for(lambda: self._inside == 0, CLOSE_SECONDS)
                self._engine = None  # dropping the last reference stops the engine
                self._closing = False


def _ignore(_chunk: dict[str, Any]) -> bool:
    """Takes a chunk and lets the engine go on."""
    return False


def _cores() -> int:
    """Cores that this process may use; a container may grant fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

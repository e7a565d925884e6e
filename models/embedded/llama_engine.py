"""llama.cpp in this very process: what `Embedded` runs on where the engine of our own does not.

Its slots are shared by parallel requests; a request beyond them waits at a gate here, where it can
still leave.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from errors import InputError, ModelFailed, Unavailable
from models.base import Chunk, GenerateRequest, Message, Progress
from models.embedded.llama_request import LlamaAnswer, check_grammar, payload
from models.embedded.llama_tokens import count_tokens
from models.thread_stream import Sink
from settings import Settings
from wording import message

# Small batches cost no speed on two cores (96 tokens/s at 64 and at 256) and make a cancelled
# prefill stop, and its progress show, within a second.
BATCH_TOKENS = 64
CLOSE_SECONDS = 10.0  # for a batch of the prefill on a busy machine
CACHE_MIB = 256  # host memory for the prompts' prefixes, 28 KiB a token

_SHUT_DOWN = message("errors.embedded_shut_down")


class LlamaEngine:
    """One llama.cpp; implements `models.embedded.model.Engine`."""

    batches = False
    about = ""

    def __init__(self, path: Path, adapter: Path | None, settings: Settings, threads: int) -> None:
        """Raises ImportError, RuntimeError, ValueError where it cannot be started."""
        self._warm = settings.embedded_warm
        self._queue: deque[object] = deque()  # requests at the gate, first come first served
        self._free = settings.embedded_slots
        self._waiting = 0  # requests at the gate or in the engine; warming makes way for them
        self._count = threading.Condition()
        self._inside = 0  # threads in llama.cpp's code; the process must not end under them
        self._closing = False
        self._key = secrets.token_urlsafe(32)  # of llama.cpp's port on loopback
        self._server: Any = self._start(path, adapter, settings, threads)

    def _start(self, path: Path, adapter: Path | None, settings: Settings, threads: int) -> Any:
        import xllamacpp  # only now: importing the app loads no engine

        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx = settings.embedded_context
        params.n_parallel = settings.embedded_slots
        params.n_batch = params.n_ubatch = BATCH_TOKENS
        params.cache_ram_mib = CACHE_MIB
        for cpu in (params.cpuparams, params.cpuparams_batch):
            cpu.n_threads = threads
            cpu.poll = 0  # waiting threads sleep instead of spinning: the cores are not ours alone
        if adapter is not None:  # at rest until a request asks for it
            params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter), 0.0)]
        params.verbosity = 0
        # llama.cpp opens a port on loopback; without a key anyone on the machine could use it.
        params.api_keys = [self._key]
        params.ui = False
        server = xllamacpp.Server(params)
        # One token, to see that it answers. It also makes sure that llama.cpp's own loop is
        # running: an engine that is freed before that hangs for ever.
        server.handle_chat_completions(
            payload(GenerateRequest((Message("user", "."),), 1)), _ignore
        )
        return server

    @property
    def broken(self) -> bool:
        """False: llama.cpp does not tell."""
        return False

    @property
    def waiting(self) -> int:
        """Requests that are waiting or being answered."""
        return self._waiting

    def warm(self, prefixes: Sequence[tuple[Message, ...]]) -> None:
        """Read each prefix once, so that the engine's cache holds it; stops for any request."""
        if not self._warm:
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
            server = None if self._closing else self._server
            if server is None:
                return None
            self._inside += 1
        try:
            return count_tokens(server.listening_address, self._key, texts)
        finally:
            self._leave()

    def generate(self, request: GenerateRequest, sink: Sink[Chunk]) -> None:
        check_grammar(request.grammar)
        with self._count:
            self._waiting += 1
        # Not the consumer leaves the count: it may have gone while the prefill still runs.
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
            server = None if self._closing else self._server
            if server is None:
                raise Unavailable(_SHUT_DOWN)
            self._inside += 1
        try:
            server.handle_chat_completions(
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
            self._leave()
        if closing:
            raise Unavailable(_SHUT_DOWN)

    def _leave(self) -> None:
        with self._count:
            self._inside -= 1
            self._count.notify_all()

    def close(self) -> None:
        """End what is being generated, wait for llama.cpp to be left, and free it.

        A process that ends while a thread is inside llama.cpp crashes.
        """
        with self._count:
            self._closing = True
            self._count.wait_for(lambda: self._inside == 0, CLOSE_SECONDS)
            self._server = None  # dropping the last reference stops it


def _ignore(_chunk: dict[str, Any]) -> bool:
    """Takes a chunk and lets the engine go on."""
    return False

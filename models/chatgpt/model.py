"""`ChatGpt`: OpenAI's service, or any server that speaks its protocol, through the openai SDK.

One client per process. Knows nothing of prompts or of knowledge; what a request looks like, how
an answer is read and what an error means stand in the openai_* modules beside this one.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import Coroutine, Generator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from errors import ModelFailed, Unavailable
from models.base import Capabilities, Chunk, GenerateRequest, Message, ModelState, Progress
from models.chatgpt.answer import Answer
from models.chatgpt.errors import (
    Service,
    complaint_of,
    faults,
    retry_after,
    timed_out,
    translate,
    worth_retrying,
)
from models.chatgpt.request import Dialect, Fields, warning, write
from models.thread_stream import Sink, pump
from settings import Settings
from wording import message

if TYPE_CHECKING:
    import openai

log = logging.getLogger(__name__)

OFFICIAL = "https://api.openai.com/v1"
PLACEHOLDER_KEY = "none"  # local servers need no key, the SDK does
CONNECT_SECONDS = 5.0
FIRST_PAUSE = 0.5  # seconds before the second try, doubled for each further one
LONGEST_PAUSE = 10.0  # seconds; a server that asks for more is not waited for


class ChatGpt:
    """A model behind OpenAI's API; implements `models.base.Model`."""

    name = "ChatGpt"
    capabilities = Capabilities(
        constraint="json_schema",
        images=True,
        chunk_chars={"zh": 4000, "en": 12_000},
        parallel=4,
    )

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        secret = settings.openai_api_key
        self._key = secret.get_secret_value().strip() if secret is not None else ""
        self._url = (settings.openai_base_url or "").strip()
        self._complaint = _misconfigured(self._key, self._url)
        host = "" if self._complaint else urlsplit(self._url or OFFICIAL).netloc
        self._service = Service(
            host, settings.openai_model, settings.openai_timeout, self._key or None
        )
        self._dialect = Dialect(official=host == urlsplit(OFFICIAL).netloc)
        self._lock = threading.Lock()
        self._line: _Line | None = None

    def state(self) -> ModelState:
        if self._complaint is not None:
            return ModelState("unavailable", self._complaint)
        return ModelState("ready")

    def load(self) -> None:
        """Check the settings; nothing is asked of the server, which may charge for it."""
        if self._complaint is not None:
            raise Unavailable(self._complaint)

    def warm(self, prefixes: Sequence[tuple[Message, ...]]) -> None:
        """Nothing: the service keeps its own caches."""

    def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        """None: the service counts only what it has answered."""
        return None

    def generate(self, request: GenerateRequest) -> Generator[Chunk, None, None]:
        self.load()
        chunks = pump(lambda sink: self._produce(request, sink), name="chatgpt")
        with closing(chunks):
            for chunk in chunks:
                yield chunk if chunk is not None else Progress()

    def close(self) -> None:
        with self._lock:
            line, self._line = self._line, None
        if line is not None:
            line.close()

    def _produce(self, request: GenerateRequest, sink: Sink[Chunk]) -> None:
        with self._lock:  # so that no task is handed to a line that is being closed
            if self._line is None:
                self._line = self._open()
            call = _Call(request, sink, self._service, self._dialect, self._settings.openai_retries)
            task = self._line.submit(call.run(self._line.client))

        def abort() -> None:
            task.cancel()

        sink.on_stop(abort)
        try:
            task.result()
        except CancelledError:
            if not sink.stopped:
                raise Unavailable(message("errors.chatgpt_shut_down")) from None

    def _open(self) -> _Line:
        try:
            return _Line(self._key or PLACEHOLDER_KEY, self._url or OFFICIAL, self._settings)
        except faults() as error:
            raise translate(error, self._service) from error


def _misconfigured(key: str, url: str) -> str | None:
    """What is wrong with the settings, in one sentence."""
    if not key and not url:
        return message("errors.chatgpt_no_key")
    if not (key.isascii() and key.isprintable()) or " " in key:
        return message("errors.chatgpt_bad_key")
    if not url:
        return None
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        right = False
    if not right or not url.isprintable() or " " in url:
        return message("errors.chatgpt_url_scheme")
    # httpx2 logs whole addresses.
    if "@" in parts.netloc or parts.query:
        return message("errors.chatgpt_url_secret")
    return None


class _Call:
    """One request on its way: its tries, until the first token or our error."""

    def __init__(
        self,
        request: GenerateRequest,
        sink: Sink[Chunk],
        service: Service,
        dialect: Dialect,
        retries: int,
    ) -> None:
        self._request = request
        self._sink = sink
        self._service = service
        self._dialect = dialect
        self._levels = dialect.levels()
        # The SDK's own retries sleep where nobody can wake them, wait up to two minutes if the
        # server says so, try again after every time-out, and never once the headers have come.
        self._patience = _Patience(retries)

    async def run(self, client: openai.AsyncOpenAI) -> None:
        """Put the answer into the sink, its Finish last; raises KexError."""
        while True:
            answer = Answer(self._sink, self._service)
            fields = write(self._request, self._service.model, self._levels)
            try:
                await _read(client, fields, answer)
            except faults() as error:
                pause = self._pause(error, answer)
            else:
                self._sink.put(answer.finish(warning(self._request, self._levels)))
                return
            await asyncio.sleep(pause)

    def _pause(self, error: Exception, answer: Answer) -> float:
        """Seconds until the next try; raises our error where there is none."""
        failure = translate(error, self._service)
        if answer.started:
            failure = ModelFailed(message("errors.chatgpt_broke_off", reason=failure.message))
        elif levels := self._dialect.learn(complaint_of(error), self._request, self._levels):
            self._levels = levels
            return 0.0
        elif (pause := self._patience.pause(error)) is not None:
            log.info("ChatGpt: next try in %.1f s: %s", pause, failure.message)
            return pause
        # Some servers repeat the key; it must not come back in the trace of the cause.
        raise failure from (None if self._service.told_in(str(error)) else error)


async def _read(client: openai.AsyncOpenAI, fields: Fields, answer: Answer) -> None:
    """One try: from the request to the end of its answer."""
    import openai

    stream = await client.chat.completions.create(stream=True, **fields)
    async with stream:
        try:
            async for chunk in stream:
                answer.take(chunk)
        except openai.APIConnectionError:
            if not answer.whole:
                raise
            # Only the usage is lost, which comes after the end of the answer.


class _Patience:
    """How often, and after how many seconds, one request is tried again."""

    def __init__(self, tries: int) -> None:
        self._left = tries
        self._timeouts_left = 1  # each costs the user a whole KEX_OPENAI_TIMEOUT
        self._next = FIRST_PAUSE

    def pause(self, error: Exception) -> float | None:
        """Seconds until the next try, or None if this was the last."""
        late = timed_out(error)
        if not worth_retrying(error) or not self._left or (late and not self._timeouts_left):
            return None
        self._left -= 1
        self._timeouts_left -= late
        sent = retry_after(error)
        if sent is not None:
            return sent if sent <= LONGEST_PAUSE else None
        self._next *= 2
        # Jitter, so that requests which failed together do not come back together.
        return min(self._next / 2, LONGEST_PAUSE) * random.uniform(0.75, 1.0)  # noqa: S311


class _Line:
    """The process's one client, and the event loop that it lives on, in a thread of its own.

    Why asyncio: a stream of the synchronous SDK that is closed from another thread stays blocked
    until its read time-out (4.5 s of 5 measured), and while headers are awaited there is nothing
    to close at all. A cancelled task leaves name look-up, connect, TLS, headers, body and pauses
    at once, and httpx2 closes the connection.
    """

    def __init__(self, key: str, url: str, settings: Settings) -> None:
        import openai

        self.client = openai.AsyncOpenAI(
            api_key=key,
            base_url=url,
            timeout=openai.Timeout(settings.openai_timeout, connect=CONNECT_SECONDS),
            max_retries=0,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="chatgpt-loop", daemon=True
        )
        self._thread.start()

    def submit(self, work: Coroutine[object, object, None]) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """Cancel what is under way and free the connections; waits for it."""
        self.submit(self._shut()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _shut(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.client.close()
        await self._loop.shutdown_asyncgens()

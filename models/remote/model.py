"""A model that runs in another Kex, on another machine (`KEX_EMBEDDED_URL`, `KEX_LOCAL_GLM_URL`).

The other one serves it with `KEX_REPLICA=on` (`web.replica.routes`). Prompts, grammars and
grounding stay here: a request to the model goes over, and the stream of its answer comes back.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from errors import Busy, KexError, ModelFailed, Unavailable
from models.base import (
    Capabilities,
    Chunk,
    Finish,
    GenerateRequest,
    Message,
    ModelState,
    Progress,
)
from models.cache_key import without_secrets
from models.remote.protocol import (
    VERSION,
    Json,
    read_capabilities,
    read_chunk,
    write_request,
)
from models.thread_stream import Sink, pump
from wording import message

if TYPE_CHECKING:
    import httpx2

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 30.0  # a stream that says nothing for so long is broken: it has signs of life
FRESH_SECONDS = 2.0  # a state that is older is asked for anew, behind the back of who reads it
LOADING_SECONDS = 0.5  # between two looks at whether it is loaded
_UNKNOWN = Capabilities("json_schema", images=False, chunk_chars={"zh": 160, "en": 480})


class RemoteModel:
    """Implements `models.base.Model`; one per process."""

    def __init__(self, name: str, url: str, key: str | None = None) -> None:
        self.name = name
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._lock = threading.Lock()
        self._client_: httpx2.Client | None = None
        self._capabilities: Capabilities | None = None
        self._state = ModelState("idle", message("states.remote_idle", url=without_secrets(url)))
        self._state_at = 0.0
        self._closed = False
        self._refreshing: threading.Thread | None = None

    @property
    def _client(self) -> httpx2.Client:
        import httpx2  # a tenth of a second, which a start without this model need not pay

        with self._lock:
            if self._closed:
                raise Unavailable(message("errors.remote_shut_down", name=self.name))
            if self._client_ is None:
                timeout = httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
                self._client_ = httpx2.Client(
                    base_url=self._url, headers=self._headers, timeout=timeout
                )
            return self._client_

    @property
    def capabilities(self) -> Capabilities:
        """The other one's, once it was reached: `load` is called before they are needed."""
        return self._capabilities or replace(_UNKNOWN, images=self.name == "Local-GLM")

    def state(self) -> ModelState:
        with self._lock:
            stale = time.monotonic() - self._state_at > FRESH_SECONDS
            busy = self._refreshing is not None and self._refreshing.is_alive()
            if stale and not busy and not self._closed:
                self._state_at = time.monotonic()
                name = f"state-{self.name}"
                self._refreshing = threading.Thread(target=self._refresh, name=name, daemon=True)
                self._refreshing.start()
        return self._state

    def load(self) -> None:
        found = self._describe()
        if found["status"] == "idle":
            self._call("load", {})
            found = self._describe()
        while found["status"] in ("idle", "loading"):
            time.sleep(LOADING_SECONDS)
            found = self._describe()
        if found["status"] == "unavailable":
            raise Unavailable(
                message(
                    "errors.remote_unavailable",
                    name=self.name,
                    url=without_secrets(self._url),
                    detail=found["detail"],
                )
            )

    def warm(self, prefixes: Sequence[tuple[Message, ...]]) -> None:
        """The other one has read them when it began."""

    def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        counts: list[int] | None = self._call("count", {"texts": list(texts)})["counts"]
        return counts

    def generate(self, request: GenerateRequest) -> Generator[Chunk, None, None]:
        body = {"model": self.name, "request": write_request(request)}
        finished = False

        name = f"remote-{self.name}"
        chunks = pump(lambda sink: self._stream(body, sink), name=name)
        with closing(chunks):
            for chunk in chunks:
                yield Progress() if chunk is None else chunk
                finished = isinstance(chunk, Finish)
        if not finished:
            raise ModelFailed(
                message("errors.remote_broke_off", name=self.name, url=without_secrets(self._url))
            )

    def close(self) -> None:
        with self._lock:
            self._closed = True
            refreshing = self._refreshing
        if refreshing is not None:  # it may be connecting; then it finds the door shut
            refreshing.join(CONNECT_SECONDS + 1)
        with self._lock:
            if self._client_ is not None:
                self._client_.close()
            self._client_ = None

    def _stream(self, body: Json, sink: Sink[Chunk]) -> None:
        import httpx2

        try:
            with self._client.stream("POST", "/v1/replica/generate", json=body) as response:
                sink.on_stop(response.close)
                if response.status_code != 200:
                    response.read()
                    raise self._error(response)
                for line in response.iter_lines():
                    if sink.stopped:
                        return
                    if not line:
                        continue
                    value = json.loads(line)
                    if "error" in value:
                        raise _raised(value["error"])
                    sink.put(read_chunk(value))
        except (httpx2.HTTPError, httpx2.StreamError, json.JSONDecodeError) as error:
            if not sink.stopped:
                raise self._unreachable(error) from error

    def _describe(self) -> Json:
        found = self._call("model", {})
        if found["version"] != VERSION:
            raise Unavailable(message("errors.remote_version", url=without_secrets(self._url)))
        self._capabilities = read_capabilities(found["capabilities"])
        self._state = ModelState(found["status"], found["detail"], found["progress"])
        return found

    def _refresh(self) -> None:
        try:
            self._describe()
        except KexError as error:
            self._state = ModelState("unavailable", error.message)

    def _call(self, what: str, fields: Json) -> Json:
        import httpx2

        body = {"model": self.name, **fields}
        try:
            response = self._client.post(f"/v1/replica/{what}", json=body)
            if response.status_code != 200:
                raise self._error(response)
            found: Json = response.json()
        except (httpx2.HTTPError, json.JSONDecodeError) as error:
            raise self._unreachable(error) from error
        return found

    def _error(self, response: Any) -> KexError:
        try:
            return _raised(response.json()["error"], response.headers.get("Retry-After"))
        except (ValueError, KeyError, TypeError):
            return Unavailable(
                message(
                    "errors.remote_no_replica",
                    url=without_secrets(self._url),
                    status_code=response.status_code,
                )
            )

    def _unreachable(self, error: Exception) -> Unavailable:
        unreachable = message(
            "errors.remote_unreachable",
            name=self.name,
            url=without_secrets(self._url),
            kind=type(error).__name__,
        )
        return Unavailable(unreachable, retry_after=10)


def _raised(error: Json, retry_after: str | None = None) -> KexError:
    """The other one's error, as this one tells it."""
    pause = int(retry_after) if retry_after and retry_after.isdigit() else None
    if error["code"] == "busy":
        return Busy(error["message"], retry_after=pause)
    if error["code"] in ("model_failed", "invalid_input"):
        return ModelFailed(error["message"])
    return Unavailable(error["message"], retry_after=pause)

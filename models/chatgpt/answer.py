"""Reads the streamed pieces of one answer of an OpenAI-compatible server.

Believes nothing of what comes: each piece is validated. Knows nothing of connections.
"""

from __future__ import annotations

import codecs
from typing import Literal

from pydantic import BaseModel, ConfigDict

from errors import ModelFailed
from models.base import Chunk, Finish, Text, Usage
from models.chatgpt.errors import Service
from models.thread_stream import Sink
from wording import message

_LENGTH = ("length", "max_tokens")
_BROKEN = {
    "content_filter": "errors.chatgpt_content_filter",
    "tool_calls": "errors.chatgpt_called_tool",
    "function_call": "errors.chatgpt_called_tool",
    "error": "errors.chatgpt_host_broke_off",
}


class _Part(BaseModel):
    # The SDK hands over objects that it built without checking them.
    model_config = ConfigDict(from_attributes=True)


class _Delta(_Part):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Part):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Usage(_Part):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Piece(_Part):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None


class Answer:
    """One answer on its way into `sink`; `started` once a token has gone there."""

    def __init__(self, sink: Sink[Chunk], service: Service) -> None:
        self._sink = sink
        self._service = service
        self._pieces = 0
        self._refusal = ""
        self._reason: str | None = None
        self._usage = Usage()
        # Joins surrogate pairs that a server has cut in two, and replaces halves left alone.
        self._joiner = codecs.getincrementaldecoder("utf-16-le")("replace")
        self.started = False

    @property
    def whole(self) -> bool:
        """Whether the server has said that the answer is at its end."""
        return self._reason is not None

    def take(self, chunk: object) -> None:
        """Read one piece; a ValueError (pydantic's) if it has not the shape of one."""
        piece = _Piece.model_validate(chunk)
        self._pieces += 1
        if piece.usage is not None:
            self._usage = Usage(piece.usage.prompt_tokens, piece.usage.completion_tokens)
        if not piece.choices:  # the last piece carries the usage alone
            return
        choice = piece.choices[0]
        if choice.delta is not None:
            self._refusal += choice.delta.refusal or ""
            self._put((choice.delta.content or "").encode("utf-16-le", "surrogatepass"))
        self._reason = choice.finish_reason or self._reason

    def _put(self, utf16: bytes, *, final: bool = False) -> None:
        text = self._joiner.decode(utf16, final)
        if text:
            self.started = True
            self._sink.put(Text(text))

    def finish(self, warning: str | None) -> Finish:
        """The answer's end; ModelFailed if it is none that can be called whole."""
        host = self._service.host
        if not self._pieces:
            raise ModelFailed(message("errors.chatgpt_not_compatible", host=host))
        if self._refusal:
            raise ModelFailed(
                message("errors.chatgpt_refusal", reason=self._service.quote(self._refusal))
            )
        if self._reason is None:
            raise ModelFailed(message("errors.chatgpt_cut", host=host))
        if self._reason in _BROKEN:
            raise ModelFailed(message(_BROKEN[self._reason], host=host))
        self._put(b"", final=True)
        reason: Literal["stop", "length"] = "length" if self._reason in _LENGTH else "stop"
        return Finish(reason, self._usage, warning)

"""What the routes in OpenAI's form answer, as types; see `answers`."""

from __future__ import annotations

from typing import Literal

from typing_extensions import NotRequired, TypedDict

from models.base import Status


class OpenAIProblem(TypedDict):
    message: str
    type: Literal["invalid_request_error", "rate_limit_error", "server_error"]
    param: str | None
    code: str


class OpenAIError(TypedDict):
    error: OpenAIProblem


class CompletionMessage(TypedDict):
    role: Literal["assistant"]
    content: str
    refusal: None


class CompletionChoice(TypedDict):
    index: int
    message: CompletionMessage
    logprobs: None
    finish_reason: Literal["stop", "length"]


class CompletionUsage(TypedDict):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Completion(TypedDict):
    id: str
    created: int
    model: str
    object: Literal["chat.completion"]
    choices: list[CompletionChoice]
    usage: CompletionUsage | None
    warnings: NotRequired[list[str]]


class OpenAIModel(TypedDict):
    id: str
    object: Literal["model"]
    created: int
    owned_by: Literal["kex"]
    status: Status
    detail: str
    images: bool


class OpenAIModelList(TypedDict):
    object: Literal["list"]
    data: list[OpenAIModel]

"""A request as OpenAI-compatible servers read it, and what to leave out for those that are older.

Servers differ in some optional parameters. Each is written in its best form first; a server that
rejects it by name gets the next one. Knows nothing of connections or of answers.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from models.base import GenerateRequest, Image, Message
from wording import joined, message

Fields = dict[str, Any]
Levels = Mapping[str, int]  # which form of each option, 0 is the best

NO_SCHEMA = message("warnings.chatgpt_no_schema")


@dataclass(frozen=True)
class Option:
    """`names`: how a complaint calls it; `forms`: how to write it, best first."""

    names: tuple[str, ...]
    forms: tuple[Callable[[GenerateRequest], Fields], ...]


def _nothing(request: GenerateRequest) -> Fields:
    return {}


def _json_schema(request: GenerateRequest) -> Fields:
    if request.json_schema is None:
        return {}
    schema = {"name": "knowledge", "strict": True, "schema": dict(request.json_schema)}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _json_object(request: GenerateRequest) -> Fields:
    return {} if request.json_schema is None else {"response_format": {"type": "json_object"}}


def _top_p(request: GenerateRequest) -> Fields:
    return {} if request.sampling.top_p is None else {"top_p": request.sampling.top_p}


def _seed(request: GenerateRequest) -> Fields:
    return {} if request.sampling.seed is None else {"seed": request.sampling.seed}


OPTIONS: Mapping[str, Option] = {
    "limit": Option(
        ("max_tokens", "max_completion_tokens"),
        (
            lambda request: {"max_tokens": request.max_tokens},
            lambda request: {"max_completion_tokens": request.max_tokens},
        ),
    ),
    "temperature": Option(
        ("temperature",), (lambda request: {"temperature": request.temperature}, _nothing)
    ),
    "top_p": Option(("top_p",), (_top_p, _nothing)),
    "seed": Option(("seed",), (_seed, _nothing)),
    "usage": Option(
        ("stream_options", "include_usage"),
        (lambda request: {"stream_options": {"include_usage": True}}, _nothing),
    ),
    "form": Option(
        ("response_format", "json_schema", "json_object", "json schema", "structured output"),
        (_json_schema, _json_object, _nothing),
    ),
}

# "max_tokens is too large" and "temperature must be at most 2" are the caller's to mend.
_REJECTION = re.compile(
    r"unsupported|not support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed"
)
_UNNAMED_REJECTION = re.compile(
    r"(unsupported|unknown|unrecogni[sz]ed|unexpected|extra|requested) "
    r"(request )?(parameter|argument|field|input|keyword)"
)


# The schema of one request is no reason to send none with the next.
_THIS_SCHEMA = re.compile(r"invalid schema|schema error|invalid_json_schema|parse grammar")


class Dialect:
    """What this process has learned about its server; used on one thread only."""

    def __init__(self, *, official: bool) -> None:
        # OpenAI's newer models take max_completion_tokens only, older compatible servers know
        # nothing but max_tokens.
        self._levels = dict.fromkeys(OPTIONS, 0) | {"limit": 1 if official else 0}

    def levels(self) -> Levels:
        """The forms to use now."""
        return dict(self._levels)

    def learn(self, complaint: str, request: GenerateRequest, used: Levels) -> Levels | None:
        """What to try next where `complaint` rejects an option of `request`, else None."""
        complaint = complaint.lower()
        name = _rejected(complaint)
        if name is None or used[name] + 1 == len(OPTIONS[name].forms):
            return None
        if not OPTIONS[name].forms[used[name]](request):
            return None  # it was not even sent
        lower = used[name] + 1
        if not _THIS_SCHEMA.search(complaint):
            self._levels[name] = max(self._levels[name], lower)
        return {**used, name: lower}


def _rejected(complaint: str) -> str | None:
    for name, option in OPTIONS.items():
        if any(word in complaint for word in option.names) and (
            # No complaint but about the form itself mentions the form of the answer.
            name == "form" or _REJECTION.search(complaint)
        ):
            return name
    return "form" if _UNNAMED_REJECTION.search(complaint) else None


def warning(request: GenerateRequest, used: Levels) -> str | None:
    """What was weaker than asked for, in whole sentences."""
    sampling = request.sampling
    lost = [name for name in ("top_p", "seed") if used[name] and OPTIONS[name].forms[0](request)]
    # The protocol has no words for these two.
    lost += [] if sampling.top_k is None else ["top_k"]
    lost += [] if sampling.repetition_penalty is None else ["repetition_penalty"]
    parts = [NO_SCHEMA] if request.json_schema is not None and used["form"] > 0 else []
    if lost:
        parts.append(message("warnings.chatgpt_no_options", options=joined("options", lost)))
    return joined("sentences", parts)


def write(request: GenerateRequest, model: str, used: Levels) -> Fields:
    """The body of POST /chat/completions, as keyword arguments of the SDK."""
    fields: Fields = {"model": model, "messages": [_message(m) for m in request.messages]}
    for name, option in OPTIONS.items():
        fields |= option.forms[used[name]](request)
    return fields


def _message(message: Message) -> Fields:
    if not message.images:
        return {"role": message.role, "content": message.content}
    parts: list[Fields] = [{"type": "text", "text": message.content}]
    parts += [{"type": "image_url", "image_url": {"url": _data_url(i)}} for i in message.images]
    return {"role": message.role, "content": parts}


def _data_url(image: Image) -> str:
    return f"data:{image.media_type};base64,{base64.b64encode(image.data).decode('ascii')}"

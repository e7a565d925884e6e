"""Messages in OpenAI's form: text, or parts of text and pictures that are sent along whole.

No address is ever fetched.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from conversation.chat import MAX_TURNS
from errors import InputError, TooLarge
from models.base import Image, Message, Role
from settings import Settings
from validation import check_text
from web.images import read_image
from wording import message

MAX_MESSAGES = 2 * MAX_TURNS + 2  # with a system message and the question
MAX_PARTS = 100  # of one message

_ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}
_DATA_URL = re.compile(r"data:image/[\w.+-]+;base64,", re.ASCII)


class Form(BaseModel):
    # Clients send back messages as they got them, with fields that are null or of other servers.
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class ImageUrl(Form):
    url: str


class ContentPart(Form):
    type: Literal["text", "image_url"]
    text: str | None = None
    image_url: str | ImageUrl | None = None  # the bare string is what several other servers take


class OpenAIMessage(Form):
    role: Literal["system", "developer", "user", "assistant"]
    content: str | Annotated[list[ContentPart], Field(max_length=MAX_PARTS)] | None = None
    tool_calls: list[Any] | None = None
    function_call: dict[str, Any] | None = None


def read_messages(given: Sequence[OpenAIMessage], settings: Settings) -> tuple[Message, ...]:
    """The conversation, its last message the user's. Raises InputError and TooLarge."""
    if given[-1].role != "user":
        raise InputError(message("errors.openai_last_message"), field="messages")
    messages = tuple(_message(one, number, settings) for number, one in enumerate(given))
    total = sum(len(message.content) for message in messages)
    if total > settings.max_chars:
        raise TooLarge(
            message("errors.openai_too_long", total=total, limit=settings.max_chars),
            field="messages",
        )
    if not messages[-1].content.strip() and not messages[-1].images:
        raise InputError(message("errors.openai_empty"), field="messages")
    return messages


def _message(given: OpenAIMessage, number: int, settings: Settings) -> Message:
    if given.tool_calls or given.function_call:
        raise InputError(
            message("errors.openai_tools", number=number),
            field="messages",
        )
    texts: list[str] = []
    images: list[Image] = []
    content = given.content or ""
    for part in [ContentPart(type="text", text=content)] if isinstance(content, str) else content:
        if part.type == "text":
            texts.append(part.text or "")
        elif part.image_url is None or given.role != "user":
            raise InputError(
                message("errors.openai_image_part", number=number),
                field="messages",
            )
        else:
            place = part.image_url
            images.append(_image(place if isinstance(place, str) else place.url, settings))
    text = "\n".join(texts)
    check_text(f"messages.{number}", text, field="messages")
    return Message(_ROLES[given.role], text, tuple(images))


def _image(url: str, settings: Settings) -> Image:
    head = _DATA_URL.match(url)
    if head is None:
        raise InputError(
            message("errors.openai_image_url"),
            field="messages",
        )
    if (len(url) - head.end()) * 3 // 4 - 2 > settings.max_image_bytes:
        raise TooLarge(
            message("errors.openai_image_too_large", limit=settings.max_image_bytes),
            field="messages",
        )
    try:
        data = base64.b64decode(url[head.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError(message("errors.openai_image_base64"), field="messages") from error
    return read_image(BytesIO(data), settings.max_image_bytes)

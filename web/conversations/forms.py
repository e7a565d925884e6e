"""Validates what the routes of conversations take; every complaint names its field."""

from __future__ import annotations

from typing import Annotated

from flask import Request
from pydantic import BaseModel, ConfigDict, Field

from errors import InputError
from storage.conversations.rows import MAX_TITLE
from storage.conversations.store import MAX_PAGE
from validation import check_text
from web.body import read_json
from web.form import Form, validate
from wording import message

MAX_QUERY = 200  # characters


class ConversationsForm(BaseModel):
    """What is to be listed; an address has only strings, so these are not strict."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    query: Annotated[str, Field(max_length=MAX_QUERY)] = ""
    before: str | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50


class TitleForm(Form):
    title: Annotated[str, Field(max_length=MAX_TITLE)]


class NewConversationForm(TitleForm):
    title: Annotated[str, Field(max_length=MAX_TITLE)] = ""


class CountForm(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    count: Annotated[int, Field(ge=1)] | None = None


def read_count(request: Request) -> int | None:
    """How many corrections the sender has seen, from the address; None where it does not say."""
    return validate(CountForm, request.args.to_dict()).count


def read_listing(request: Request) -> ConversationsForm:
    """What is to be listed, from the address."""
    listing = validate(ConversationsForm, request.args.to_dict())
    check_text("query", listing.query)
    return listing


def read_title(request: Request, *, new: bool = False) -> str:
    """A title in one line; a new conversation may come without one."""
    form: type[TitleForm] = NewConversationForm if new else TitleForm
    title = validate(form, read_json(request, "title")).title
    check_text("title", title)
    title = " ".join(title.split())
    if not title and not new:
        raise InputError(message("errors.title_empty"), field="title")
    return title

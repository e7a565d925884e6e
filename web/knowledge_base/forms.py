"""Validates what the addresses of the knowledge base may say; every complaint names its field."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from storage.knowledge_base.reading.entity_card import MAX_AROUND
from storage.knowledge_base.searching import MAX_LIMIT


class PageForm(BaseModel):
    """What an address may say; it has only strings, so these are not strict."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ui: str = ""  # language of the page


class ListForm(PageForm):
    query: str = ""
    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 50


class TripleListForm(PageForm):
    relation: str = ""
    entity: str = ""
    after: str | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 50


class AroundForm(PageForm):
    depth: Annotated[int, Field(ge=1, le=2)] = 1
    limit: Annotated[int, Field(ge=1, le=MAX_AROUND)] = 100


class SourceForm(PageForm):
    id: Annotated[str, Field(min_length=1)]

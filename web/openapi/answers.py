"""What the routes answer, as types from which the OpenAPI document is made.

Parts that exist as frozen values elsewhere (`Located`, the views of the knowledge base) are taken
from there. A test compares each type with real answers, field by field.
"""

from __future__ import annotations

from typing import Any, Literal

# Pydantic, which brings typing_extensions, reads typing's own only from Python 3.12 on.
from typing_extensions import NotRequired, TypedDict

from extraction.answers.filtering import Dropped
from knowledge.corrections import Kind
from knowledge.items import Assertion, Cue, Located, PromptType
from knowledge.text.spans import Lang, Span
from models.base import Status
from storage.knowledge_base.views import Found, SourceHead, Triple

# Errors


class Problem(TypedDict):
    code: str
    message: str
    field: str | None


class Error(TypedDict):
    """The one shape of all errors."""

    error: Problem


# Knowledge


class Normalised(TypedDict):
    """A date, or a quantity."""

    date: NotRequired[str]
    number: NotRequired[int | float]
    unit: NotRequired[str]
    approximate: NotRequired[bool]


class Value(TypedDict):
    text: str
    start: int | None
    end: int | None
    status: Literal["verbatim", "normalised", "inferred"]
    normalised: NotRequired[Normalised]


class _Stated(TypedDict):
    evidence: Span | None
    confidence: float | None
    also: NotRequired[list[Span]]
    assertion: Assertion
    cue: NotRequired[Cue]


class TripleItem(_Stated):
    head: Located
    relation: str
    tail: Value


class EntityItem(TypedDict):
    text: str
    start: int | None
    end: int | None
    status: Literal["verbatim", "normalised", "inferred"]
    mentions: list[tuple[int, int]]
    confidence: float | None


class FactItem(_Stated):
    key: str
    value: Value


class CardItem(TypedDict):
    entity: Located | None
    aliases: NotRequired[list[Located]]
    facts: list[FactItem]
    not_stated: NotRequired[list[str]]


class TriplesKnowledge(TypedDict):
    triples: list[TripleItem]


class EntitiesKnowledge(TypedDict):
    entities: dict[str, list[EntityItem]]


class Usage(TypedDict):
    prompt_tokens: int | None
    completion_tokens: int | None
    steps: NotRequired[int]
    drafted: NotRequired[int]
    accepted: NotRequired[int]


class FailedPart(TypedDict):
    start: int
    end: int
    message: str


class LeftOutItem(TypedDict):
    why: str
    item: list[str]


class Extraction(TypedDict):
    response: str
    knowledge: TriplesKnowledge | EntitiesKnowledge | CardItem | list[CardItem]
    model: str
    prompt_type: PromptType
    lang: Lang
    usage: Usage
    elapsed_ms: int
    warnings: list[str]
    failed: list[FailedPart]
    repairs: int
    dropped: Dropped
    left_out: list[LeftOutItem]
    turn: NotRequired[int]


class ChatAnswer(TypedDict):
    response: str
    prompt_type: Literal["Chat"]
    model: str
    history: list[tuple[str, str]]
    usage: Usage
    elapsed_ms: int
    warnings: list[str]
    turn: NotRequired[int]


# Files, tokens, the server


class DocumentText(TypedDict):
    name: str
    text: str | None
    characters: int
    encoding: NotRequired[str]
    pages: NotRequired[int]
    textless_pages: NotRequired[list[int]]
    columns: NotRequired[list[str]]
    warnings: NotRequired[list[str]]


class TokenCount(TypedDict):
    model: str
    tokens: int | None
    context: int | None


class ModelRow(TypedDict):
    name: str
    status: Status
    detail: str
    progress: float | None
    images: bool


class ModelList(TypedDict):
    models: list[ModelRow]
    default: str


class Health(TypedDict):
    status: Literal["ok"]


class Readiness(TypedDict):
    status: Status
    model: str
    detail: str


# The knowledge base


class BaseSize(TypedDict):
    sources: int
    answers: int
    corrections: int
    entities: int
    names: int
    statements: int
    decisions: int


class EntityPage(TypedDict):
    entities: list[Found]
    next: str | None


class TriplePage(TypedDict):
    triples: list[Triple]
    next: str | None


class SourcePage(TypedDict):
    sources: list[SourceHead]
    next: str | None


# Conversations


class ConversationHead(TypedDict):
    id: str
    title: str
    created: str
    updated: str
    size: int


class ConversationPage(TypedDict):
    conversations: list[ConversationHead]
    next: str | None


class CorrectionRow(TypedDict):
    kind: Kind
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    at: str


class TurnUsage(TypedDict):
    prompt_tokens: int | None
    completion_tokens: int | None


class StoredTurn(TypedDict):
    turn: int
    created: str
    request: dict[str, Any]
    model: str
    elapsed_ms: int | None
    usage: TurnUsage
    answer: dict[str, Any] | None
    error: dict[str, Any] | None
    corrections: list[CorrectionRow]
    corrected: dict[str, Any] | None


class StoredConversation(ConversationHead):
    turns: list[StoredTurn]


class Renamed(TypedDict):
    id: str
    title: str

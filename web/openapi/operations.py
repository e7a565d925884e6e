"""What each route takes and answers: the forms that validate, types of answers, kinds of errors.

Path and method are Flask's own, texts are in `wording`; nothing of a field is written down here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from errors import (
    BaseOff,
    Busy,
    ClientLimited,
    Conflict,
    CrossSite,
    DeadlineExceeded,
    InputError,
    KexError,
    ModelFailed,
    ProtectedDocument,
    RateLimited,
    Stopping,
    StoreFailed,
    StoreOff,
    TextlessDocument,
    TooLarge,
    Unavailable,
    UnknownConversation,
    UnknownEntity,
    UnknownModel,
    UnknownSource,
    UnknownTurn,
    Unprocessable,
    UnreadableDocument,
    UnsupportedMedia,
    WeightsError,
)
from export.formats import FORMATS
from storage.knowledge_base.views import Card, Neighbourhood, Source
from web.conversations.correction_forms import CorrectionForm
from web.conversations.forms import (
    ConversationsForm,
    CountForm,
    NewConversationForm,
    TitleForm,
)
from web.documents.forms import UploadForm
from web.export.forms import ExportForm
from web.extract.forms import ExtractionForm, MultipartForm
from web.extract.token_routes import TokenizeForm
from web.knowledge_base.forms import AroundForm, ListForm, PageForm, SourceForm, TripleListForm
from web.openai.forms import CompletionForm
from web.openapi import answers, openai_answers

JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
EVENTS = "text/event-stream"
HTML = "text/html"
TEXT = "text/plain"

Errors = tuple[type[KexError], ...]

_BODY: Errors = (InputError, CrossSite, TooLarge, UnsupportedMedia)
_GATE: Errors = (Busy, Stopping)
_MODEL: Errors = (
    *_GATE, ClientLimited, Unprocessable, RateLimited, Unavailable, WeightsError, ModelFailed,
    DeadlineExceeded,
)  # fmt: skip
_STORE: Errors = (StoreFailed, StoreOff)
_TURN: Errors = (*_STORE, UnknownConversation, UnknownTurn, InputError)
_BASE: Errors = (InputError, StoreFailed, BaseOff)


@dataclass(frozen=True)
class Operation:
    """One method of one route.

    `bodies` and `answers` are by media type; an answer that is None is a text, `Any` any JSON.
    `also` are answers with another status that are no errors. Each kind of `errors` that the route
    raises is here; `internal` is everywhere.
    """

    tag: Literal["extraction", "files", "openai", "conversations", "base", "server"]
    answers: Mapping[str, Any]
    query: type[BaseModel] | None = None
    bodies: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    errors: Errors = ()
    status: int = 200
    also: Mapping[int, Any] = field(default_factory=dict)
    example: Mapping[str, Any] | None = None


def _json(answer: Any) -> dict[str, Any]:
    return {JSON: answer}


OPERATIONS: Mapping[str, Operation] = {
    "kex.get_response": Operation(
        "extraction",
        {JSON: answers.Extraction | answers.ChatAnswer, EVENTS: None, HTML: None},
        bodies={URLENCODED: ExtractionForm, MULTIPART: MultipartForm, JSON: ExtractionForm},
        errors=(*_BODY, *_MODEL, UnknownConversation, UnknownTurn),
        example={
            "prompt_type": "KE1",
            "model_type": "Embedded",
            "user_input": "鲁迅，原名周树人，1881年9月25日出生于浙江绍兴。",
        },
    ),
    "tokens.tokenize": Operation(
        "extraction",
        _json(answers.TokenCount),
        bodies={JSON: TokenizeForm},
        errors=(*_BODY, *_GATE),
        example={"user_input": "鲁迅，原名周树人。"},
    ),
    "documents.documents": Operation(
        "files",
        _json(answers.DocumentText),
        bodies={MULTIPART: UploadForm},
        errors=(
            *_BODY,
            UnreadableDocument,
            ProtectedDocument,
            TextlessDocument,
            *_GATE,
            ClientLimited,
            DeadlineExceeded,
        ),
    ),
    "kex.export": Operation(
        "files",
        {
            kind: Any if "json" in kind.rpartition("/")[2].split("+") else None
            for kind in (one.content_type.partition(";")[0] for one in FORMATS.values())
        },
        bodies={JSON: ExportForm},
        errors=(*_BODY, *_GATE, ClientLimited, DeadlineExceeded),
        example={
            "format": "turtle",
            "answers": [
                {
                    "text": "Lu Xun was born.",
                    "prompt_type": "KE2",
                    "lang": "en",
                    "model": "Embedded",
                    "knowledge": {
                        "entities": {
                            "person": [
                                {"text": "Lu Xun", "start": 0, "end": 6, "status": "verbatim"}
                            ]
                        }
                    },
                }
            ],
        },
    ),
    "openai.chat_completions": Operation(
        "openai",
        {JSON: openai_answers.Completion, EVENTS: None},
        bodies={JSON: CompletionForm},
        errors=(*_BODY, *_MODEL, UnknownModel),
        example={
            "model": "Embedded",
            "max_tokens": 60,
            "messages": [{"role": "user", "content": "What is a knowledge graph?"}],
        },
    ),
    "openai.models": Operation("openai", _json(openai_answers.OpenAIModelList)),
    "openai.one_model": Operation(
        "openai", _json(openai_answers.OpenAIModel), errors=(UnknownModel,)
    ),
    "conversations.listing": Operation(
        "conversations",
        _json(answers.ConversationPage),
        query=ConversationsForm,
        errors=(InputError, *_STORE),
    ),
    "conversations.begin": Operation(
        "conversations",
        _json(answers.ConversationHead),
        bodies={JSON: NewConversationForm},
        errors=(*_BODY, *_STORE),
        status=201,
        example={"title": "Lu Xun"},
    ),
    "conversations.load": Operation(
        "conversations",
        _json(answers.StoredConversation),
        errors=(*_STORE, UnknownConversation),
    ),
    "conversations.rename": Operation(
        "conversations",
        _json(answers.Renamed),
        bodies={JSON: TitleForm},
        errors=(*_BODY, *_STORE, UnknownConversation),
    ),
    "conversations.delete": Operation(
        "conversations",
        {},
        errors=(CrossSite, *_STORE, UnknownConversation),
        status=204,
    ),
    "conversations.correct": Operation(
        "conversations",
        _json(answers.StoredTurn),
        bodies={JSON: CorrectionForm},
        errors=(*_BODY, *_TURN, Conflict, Unprocessable),
        status=201,
    ),
    "conversations.take_back": Operation(
        "conversations",
        _json(answers.StoredTurn),
        query=CountForm,
        errors=(CrossSite, *_TURN, Conflict),
    ),
    "conversations.gold": Operation(
        "conversations",
        {"application/jsonl": None},
        errors=(*_STORE, UnknownConversation),
    ),
    "base.status": Operation(
        "base",
        _json(answers.BaseSize),
        query=PageForm,
        errors=_BASE,
        also={302: None},
    ),
    "base.entities": Operation(
        "base", {JSON: answers.EntityPage, HTML: None}, query=ListForm, errors=_BASE
    ),
    "base.entity": Operation(
        "base", {JSON: Card, HTML: None}, query=PageForm, errors=(*_BASE, UnknownEntity)
    ),
    "base.around": Operation(
        "base", _json(Neighbourhood), query=AroundForm, errors=(*_BASE, UnknownEntity)
    ),
    "base.triples": Operation(
        "base",
        {JSON: answers.TriplePage, HTML: None},
        query=TripleListForm,
        errors=(*_BASE, UnknownEntity),
    ),
    "base.sources": Operation(
        "base", {JSON: answers.SourcePage, HTML: None}, query=ListForm, errors=_BASE
    ),
    "base.source": Operation(
        "base", {JSON: Source, HTML: None}, query=SourceForm, errors=(*_BASE, UnknownSource)
    ),
    "kex.models": Operation("server", _json(answers.ModelList)),
    "kex.health": Operation("server", _json(answers.Health)),
    "kex.ready": Operation("server", _json(answers.Readiness), also={503: answers.Readiness}),
    "metrics.metrics": Operation("server", {TEXT: None}),
    "openapi.openapi": Operation("server", _json(dict[str, Any])),
}

# Routes that are no part of the interface, and why.
EXCEPTIONS: Mapping[str, str] = {
    "static": "files of the pages",
    "kex.page": "a page for people",
    "openapi.docs": "a page for people",
    "replica.describe": "between two Kex of the same version (models.remote), off by default",
    "replica.load": "as replica.describe",
    "replica.count": "as replica.describe",
    "replica.generate": "as replica.describe",
}

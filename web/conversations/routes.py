"""The routes of the conversations that are kept: from the list of them to their gold.

JSON in and out; what changes something takes JSON alone (`web.body.read_json` says why).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from knowledge.corrections import Correction, corrected
from storage.conversations.gold import gold_rows
from storage.conversations.records import Conversation, Turn
from storage.conversations.store import Store
from web.conversations.correction_forms import read_correction
from web.conversations.forms import read_count, read_listing, read_title
from web.services import services

blueprint = Blueprint("conversations", __name__, url_prefix="/conversations")


def _store() -> Store:
    return services().conversations.get()


@blueprint.get("")
def listing() -> Response:
    """The last used first, `limit` of them behind `before`, that hold all words of `query`."""
    wanted = read_listing(request)
    page = _store().page(wanted.query, wanted.before, wanted.limit)
    return _json(conversations=[_head(one) for one in page.conversations], next=page.next)


@blueprint.post("")
def begin() -> ResponseReturnValue:
    """A new one, with a `title` or none yet."""
    title = read_title(request, new=True)
    return _json(**_head(_store().begin(title))), 201


@blueprint.get("/<name>")
def load(name: str) -> Response:
    """One with all its turns."""
    conversation = _store().load(name)
    return _json(**_head(conversation), turns=[_turn(turn) for turn in conversation.turns])


@blueprint.patch("/<name>")
def rename(name: str) -> Response:
    """Give it another `title`."""
    title = read_title(request)
    _store().rename(name, title)
    return _json(id=name, title=title)


@blueprint.delete("/<name>")
def delete(name: str) -> ResponseReturnValue:
    """For good."""
    _store().delete(name)
    return Response(status=204)


@blueprint.post("/<name>/turns/<int(max=1_000_000):number>/corrections")
def correct(name: str, number: int) -> ResponseReturnValue:
    """Correct an item of an answer; the turn comes back."""
    store = _store()
    change = read_correction(request, store.turn(name, number))
    turn = store.correct(name, number, change.kind, change.before, change.after)
    return _json(**_turn(turn)), 201


@blueprint.delete("/<name>/turns/<int(max=1_000_000):number>/corrections/last")
def take_back(name: str, number: int) -> Response:
    """Take back the last of `count` corrections of an answer; the turn comes back."""
    return _json(**_turn(_store().take_back(name, number, read_count(request))))


@blueprint.get("/<name>/gold")
def gold(name: str) -> Response:
    """Its corrected turns as a gold file."""
    rows = gold_rows(_store().load(name))
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="kex-gold-{name[:8]}.jsonl"',
    }
    return Response(lines, content_type="application/jsonl; charset=utf-8", headers=headers)


def _json(**fields: Any) -> Response:
    response = jsonify(fields)
    response.headers["Cache-Control"] = "no-store"  # private, and never as it was a moment ago
    return response


def _head(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "title": conversation.title,
        "created": _time(conversation.created),
        "updated": _time(conversation.updated),
        "size": conversation.size,
    }


def _turn(turn: Turn) -> dict[str, Any]:
    """`answer` as the model gave it; `corrected` where a person has said something of it."""
    said = turn.said
    applied = corrected(said.answer, turn.corrections) if said.answer and turn.corrections else None
    return {
        "turn": turn.position,
        "created": _time(turn.created),
        "request": {"user_input": said.text, **said.request},
        "model": said.model,
        "elapsed_ms": said.elapsed_ms,
        "usage": {
            "prompt_tokens": said.prompt_tokens,
            "completion_tokens": said.completion_tokens,
        },
        "answer": said.answer,
        "error": said.error,
        "corrections": [_correction(one) for one in turn.corrections],
        "corrected": applied,
    }


def _correction(correction: Correction) -> dict[str, Any]:
    return {
        "kind": correction.kind,
        "before": correction.before,
        "after": correction.after,
        "at": _time(correction.at),
    }


def _time(when: datetime) -> str:
    """ISO 8601, UTC, to the millisecond."""
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Corrected turns as rows of a gold file, in the form that `evaluation.gold.rows` reads.

A turn with a correction, be it that one item was confirmed, counts as read through: what then
stands in it is gold. Knows nothing of where conversations are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from knowledge.answer_json import flatten
from knowledge.corrections import corrected, kind_of
from knowledge.items import PromptType
from knowledge.text.entity_line import entity_line
from storage.conversations.records import Conversation, Turn

SOURCE = "kex-corrections"


def gold_rows(conversation: Conversation) -> Iterator[dict[str, Any]]:
    """A row for each corrected turn; KE3: for each entity of it."""
    for turn in conversation.turns:
        if turn.said.answer is not None and turn.corrections:
            yield from _rows(f"{conversation.id}-{turn.position}", turn)


def _rows(name: str, turn: Turn) -> Iterator[dict[str, Any]]:
    said = turn.said
    answer = corrected(said.answer or {}, turn.corrections)
    prompt_type = kind_of(answer)
    entity, start = (said.request.get("entity") or "").strip() or None, 0
    if prompt_type == "KE3" and not entity:  # read as when it was answered
        entity, start = entity_line(said.text)
    row = {
        "id": name,
        "task": prompt_type,
        "lang": answer["lang"],
        "source": SOURCE,
        "text": said.text[start:],
    }
    if prompt_type == "KE3":
        yield from _facts(row, answer["knowledge"], entity)
    else:
        yield row | {"gold": _gold(prompt_type, answer["knowledge"])}


def _gold(prompt_type: PromptType, knowledge: Any) -> Any:
    items = flatten(prompt_type, knowledge)
    if prompt_type == "KE1":
        return [[item["head"]["text"], item["relation"], item["tail"]["text"]] for item in items]
    listed: dict[str, list[str]] = {}
    for item in items:
        listed.setdefault(item["class"], []).append(item["text"])
    return listed


def _facts(row: dict[str, Any], knowledge: Any, requested: str | None) -> Iterator[dict[str, Any]]:
    cards = knowledge if isinstance(knowledge, list) else [knowledge]
    for number, card in enumerate(cards, start=1):
        gold: dict[str, list[str]] = {}
        for fact in card["facts"]:
            gold.setdefault(fact["key"], []).append(fact["value"]["text"])
        entity = card["entity"]["text"] if card["entity"] else requested
        name = row["id"] if len(cards) == 1 else f"{row['id']}-{number}"
        yield row | {"id": name, "gold": gold} | ({"entity": entity} if entity else {})

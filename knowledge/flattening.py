"""The knowledge of an answer's JSON as a list of items, and back.

An item looks as the event stream sends it: KE2's with its `class`, KE3's with its `entity`. Knows
nothing of corrections.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from errors import InputError
from knowledge.items import Card, Entity, Fact, Item, Located, PromptType, Triple, readable
from knowledge.text.normalising import fold
from knowledge.text.spans import Lang
from wording import message

ItemJson = dict[str, Any]
Identity = tuple[str, ...]

_FIELDS: Mapping[PromptType, tuple[str, ...]] = {
    "KE1": ("head", "relation", "tail"),
    "KE2": ("class", "text"),
    "KE3": ("entity", "key", "value"),
}


def flatten(prompt_type: PromptType, knowledge: Any) -> list[ItemJson]:
    """The items in their order."""
    if prompt_type == "KE1":
        return [dict(triple) for triple in knowledge["triples"]]
    if prompt_type == "KE2":
        classes = knowledge["entities"].items()
        return [{"class": label, **entity} for label, listed in classes for entity in listed]
    return [
        {"entity": card["entity"], **fact} for card in _cards(knowledge) for fact in card["facts"]
    ]


def entities(knowledge: Any) -> list[str]:
    """KE3: the names of those that the cards are about."""
    return [card["entity"]["text"] for card in _cards(knowledge) if card["entity"]]


def identity(prompt_type: PromptType, item: Mapping[str, Any], field: str = "before") -> Identity:
    """The strings that tell an item from the others of its answer.

    Raises InputError where one is missing; `field` is what the item is called there.
    """
    strings: list[str] = []
    for name in _FIELDS[prompt_type]:
        value = item.get(name)
        text = value.get("text") if isinstance(value, Mapping) else value
        if not isinstance(text, str) or not text:
            raise InputError(
                message("errors.correction_field_missing", field=field, name=name), field=field
            )
        strings.append(text)
    return tuple(strings)


def rebuild(prompt_type: PromptType, items: Sequence[ItemJson], knowledge: Any) -> Any:
    """The items in the form of the contract; KE3's cards keep what else `knowledge` says."""
    if prompt_type == "KE1":
        return {"triples": list(items)}
    if prompt_type == "KE2":
        classes: dict[str, list[ItemJson]] = {}
        for item in items:
            classes.setdefault(item["class"], []).append(_without(item, "class"))
        return {"entities": classes}
    cards = [_card(card, items) for card in _cards(knowledge)]
    known = {card["entity"]["text"] for card in cards if card["entity"]}
    for item in items:
        if item["entity"]["text"] not in known:
            known.add(item["entity"]["text"])
            cards.append(_card({"entity": item["entity"], "aliases": []}, items))
    told = [card for card in cards if card["entity"]] or cards  # no empty card beside others
    return told[0] if len(told) == 1 else told


def response(prompt_type: PromptType, lang: Lang, knowledge: Any) -> str:
    """The knowledge as a plain string for a person: the contract's `response`."""
    items = tuple(_typed(prompt_type, item) for item in flatten(prompt_type, knowledge))
    cards: list[Card] = []
    if prompt_type == "KE3":
        for card in _cards(knowledge):
            entity = _located(card["entity"]) if card["entity"] else None
            own = tuple(
                fact
                for fact in items
                if isinstance(fact, Fact) and entity and fact.entity.text == entity.text
            )
            cards.append(Card(entity, own, not_stated=tuple(card.get("not_stated", ()))))
    return readable(prompt_type, lang, items, tuple(cards))


def _cards(knowledge: Any) -> list[dict[str, Any]]:
    """One card stands alone, several in a list."""
    return knowledge if isinstance(knowledge, list) else [knowledge]


def _card(card: Mapping[str, Any], items: Iterable[ItemJson]) -> dict[str, Any]:
    name = card["entity"] and card["entity"]["text"]
    facts = [_without(item, "entity") for item in items if item["entity"]["text"] == name]
    stated = {fold(fact["key"])[0] for fact in facts}
    missing = [key for key in card.get("not_stated", ()) if fold(key)[0] not in stated]
    rest = {field: value for field, value in card.items() if field != "not_stated"}
    return {**rest, "facts": facts, **({"not_stated": missing} if missing else {})}


def _without(item: ItemJson, name: str) -> ItemJson:
    return {field: value for field, value in item.items() if field != name}


def _typed(prompt_type: PromptType, item: ItemJson) -> Item:
    """With as much of it as a person reads."""
    if prompt_type == "KE1":
        return Triple(_located(item["head"]), item["relation"], _located(item["tail"]), None)
    if prompt_type == "KE2":
        return Entity(item["class"], _located(item), ())
    return Fact(_located(item["entity"]), item["key"], _located(item["value"]), None)


def _located(value: Mapping[str, Any]) -> Located:
    return Located(value["text"], value["start"], value["end"], value["status"])

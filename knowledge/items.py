"""What an answer is made of: triples, entities, facts, each string with its place in the text.

Frozen values only; `answer_json` writes and reads them as JSON. All offsets are in characters
(Unicode code points) of the text as the user sent it, end exclusive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from knowledge.text.spans import Lang, Span
from wording import text

PromptType = Literal["KE1", "KE2", "KE3"]
Status = Literal["verbatim", "normalised", "inferred"]
# What the text does with a fact: says it, denies it, doubts or supposes it, announces it.
Assertion = Literal["stated", "negated", "uncertain", "planned"]
# Not given unless asked for.
HELD_BACK: frozenset[Assertion] = frozenset({"negated", "uncertain"})
# What a model writes behind an item that is not stated.
MARKS: tuple[Assertion, ...] = ("negated", "uncertain", "planned")


NOT_STATED: dict[Lang, str] = {lang: text(lang, "knowledge.not_stated") for lang in ("zh", "en")}


@dataclass(frozen=True)
class Located:
    """A string and its place in the text.

    `verbatim`: `text[start:end]` is the string. `normalised`: it is after folding width, case,
    marks and white space, or it is another name of KE3's entity, which has no place of its own.
    `inferred`: it is not in the text; start and end are None.
    """

    text: str
    start: int | None
    end: int | None
    status: Status


@dataclass(frozen=True)
class Cue:
    """The words by which the text denies, doubts or plans an item, and their place."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Triple:
    """KE1. `evidence` is the sentence that states it, None when nothing of it is in the text;
    `also` are further sentences that do. `confidence` is the probability of being right, None
    where the model tells none. `cue` is None where the item is stated, or no word shows why not."""

    head: Located
    relation: str
    tail: Located
    evidence: Span | None
    confidence: float | None = None
    also: tuple[Span, ...] = ()
    assertion: Assertion = "stated"
    cue: Cue | None = None


@dataclass(frozen=True)
class Entity:
    """KE2. `place` is the first mention, `mentions` are all of them in order of the text."""

    label: str
    place: Located
    mentions: tuple[Span, ...]
    confidence: float | None = None


@dataclass(frozen=True)
class Fact:
    """KE3. One key and one value of an entity; `evidence` and `also` as in Triple."""

    entity: Located
    key: str
    value: Located
    evidence: Span | None
    confidence: float | None = None
    also: tuple[Span, ...] = ()
    assertion: Assertion = "stated"
    cue: Cue | None = None


@dataclass(frozen=True)
class Card:
    """KE3. The facts of one entity; `aliases` are its other names in the text, each at its first
    place, `not_stated` the keys that were asked for and that the text does not give. `entity` is
    None where none was asked for and none found."""

    entity: Located | None
    facts: tuple[Fact, ...]
    aliases: tuple[Located, ...] = ()
    not_stated: tuple[str, ...] = ()


Item = Triple | Entity | Fact


def plain_cards(items: tuple[Item, ...]) -> tuple[Card, ...]:
    groups = facts_by_entity(items).values()
    return tuple(Card(facts[0].entity, tuple(facts)) for facts in groups)


def facts_by_entity(items: tuple[Item, ...]) -> dict[str, list[Fact]]:
    """KE3's facts, grouped by the entity's name in order of appearance."""
    groups: dict[str, list[Fact]] = {}
    for item in items:
        if isinstance(item, Fact):
            groups.setdefault(item.entity.text, []).append(item)
    return groups


def readable(
    prompt_type: PromptType, lang: Lang, items: tuple[Item, ...], cards: tuple[Card, ...] = ()
) -> str:
    """The answer as a plain string for a person: the contract's `response`."""
    if not items and not any(card.not_stated for card in cards):
        return nothing_found(prompt_type, lang)
    colon, comma = text(lang, "knowledge.colon"), text(lang, "knowledge.comma")
    lines: list[str] = []
    if prompt_type == "KE1":
        lines = [
            f"({item.head.text}, {item.relation}, {item.tail.text}){mark_of(item, lang)}"
            for item in items
            if isinstance(item, Triple)
        ]
    elif prompt_type == "KE2":
        classes: dict[str, list[str]] = {}
        for item in items:
            if isinstance(item, Entity):
                classes.setdefault(item.label, []).append(item.place.text)
        lines = [f"{label}{colon}{comma.join(names)}" for label, names in classes.items()]
    else:
        for card in cards or plain_cards(items):
            lines.append(card.entity.text if card.entity else nothing_found(prompt_type, lang))
            lines += [
                f"  {fact.key}{colon}{fact.value.text}{mark_of(fact, lang)}" for fact in card.facts
            ]
            lines += [f"  {key}{colon}{NOT_STATED[lang]}" for key in card.not_stated]
    return "\n".join(lines)


def mark_of(item: Triple | Fact, lang: Lang) -> str:
    """What the text does with an item that it does not state."""
    if item.assertion == "stated":
        return ""
    return f" [{text(lang, f'knowledge.assertion.{item.assertion}')}]"


def nothing_found(prompt_type: PromptType, lang: Lang) -> str:
    """The sentence for an answer without items."""
    return text(lang, f"knowledge.nothing.{prompt_type}")

"""The typed knowledge that Kex gives back, and its JSON form in the HTTP contract.

Frozen values only; how they are found is the business of parse and ground.
All offsets are in characters (Unicode code points) of the text as the user sent it, end exclusive.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

PromptType = Literal["KE1", "KE2", "KE3"]
Lang = Literal["zh", "en"]
Status = Literal["verbatim", "normalised", "inferred"]


@dataclass(frozen=True)
class Span:
    """A piece of the text, `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True)
class Located:
    """A string and its place in the text.

    `verbatim`: `text[start:end]` is the string. `normalised`: it is after folding width, case and
    white space. `inferred`: it is not in the text; start and end are None.
    """

    text: str
    start: int | None
    end: int | None
    status: Status


@dataclass(frozen=True)
class Triple:
    """KE1. `evidence` is the sentence that states it, None when nothing of it is in the text;
    `also` are further sentences that do. `confidence` is the probability of being right, None
    where the model tells none."""

    head: Located
    relation: str
    tail: Located
    evidence: Span | None
    confidence: float | None = None
    also: tuple[Span, ...] = ()

    def to_json(self) -> dict[str, Any]:
        fields = asdict(self)
        return fields | _also(fields.pop("also"))


@dataclass(frozen=True)
class Entity:
    """KE2. `place` is the first mention, `mentions` are all of them in order of the text."""

    label: str
    place: Located
    mentions: tuple[Span, ...]
    confidence: float | None = None

    def to_json(self) -> dict[str, Any]:
        spans = [[span.start, span.end] for span in self.mentions]
        return {**asdict(self.place), "mentions": spans, "confidence": self.confidence}


@dataclass(frozen=True)
class Fact:
    """KE3. One key and one value of an entity; `evidence` and `also` as in Triple."""

    entity: Located
    key: str
    value: Located
    evidence: Span | None
    confidence: float | None = None
    also: tuple[Span, ...] = ()

    def to_json(self) -> dict[str, Any]:
        fields = asdict(self)
        del fields["entity"]
        return fields | _also(fields.pop("also"))


def _also(spans: tuple[dict[str, int], ...]) -> dict[str, Any]:
    """Only where there are any, which is in long texts."""
    return {"also": list(spans)} if spans else {}


Item = Triple | Entity | Fact


def item_json(item: Item) -> dict[str, Any]:
    """One item on its own, as the event stream sends it."""
    if isinstance(item, Entity):
        return {"class": item.label, **item.to_json()}
    if isinstance(item, Fact):
        return {"entity": asdict(item.entity), **item.to_json()}
    return item.to_json()


def knowledge_json(prompt_type: PromptType, items: tuple[Item, ...]) -> Any:
    """All items of an answer in the form of the contract.

    KE1 `{"triples": […]}`, KE2 `{"entities": {class: […]}}`, KE3 `{"entity", "facts"}`, or a list
    of these where the facts belong to several entities.
    """
    if prompt_type == "KE1":
        return {"triples": [item.to_json() for item in items if isinstance(item, Triple)]}
    if prompt_type == "KE2":
        classes: dict[str, list[dict[str, Any]]] = {}
        for item in items:
            if isinstance(item, Entity):
                classes.setdefault(item.label, []).append(item.to_json())
        return {"entities": classes}
    cards = [
        {"entity": asdict(facts[0].entity), "facts": [fact.to_json() for fact in facts]}
        for facts in facts_by_entity(items).values()
    ]
    if len(cards) == 1:
        return cards[0]
    return cards or {"entity": None, "facts": []}


def facts_by_entity(items: tuple[Item, ...]) -> dict[str, list[Fact]]:
    """KE3's facts, grouped by the entity's name in order of appearance."""
    groups: dict[str, list[Fact]] = {}
    for item in items:
        if isinstance(item, Fact):
            groups.setdefault(item.entity.text, []).append(item)
    return groups


def readable(prompt_type: PromptType, lang: Lang, items: tuple[Item, ...]) -> str:
    """The answer as a plain string for a person: the contract's `response`."""
    if not items:
        return NOTHING[lang][prompt_type]
    colon, comma = ("：", "、") if lang == "zh" else (": ", ", ")
    lines: list[str] = []
    if prompt_type == "KE1":
        lines = [
            f"({item.head.text}, {item.relation}, {item.tail.text})"
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
        for name, facts in facts_by_entity(items).items():
            lines.append(name)
            lines += [f"  {fact.key}{colon}{fact.value.text}" for fact in facts]
    return "\n".join(lines)


NOTHING: dict[Lang, dict[PromptType, str]] = {
    "zh": {
        "KE1": "没有找到三元组。",
        "KE2": "没有找到命名实体。",
        "KE3": "没有找到关于该实体的事实。",
    },
    "en": {
        "KE1": "No triples found.",
        "KE2": "No named entities found.",
        "KE3": "No facts about the entity found.",
    },
}

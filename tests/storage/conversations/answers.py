"""Turns with real answers, as the extractor writes them, for the tests of what is kept."""

from __future__ import annotations

from typing import Any

from extraction.extractor import Answer
from knowledge.grounding.source import Source, ground
from knowledge.items import Card, Fact, Item, PromptType
from knowledge.raw import RawEntity, RawFact, RawItem, RawTriple
from knowledge.text.document import Document
from knowledge.text.spans import Lang, Span
from models.base import Usage
from storage.conversations.records import NewTurn

LU_XUN = "鲁迅生于绍兴，写了《狂人日记》。"
CURIE = "Marie Curie was born in Warsaw in 1867 and worked in Paris."


def grounded(text: str, *raws: RawItem) -> tuple[Item, ...]:
    source = Source(Document(text))
    return tuple(ground(raw, source, Span(0, len(text))) for raw in raws)


def answer(
    prompt_type: PromptType,
    lang: Lang,
    items: tuple[Item, ...],
    cards: tuple[Card, ...] = (),
) -> dict[str, Any]:
    return Answer(prompt_type, lang, "Embedded", items, cards, Usage(10, 20), 1500, ()).to_json()


def triples(text: str = LU_XUN) -> dict[str, Any]:
    raws = RawTriple("鲁迅", "出生地", "绍兴"), RawTriple("鲁迅", "作品", "狂人日记")
    return answer("KE1", "zh", grounded(text, *raws))


def entities(text: str = CURIE) -> dict[str, Any]:
    raws = (
        RawEntity("person", "Marie Curie", 0.9),
        RawEntity("place", "Warsaw"),
        RawEntity("place", "Paris"),
    )
    return answer("KE2", "en", grounded(text, *raws))


def facts(text: str = CURIE) -> dict[str, Any]:
    items = grounded(text, RawFact("Marie Curie", "place of birth", "Warsaw"))
    own = tuple(item for item in items if isinstance(item, Fact))
    card = Card(own[0].entity, own, not_stated=("date of death", "work"))
    return answer("KE3", "en", items, (card,))


def turn(text: str = LU_XUN, given: dict[str, Any] | None = None, **request: Any) -> NewTurn:
    given = given or triples()
    return NewTurn(
        text=text,
        request={"prompt_type": given["prompt_type"], "model_type": "Embedded", **request},
        model="Embedded",
        answer=given,
        elapsed_ms=1500,
        prompt_tokens=10,
        completion_tokens=20,
    )

"""The knowledge of an answer as JSON: the HTTP contract, written and read.

Three ways, side by side: items → JSON; JSON → items, each offset checked against the text; and the
JSON as a flat list of items and back, which is how corrections see it. Unknown fields are kept,
since the contract only ever grows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    model_validator,
)

from errors import InputError
from knowledge.items import (
    Assertion,
    Card,
    Cue,
    Entity,
    Fact,
    Item,
    Located,
    PromptType,
    Status,
    Triple,
    plain_cards,
    readable,
)
from knowledge.text.normalising import fold
from knowledge.text.spans import Lang, Span
from knowledge.values import meaning
from wording import message

ItemJson = dict[str, Any]
Identity = tuple[str, ...]
CorrectionMark = Literal["add", "edit", "confirm"]  # what a person did to an item of the answer

_FIELDS: Mapping[PromptType, tuple[str, ...]] = {
    "KE1": ("head", "relation", "tail"),
    "KE2": ("class", "text"),
    "KE3": ("entity", "key", "value"),
}


# Writing


def knowledge_json(
    prompt_type: PromptType, items: tuple[Item, ...], cards: tuple[Card, ...] = ()
) -> Any:
    """All items of an answer in the form of the contract.

    KE1 `{"triples": […]}`, KE2 `{"entities": {class: […]}}`, KE3 its cards: one, or a list of
    several.
    """
    if prompt_type == "KE1":
        return {"triples": [_triple_json(item) for item in items if isinstance(item, Triple)]}
    if prompt_type == "KE2":
        classes: dict[str, list[dict[str, Any]]] = {}
        for item in items:
            if isinstance(item, Entity):
                classes.setdefault(item.label, []).append(_entity_json(item))
        return {"entities": classes}
    written = [_card_json(card) for card in cards or plain_cards(items) or (Card(None, ()),)]
    return written[0] if len(written) == 1 else written


def item_json(item: Item) -> ItemJson:
    """One item on its own, as the event stream sends it: KE2's with its `class`, KE3's with its
    `entity`."""
    if isinstance(item, Entity):
        return {"class": item.label, **_entity_json(item)}
    if isinstance(item, Fact):
        return {"entity": asdict(item.entity), **_fact_json(item)}
    return _triple_json(item)


def _triple_json(triple: Triple) -> dict[str, Any]:
    fields = asdict(triple) | {"tail": _value_json(triple.tail, triple.relation)}
    return _without_defaults(fields)


def _entity_json(entity: Entity) -> dict[str, Any]:
    spans = [[span.start, span.end] for span in entity.mentions]
    return {**asdict(entity.place), "mentions": spans, "confidence": entity.confidence}


def _fact_json(fact: Fact) -> dict[str, Any]:
    fields = asdict(fact) | {"value": _value_json(fact.value, fact.key)}
    del fields["entity"]
    return _without_defaults(fields)


def _card_json(card: Card) -> dict[str, Any]:
    """`not_stated` only where there is any."""
    written: dict[str, Any] = {"entity": None}
    if card.entity:
        written = {
            "entity": asdict(card.entity),
            "aliases": [asdict(alias) for alias in card.aliases],
        }
    written["facts"] = [_fact_json(fact) for fact in card.facts]
    return written | ({"not_stated": list(card.not_stated)} if card.not_stated else {})


def _value_json(located: Located, label: str) -> dict[str, Any]:
    """With `normalised` where it is wholly a date or a quantity."""
    found = meaning(located.text, label)
    return asdict(located) | ({"normalised": found.to_json()} if found else {})


def _without_defaults(fields: dict[str, Any]) -> dict[str, Any]:
    """`also` and `cue` only where there is any."""
    also, cue, assertion = list(fields.pop("also")), fields.pop("cue"), fields.pop("assertion")
    fields |= {"also": also} if also else {}
    fields["assertion"] = assertion
    return fields | ({"cue": cue} if cue else {})


# Reading

Name = Annotated[str, Field(min_length=1)]


_Where = tuple[Span | None, float | None, tuple[Span, ...], Assertion, Cue | None]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class SpanForm(_Form):
    start: int = Field(ge=0)
    end: int

    @model_validator(mode="after")
    def _fits(self, info: ValidationInfo) -> SpanForm:
        _check_offsets(self.start, self.end, info)
        return self

    def span(self) -> Span:
        return Span(self.start, self.end)


class LocatedForm(_Form):
    text: Name
    start: Annotated[int, Field(ge=0)] | None
    end: int | None
    status: Status

    @model_validator(mode="after")
    def _fits(self, info: ValidationInfo) -> LocatedForm:
        if self.start is None or self.end is None:
            if self.start is not None or self.end is not None or self.status == "verbatim":
                raise ValueError(message("errors.answer_offsets_missing"))
            return self
        if self.status == "inferred":
            raise ValueError(message("errors.answer_inferred_offsets"))
        found = _check_offsets(self.start, self.end, info)
        if self.status == "verbatim" and found != self.text:
            raise ValueError(_other_text(self.start, self.end, found, self.text))
        return self

    def located(self) -> Located:
        return Located(self.text, self.start, self.end, self.status)


class _Corrected(_Form):
    correction: CorrectionMark | None = None


class CueForm(_Form):
    text: Name
    start: int = Field(ge=0)
    end: int

    @model_validator(mode="after")
    def _fits(self, info: ValidationInfo) -> CueForm:
        found = _check_offsets(self.start, self.end, info)
        if found != self.text:
            raise ValueError(_other_text(self.start, self.end, found, self.text))
        return self

    def cue(self) -> Cue:
        return Cue(self.text, self.start, self.end)


class _Stated(_Corrected):
    evidence: SpanForm | None = None
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    also: list[SpanForm] = []
    assertion: Assertion = "stated"
    cue: CueForm | None = None

    def where(self) -> _Where:
        """As the last five fields of Triple and Fact."""
        evidence = self.evidence.span() if self.evidence else None
        also = tuple(span.span() for span in self.also)
        cue = self.cue.cue() if self.cue else None
        return evidence, self.confidence, also, self.assertion, cue


class TripleForm(_Stated):
    head: LocatedForm
    relation: Name
    tail: LocatedForm


class EntityForm(LocatedForm, _Corrected):
    mentions: list[Annotated[list[int], Field(min_length=2, max_length=2)]] = []
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None

    @model_validator(mode="after")
    def _mentions_fit(self, info: ValidationInfo) -> EntityForm:
        for start, end in self.mentions:
            _check_offsets(start, end, info)
        return self


class FactForm(_Stated):
    key: Name
    value: LocatedForm


class CardForm(_Form):
    entity: LocatedForm | None
    facts: list[FactForm]
    aliases: list[LocatedForm] = []
    not_stated: list[Name] = []

    @model_validator(mode="after")
    def _is_about_something(self) -> CardForm:
        if self.facts and self.entity is None:
            raise ValueError(message("errors.answer_facts_entity"))
        return self


class TriplesForm(_Form):
    triples: list[TripleForm]


class EntitiesForm(_Form):
    entities: dict[Name, list[EntityForm]]


_CARDS = TypeAdapter(list[CardForm])
# What `read_knowledge` takes, by `prompt_type`.
KnowledgeForm = TriplesForm | EntitiesForm | CardForm | list[CardForm]

_Read = tuple[tuple[Item, ...], tuple[Card, ...], Mapping[Item, CorrectionMark]]


def read_knowledge(prompt_type: PromptType, text: str, knowledge: Any) -> _Read:
    """The items, KE3's cards, and what a person did to which item.

    Raises pydantic's ValidationError; its locations are fields of `knowledge`.
    """
    context: Mapping[str, str] = {"text": text}
    read: list[tuple[Item, _Corrected]] = []
    cards: tuple[Card, ...] = ()
    if prompt_type == "KE1":
        triples = TriplesForm.model_validate(knowledge, context=context).triples
        read += [(_triple(form), form) for form in triples]
    elif prompt_type == "KE2":
        classes = EntitiesForm.model_validate(knowledge, context=context).entities
        read += [(_entity(label, form), form) for label, all_ in classes.items() for form in all_]
    else:
        if isinstance(knowledge, list):
            forms = _CARDS.validate_python(knowledge, context=context)
        else:
            forms = [CardForm.model_validate(knowledge, context=context)]
        cards = tuple(_card(form) for form in forms)
        for card, shape in zip(cards, forms, strict=True):
            read += zip(card.facts, shape.facts, strict=True)
    marks = {item: form.correction for item, form in read if form.correction}
    return tuple(item for item, _ in read), cards, marks


def _triple(form: TripleForm) -> Triple:
    return Triple(form.head.located(), form.relation, form.tail.located(), *form.where())


def _entity(label: str, form: EntityForm) -> Entity:
    mentions = tuple(Span(start, end) for start, end in form.mentions)
    return Entity(label, form.located(), mentions, form.confidence)


def _card(form: CardForm) -> Card:
    entity = form.entity.located() if form.entity else None
    facts = tuple(
        Fact(entity, fact.key, fact.value.located(), *fact.where())
        for fact in form.facts
        if entity  # the form has seen to it
    )
    aliases = tuple(alias.located() for alias in form.aliases)
    return Card(entity, facts, aliases, tuple(form.not_stated))


def _other_text(start: int, end: int, found: str, text: str) -> str:
    return message(
        "errors.answer_other_text", start=start, end=end, found=found[:40], text=text[:40]
    )


def _check_offsets(start: int, end: int, info: ValidationInfo) -> str:
    """The piece of the text; ValueError where there is none such."""
    text: str = (info.context or {})["text"]
    if not 0 <= start < end <= len(text):
        raise ValueError(message("errors.answer_offsets", start=start, end=end, length=len(text)))
    return text[start:end]


# As a flat list of items


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
    cards = [_card_of(card, items) for card in _cards(knowledge)]
    known = {card["entity"]["text"] for card in cards if card["entity"]}
    for item in items:
        if item["entity"]["text"] not in known:
            known.add(item["entity"]["text"])
            cards.append(_card_of({"entity": item["entity"], "aliases": []}, items))
    filled = [card for card in cards if card["entity"]] or cards  # no empty card beside others
    return filled[0] if len(filled) == 1 else filled


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


def _card_of(card: Mapping[str, Any], items: Iterable[ItemJson]) -> dict[str, Any]:
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
        ends = _located(item["head"]), item["relation"], _located(item["tail"])
        return Triple(*ends, None, assertion=item.get("assertion", "stated"))
    if prompt_type == "KE2":
        return Entity(item["class"], _located(item), ())
    parts = _located(item["entity"]), item["key"], _located(item["value"])
    return Fact(*parts, None, assertion=item.get("assertion", "stated"))


def _located(value: Mapping[str, Any]) -> Located:
    return Located(value["text"], value["start"], value["end"], value["status"])

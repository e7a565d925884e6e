"""What the answers about one source say: mentions, statements, and claims that two names are one.

A pure function of the source, its answers and what persons decided, so that the order in which
sources arrive makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from knowledge.grounding.aliases import stated_aliases
from knowledge.grounding.source import Source as GroundSource
from knowledge.items import HELD_BACK, Assertion, Card, Entity, Fact, Item, Located, Triple
from knowledge.record import Record
from knowledge.text.document import Document
from knowledge.text.spans import Span
from storage.knowledge_base.writing.naming import Naming, Node, states_names


@dataclass(frozen=True)
class Mention:
    """A name that an answer uses, where it stands first. `short`: short for another name here."""

    answer: int
    node: Node
    place: Located
    label: str = ""
    confidence: float | None = None
    correction: str | None = None
    short: bool = False


@dataclass(frozen=True)
class Statement:
    """A triple of KE1 or a fact of KE3."""

    answer: int
    kind: str
    head: Node
    head_place: Located
    relation: str
    tail: Node
    tail_place: Located
    evidence: Span | None
    also: tuple[Span, ...]
    confidence: float | None
    correction: str | None
    assertion: Assertion


@dataclass(frozen=True)
class Claim:
    """A source says that both are names of one thing; `relation` is empty for KE3's aliases."""

    answer: int
    owner: Node
    owner_text: str
    alias: Node
    alias_text: str
    relation: str
    sentence: Span | None


@dataclass
class Derived:
    mentions: list[Mention] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)


class _Text:
    """The text with its sentences, looked at only where an answer gives aliases."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def source(self) -> GroundSource:
        return GroundSource(Document(self._text))

    def sentence(self, place: Located) -> Span | None:
        if place.start is None:
            return None
        return self.source.sentences[self.source.sentence_at(place.start)]


def derive(name: str, answers: Sequence[tuple[int, Record]], naming: Naming) -> Derived:
    """From all answers about the source of this name, each with its number."""
    if not answers:
        return Derived()
    return _Derivation(name, answers, naming).run()


class _Derivation:
    """All answers about one source on their way into mentions, statements and claims."""

    def __init__(self, name: str, answers: Sequence[tuple[int, Record]], naming: Naming) -> None:
        self._name, self._answers, self._naming = name, answers, naming
        self._text = text = _Text(answers[0][1].text)
        self._aliases = [
            (
                number,
                card.entity,
                alias,
                alias.text in stated_aliases(card.entity.text, text.source),
            )
            for number, record in answers
            for card in record.cards
            if card.entity
            for alias in card.aliases
        ]
        self._short = _short_forms(name, self._aliases, naming)
        self._found = Derived()
        self._seen: set[tuple[int, str, str]] = set()

    def run(self) -> Derived:
        for number, entity, alias, stated in self._aliases:
            owner, other = self._mention(number, entity), self._mention(number, alias)
            if stated and owner != other:
                sentence = self._text.sentence(alias)
                claim = Claim(number, owner, entity.text, other, alias.text, "", sentence)
                self._found.claims.append(claim)
        for number, record in self._answers:
            for entity in _subjects(record.cards):
                self._mention(number, entity)
            for item in record.items:
                self._item(number, item, record.correction(item))
        return self._found

    def _item(self, number: int, item: Item, mark: str | None) -> None:
        if isinstance(item, Entity):
            self._mention(number, item.place, item.label, item.confidence, mark)
            return
        if is_withheld(item):
            return
        head, relation, tail, kind = _parts(item)
        first, second = self._mention(number, head), self._mention(number, tail)
        statement = Statement(
            number, kind, first, head, relation, second, tail,
            item.evidence, item.also, item.confidence, mark, item.assertion,
        )  # fmt: skip
        self._found.statements.append(statement)
        if states_names(relation) and first != second:
            self._found.claims.append(
                Claim(number, first, head.text, second, tail.text, relation, item.evidence)
            )

    def _mention(
        self,
        answer: int,
        place: Located,
        label: str = "",
        confidence: float | None = None,
        correction: str | None = None,
    ) -> Node:
        """The node that the string is filed under; the mention is added once per answer."""
        own = self._naming.node(place.text, self._name)
        filed, is_short = (self._short[own], True) if own in self._short else (own, False)
        if (answer, place.text, label) not in self._seen:
            self._seen.add((answer, place.text, label))
            self._found.mentions.append(
                Mention(answer, filed, place, label, confidence, correction, is_short)
            )
        return filed


def is_withheld(item: Item) -> bool:
    """Whether its text denies or doubts it: a base holds only what sources state or plan."""
    return not isinstance(item, Entity) and item.assertion in HELD_BACK


def _parts(item: Triple | Fact) -> tuple[Located, str, Located, str]:
    if isinstance(item, Fact):
        return item.entity, item.key, item.value, "fact"
    return item.head, item.relation, item.tail, "triple"


def _subjects(cards: Iterable[Card]) -> Iterator[Located]:
    """Entities that were asked for count where the text holds them, be it without a fact."""
    for card in cards:
        if card.entity and (card.facts or card.entity.status != "inferred"):
            yield card.entity


def _short_forms(
    name: str, aliases: Iterable[tuple[int, Located, Located, bool]], naming: Naming
) -> dict[Node, Node]:
    """Short forms that the text does not state: in this source, and for one entity only."""
    owners: dict[Node, set[Node]] = {}
    for _, entity, alias, stated in aliases:
        own = naming.node(alias.text, name)
        if not stated and own not in naming.alone:
            owners.setdefault(own, set()).add(naming.node(entity.text, name))
    full = {node for node, whose in owners.items() if len(whose) == 1}
    return {node: min(owners[node]) for node in full if not owners[node] & full}

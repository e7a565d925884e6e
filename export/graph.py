"""An answer as nodes and edges, for the tools that draw and walk property graphs.

A node is an entity (all spellings that fold into one), or a document that KE2 found entities in. An
edge is a triple of KE1, a fact of KE3 (its value is a node too), or a mention of KE2: from the
entity to the document, with the class as its relation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from knowledge.items import Entity, Fact, Item, Located, Triple
from knowledge.record import Record, entity_key

Kind = Literal["entity", "document"]
Scalar = str | int | float
Property = Scalar | tuple[int, ...] | tuple[str, ...]


@dataclass(frozen=True)
class Node:
    """`key` is unique among the nodes of a kind; `name` is how this answer spells it."""

    kind: Kind
    key: str
    name: str
    classes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edge:
    """`key` is unique among all edges: equal items from one document are one."""

    key: str
    kind: Literal["triple", "fact", "mention"]
    head: Node
    relation: str
    tail: Node
    properties: Mapping[str, Property]


def parts(record: Record) -> Iterator[Node | Edge]:
    """Nodes that stand alone, and edges with the nodes at both their ends."""
    for card in record.cards:
        if card.entity:
            aliases = tuple(alias.text for alias in card.aliases)
            yield _entity(record, card.entity.text, aliases=aliases)
    for item in record.items:
        yield _edge(record, item)


def _edge(record: Record, item: Item) -> Edge:
    key = record.statement_key(item)
    properties = _origin(record)
    if item.confidence is not None:
        properties["confidence"] = item.confidence
    if (made := record.correction(item)) is not None:
        properties["correction"] = made
    if isinstance(item, Entity):
        properties |= _place("head", item.place)
        properties["starts"] = tuple(span.start for span in item.mentions)
        properties["ends"] = tuple(span.end for span in item.mentions)
        document = Node("document", record.id, record.id)
        entity = _entity(record, item.place.text, classes=(item.label,))
        return Edge(key, "mention", entity, item.label, document, properties)
    properties |= _evidence(record, item) | _asserted(item)
    if isinstance(item, Triple):
        properties |= _place("head", item.head) | _place("tail", item.tail)
        head, tail = _entity(record, item.head.text), _entity(record, item.tail.text)
        return Edge(key, "triple", head, item.relation, tail, properties)
    properties |= _place("head", item.entity) | _place("tail", item.value)
    head, tail = _entity(record, item.entity.text), _entity(record, item.value.text)
    return Edge(key, "fact", head, item.key, tail, properties)


def _entity(
    record: Record, said: str, classes: tuple[str, ...] = (), aliases: tuple[str, ...] = ()
) -> Node:
    name = record.entity(said)
    others = (said, *aliases) if name != said else aliases
    return Node("entity", entity_key(name), name, classes, others)


def _origin(record: Record) -> dict[str, Property]:
    return {"source": record.id, "task": record.prompt_type, "model": record.model}


def _evidence(record: Record, item: Triple | Fact) -> dict[str, Property]:
    """The sentence, and where all the sentences are that state it."""
    spans = [span for span in (item.evidence, *item.also) if span]
    if not spans:
        return {}
    return {
        "evidence": record.quote(item.evidence),
        "evidence_starts": tuple(span.start for span in spans),
        "evidence_ends": tuple(span.end for span in spans),
    }


def _asserted(item: Triple | Fact) -> dict[str, Property]:
    """What the text does with it, and by which words: who draws the graph may leave some out."""
    properties: dict[str, Property] = {"assertion": item.assertion}
    if item.cue is not None:
        cue = item.cue
        properties |= {"cue": cue.text, "cue_start": cue.start, "cue_end": cue.end}
    return properties


def _place(end: str, located: Located) -> dict[str, Property]:
    """As it is spelt here, and its offsets unless it is inferred."""
    properties: dict[str, Property] = {end: located.text, f"{end}_status": located.status}
    if located.start is not None and located.end is not None:
        properties |= {f"{end}_start": located.start, f"{end}_end": located.end}
    return properties

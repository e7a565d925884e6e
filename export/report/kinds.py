"""Which colour each part of an answer has, and which spans of the text it marks."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.classes import common_label
from knowledge.items import Entity, Fact, Item, Located, Triple
from knowledge.record import Record
from markup.marks import EVIDENCE, Mark
from wording import text

# Classes that have a colour of their own, as on the page; others take the next free one.
_COLOURS = ("PER", "LOC", "ORG", "TIME", "WORK", "EVENT", "PRODUCT")
_COUNT = 8  # of the classes class-0 … class-7 in report.css


def class_kinds(record: Record) -> dict[str, str]:
    """KE2's classes in order, each with its class of report.css."""
    labels = list(dict.fromkeys(item.label for item in record.items if isinstance(item, Entity)))
    kinds: dict[str, str] = {}
    for label in labels:
        common = common_label(label)
        if common in _COLOURS:
            kinds[label] = f"class-{_COLOURS.index(common)}"
    for label in labels:
        free = (f"class-{at}" for at in reversed(range(_COUNT)))
        kinds.setdefault(label, next((one for one in free if one not in kinds.values()), "class-7"))
    return {label: kinds[label] for label in labels}


def marks(record: Record, kinds: dict[str, str]) -> Iterator[Mark]:
    """What the answer finds in its text; what is inferred has no place in it."""
    ends = {end: text(record.lang, f"knowledge.mark.{end}") for end in ("entity", "head", "tail")}
    for card in record.cards:
        for name in (card.entity, *card.aliases):
            if name:
                yield from _mark(name, "entity", ends["entity"])
    for item in record.items:
        if isinstance(item, Triple):
            yield from _mark(item.head, "head", ends["head"])
            yield from _mark(item.tail, "tail", ends["tail"])
        elif isinstance(item, Fact):
            yield from _mark(item.value, "value", item.key)
        else:
            kind = kinds[item.label]
            yield from _mark(item.place, kind, item.label)
            for span in item.mentions:
                yield Mark(span.start, span.end, kind, item.label)
        yield from _evidence(item)


def _mark(located: Located, kind: str, label: str) -> Iterator[Mark]:
    if located.start is not None and located.end is not None:
        yield Mark(located.start, located.end, kind, label)


def _evidence(item: Item) -> Iterator[Mark]:
    if not isinstance(item, Entity):
        for span in (item.evidence, *item.also):
            if span:
                yield Mark(span.start, span.end, EVIDENCE)

"""KE3's answer: a card for each entity, with its other names and with what the text leaves open."""

from __future__ import annotations

from collections.abc import Iterable

from extraction.request.task import Task
from knowledge.grounding.aliases import Aliases, located
from knowledge.grounding.source import Source
from knowledge.items import Card, Item, facts_by_entity
from knowledge.text.normalising import fold


def make_cards(
    task: Task,
    items: tuple[Item, ...],
    source: Source,
    aliases: Aliases,
    *,
    whole: bool,
    refused: Iterable[str] = (),
) -> tuple[Card, ...]:
    """None for other tasks. An entity that was asked about has its card, also without facts, and
    so have keys that were asked for. `whole`: all of the text was read; else nobody knows what it
    does not state. `refused` are keys for which a value was found and left out."""
    if task.prompt_type != "KE3":
        return ()
    groups = facts_by_entity(items)
    seen = set(refused)
    cards = [
        Card(
            entity=facts[0].entity,
            facts=tuple(facts),
            aliases=located(aliases.of(name)),
            not_stated=_not_stated(task, {fact.key for fact in facts} | seen) if whole else (),
        )
        for name, facts in groups.items()
    ]
    if cards or not (task.entity or task.labels):
        return tuple(cards)
    entity = source.place(task.entity) if task.entity else None
    others = located(aliases.of(task.entity)) if task.entity else ()
    return (Card(entity, (), others, _not_stated(task, seen) if whole else ()),)


def _not_stated(task: Task, given: set[str]) -> tuple[str, ...]:
    """The keys that were asked for and got no value."""
    known = {fold(key)[0] for key in given}
    return tuple(key for key in task.labels if fold(key)[0] not in known)

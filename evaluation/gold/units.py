"""What is counted: the distinct triples, entities and facts of a gold row and of an answer to it.

A unit is a tuple of normalised strings; it keeps the strings that it came from, for the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from evaluation.gold.aliases import Aliases
from evaluation.gold.names import fold_class
from evaluation.gold.rows import Answers, GoldRow
from evaluation.matching import normalise
from knowledge.items import Entity, Fact, Item, PromptType, Triple

Unit = tuple[str, ...]
Rename = Callable[[str], str]


@dataclass(frozen=True)
class Sides:
    """The raw units of a row's two sides, and the aliases that both are read with."""

    task: PromptType
    gold: tuple[Unit, ...]
    predicted: tuple[Unit, ...]
    aliases: Aliases

    def gold_units(self) -> dict[Unit, Unit]:
        """Normalised → raw, distinct, in normalised order."""
        return self._distinct(self.gold, self.aliases.strict)

    def predicted_units(self, *, relaxed: bool) -> dict[Unit, Unit]:
        """The same; `relaxed` lets a similar alias stand for its entity."""
        rename = self.aliases.relaxed if relaxed else self.aliases.strict
        return self._distinct(self.predicted, rename)

    def _distinct(self, raw: Iterable[Unit], rename: Rename) -> dict[Unit, Unit]:
        units: dict[Unit, Unit] = {}
        for unit in raw:
            units.setdefault(self._normal(unit, rename), unit)
        return dict(sorted(units.items()))

    def _normal(self, unit: Unit, rename: Rename) -> Unit:
        if self.task == "KE1":
            head, relation, tail = unit
            return rename(head), normalise(relation), rename(tail)
        if self.task == "KE2":
            label, name = unit
            return fold_class(label), normalise(name)
        key, value = unit
        return key, rename(value)


def sides(row: GoldRow, answer: Answers) -> Sides:
    """Both sides of a row. KE1 (head, relation, tail), KE2 (class, name), KE3 (key, value)."""
    gold, predicted = _raw(row.gold), _raw(answer)
    if row.task == "KE1":
        named = {end for head, _, tail in gold for end in (head, tail)}
    else:
        named = {value for _, value in gold}
    if row.task == "KE3":
        gold, predicted = _told_once(gold), _told_once(predicted)
    return Sides(row.task, gold, predicted, Aliases(row.aliases, named))


def _raw(answers: Answers) -> tuple[Unit, ...]:
    if isinstance(answers, dict):
        return tuple((name, one) for name, listed in answers.items() for one in listed if one)
    return tuple(unit for unit in answers if unit[0] and unit[2])


def _told_once(facts: Iterable[Unit]) -> tuple[Unit, ...]:
    """Without facts that differ only in width, case or marks."""
    first: dict[Unit, Unit] = {}
    for fact in facts:
        first.setdefault(tuple(map(normalise, fact)), fact)
    return tuple(first.values())


def as_answers(task: PromptType, items: Iterable[Item]) -> Answers:
    """An extractor's items in the form that gold has. KE3: the facts of all entities together."""
    if task == "KE1":
        return tuple(
            (item.head.text, item.relation, item.tail.text)
            for item in items
            if isinstance(item, Triple)
        )
    listed: dict[str, tuple[str, ...]] = {}
    for item in items:
        if isinstance(item, Entity):
            listed[item.label] = (*listed.get(item.label, ()), item.place.text)
        elif isinstance(item, Fact):
            listed[item.key] = (*listed.get(item.key, ()), item.value.text)
    return listed

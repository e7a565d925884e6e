"""How much of a row's gold an answer found, by every metric of its task, as counts to add up.

Strict: equal after normalising. Relaxed: a largest matching by `same`, each gold used once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from evaluation.gold.names import CORE, same_key, spaced
from evaluation.gold.rows import Answers, GoldRow
from evaluation.gold.units import Sides, Unit, sides
from evaluation.matching import assign, normalise, same, same_value
from evaluation.scoring.graph import connected
from knowledge.items import PromptType

# The first of each task heads the report: the one that forgives spelling and keeps the meaning.
METRICS: Mapping[PromptType, tuple[str, ...]] = {
    "KE1": (
        "triple_relaxed",
        "triple_strict",
        "pair_strict",
        "pair_relaxed",
        "pair_relaxed_undirected",
        "connected",
    ),
    "KE2": ("class_string", "string", "string_relaxed", "class_string_core"),
    "KE3": ("key_value", "value", "key_value_strict"),
}
SHARES = ("connected",)  # their precision, recall and F1 are one number
TASKS: tuple[PromptType, ...] = ("KE1", "KE2", "KE3")


class Counts(NamedTuple):
    """Right ones, of how many predicted, of how many in gold."""

    right: int
    predicted: int
    gold: int


class Score(NamedTuple):
    """Shares from 0 to 1; 0 where there is nothing to divide by."""

    precision: float
    recall: float
    f1: float


def score(counts: Counts) -> Score:
    precision = counts.right / counts.predicted if counts.predicted else 0.0
    recall = counts.right / counts.gold if counts.gold else 0.0
    both = precision + recall
    return Score(precision, recall, 2 * precision * recall / both if both else 0.0)


def count(row: GoldRow, answer: Answers) -> dict[str, Counts]:
    """Counts by metric, in the order of METRICS."""
    found = sides(row, answer)
    counts = {"KE1": _triples, "KE2": _entities, "KE3": _facts}[row.task](found)
    return {name: counts[name] for name in METRICS[row.task]}


def same_ends(gold: Unit, predicted: Unit) -> bool:
    return same(gold[0], predicted[0]) and same(gold[-1], predicted[-1])


def same_triple(gold: Unit, predicted: Unit) -> bool:
    return same_ends(gold, predicted) and same_key(gold[1], predicted[1])


def same_fact(gold: Unit, predicted: Unit) -> bool:
    return same_value(gold[1], predicted[1]) and same_key(gold[0], predicted[0])


def _either_way(gold: Unit, predicted: Unit) -> bool:
    return same_ends(gold, predicted) or same_ends(gold, predicted[::-1])


def _triples(found: Sides) -> dict[str, Counts]:
    gold = found.gold_units()
    exact, near = found.predicted_units(relaxed=False), found.predicted_units(relaxed=True)
    linked, wanted = connected(gold, near)
    return {
        "triple_strict": _equal(gold, exact),
        "triple_relaxed": _matched(gold, near, same_triple),
        "pair_strict": _equal(_pairs(gold), _pairs(exact)),
        "pair_relaxed": _matched(_pairs(gold), _pairs(near), same_ends),
        "pair_relaxed_undirected": _matched(_unordered(gold), _unordered(near), _either_way),
        # A share of gold: whatever else was predicted only helps, so precision would say nothing.
        "connected": Counts(linked, wanted, wanted),
    }


def _entities(found: Sides) -> dict[str, Counts]:
    gold, predicted = found.gold_units().keys(), found.predicted_units(relaxed=False).keys()
    names, said = {(name,) for _, name in gold}, {(name,) for _, name in predicted}
    core = [{unit for unit in side if unit[0] in CORE} for side in (gold, predicted)]
    return {
        "class_string": _equal(gold, predicted),
        "string": _equal(names, said),
        "string_relaxed": _matched(names, said, same_ends),
        "class_string_core": _equal(core[0], core[1]),
    }


def _facts(found: Sides) -> dict[str, Counts]:
    gold = found.gold_units()
    exact, near = found.predicted_units(relaxed=False), found.predicted_units(relaxed=True)
    values = {(value,) for _, value in gold}
    return {
        "value": _matched(values, {(v,) for _, v in near}, lambda g, p: same_value(g[0], p[0])),
        "key_value": _matched(gold, near, same_fact),
        "key_value_strict": _equal(_plain_keys(gold), _plain_keys(exact)),
    }


def _pairs(units: Collection[Unit]) -> set[Unit]:
    return {(unit[0], unit[-1]) for unit in units}


def _unordered(units: Collection[Unit]) -> set[Unit]:
    return {tuple(sorted(pair)) for pair in _pairs(units)}


def _plain_keys(units: Collection[Unit]) -> set[Unit]:
    return {(normalise(spaced(key)), value) for key, value in units}


def _equal(gold: Collection[Unit], predicted: Collection[Unit]) -> Counts:
    return Counts(len(set(gold) & set(predicted)), len(predicted), len(gold))


def _matched(
    gold: Collection[Unit], predicted: Collection[Unit], fits: Callable[[Unit, Unit], bool]
) -> Counts:
    matching = assign(sorted(gold), sorted(predicted), fits)
    return Counts(len(matching), len(predicted), len(gold))

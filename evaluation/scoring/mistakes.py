"""What went wrong in a row: every gold and every predicted unit gets one outcome.

A predicted unit and the gold unit that it was meant for are one outcome, not two. What is surest
is told first: what is right, then what is wrong in one respect, then what has no partner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from evaluation.gold.names import same_key
from evaluation.gold.rows import Answers, GoldRow
from evaluation.gold.units import Unit, sides
from evaluation.matching import assign, same_value, touching
from evaluation.scoring.metrics import same_ends, same_fact, same_triple
from knowledge.items import PromptType

Kind = Literal[
    "right", "relation", "direction", "class", "key", "boundary", "missed", "spurious"
]  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """Raw units: `gold` is None where something was made up, `predicted` where it was missed."""

    kind: Kind
    gold: Unit | None
    predicted: Unit | None


def _swapped(gold: Unit, predicted: Unit) -> bool:
    return same_triple(gold, predicted[::-1])


def _touching_ends(gold: Unit, predicted: Unit) -> bool:
    return touching(gold[0], predicted[0]) and touching(gold[-1], predicted[-1])


def _same_name(gold: Unit, predicted: Unit) -> bool:
    return gold[-1] == predicted[-1]


def _touching_name(gold: Unit, predicted: Unit) -> bool:
    return touching(gold[-1], predicted[-1])


def _same_class_touching(gold: Unit, predicted: Unit) -> bool:
    return gold[0] == predicted[0] and _touching_name(gold, predicted)


def _other_key(gold: Unit, predicted: Unit) -> bool:
    return same_value(gold[1], predicted[1])


def _touching_value(gold: Unit, predicted: Unit) -> bool:
    return same_key(gold[0], predicted[0]) and touching(gold[1], predicted[1])


Rule = tuple[Kind, Callable[[Unit, Unit], bool]]
_RULES: Mapping[PromptType, Sequence[Rule]] = {
    "KE1": (
        ("right", same_triple),
        ("direction", _swapped),
        ("relation", same_ends),
        ("boundary", _touching_ends),
    ),
    "KE2": (
        ("right", lambda gold, predicted: gold == predicted),
        ("class", _same_name),
        ("boundary", _same_class_touching),
        ("boundary", _touching_name),  # wrong in both: its borders are told
    ),
    "KE3": (
        ("right", same_fact),
        ("key", _other_key),
        ("boundary", _touching_value),
    ),
}
KINDS: Mapping[PromptType, tuple[Kind, ...]] = {
    task: (*dict.fromkeys(kind for kind, _ in rules), "missed", "spurious")
    for task, rules in _RULES.items()
}


def outcomes(row: GoldRow, answer: Answers) -> list[Outcome]:
    """All outcomes of a row, those that are right first."""
    found = sides(row, answer)
    gold, predicted = found.gold_units(), found.predicted_units(relaxed=row.task != "KE2")
    outcomes: list[Outcome] = []
    for kind, fits in _RULES[row.task]:
        wanted, offered = list(gold), list(predicted)
        for i, j in sorted(assign(wanted, offered, fits).items()):
            outcomes.append(Outcome(kind, gold.pop(wanted[i]), predicted.pop(offered[j])))
    outcomes += [Outcome("missed", raw, None) for raw in gold.values()]
    outcomes += [Outcome("spurious", None, raw) for raw in predicted.values()]
    return outcomes


def tally(task: PromptType, outcomes: Sequence[Outcome]) -> dict[Kind, int]:
    """How many of each kind, zeros too."""
    return {kind: sum(outcome.kind == kind for outcome in outcomes) for kind in KINDS[task]}

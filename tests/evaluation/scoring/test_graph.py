from __future__ import annotations

import pytest

from evaluation.gold.units import Unit
from evaluation.scoring.graph import connected

ROAD: list[Unit] = [("ann", "works for", "press"), ("the press", "part of", "delta university")]


@pytest.mark.parametrize(
    ("gold", "linked"),
    [
        (("ann", "employer", "press"), 1),
        (("press", "employs", "ann"), 1),  # direction does not count
        (("ann", "works at", "bob"), 0),
        (("press", "is", "press"), 1),
    ],
)
def test_ends_in_one_component(gold: Unit, linked: int) -> None:
    assert connected([gold], ROAD) == (linked, 1)


def test_a_third_entity_joins_two() -> None:
    chain: list[Unit] = [("a", "r", "b"), ("c", "r", "b"), ("d", "r", "e")]
    assert connected([("a", "x", "c"), ("a", "x", "d"), ("e", "x", "d")], chain) == (2, 3)


def test_two_ends_that_equal_the_same_node_only_are_not_joined() -> None:
    gold: Unit = ("harbour united club one", "r", "harbour united club two")
    found: list[Unit] = [("harbour united club one two", "r", "leeds")]
    assert connected([gold], found) == (0, 1)


def test_nothing_predicted() -> None:
    assert connected([("a", "r", "b")], []) == (0, 1)
    assert connected([], []) == (0, 0)

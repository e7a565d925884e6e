"""Sets of things that are one, against sets that are joined by hand."""

from __future__ import annotations

import random

import pytest

from knowledge.disjoint_sets import DisjointSets


def test_a_thing_not_seen_before_is_alone() -> None:
    sets = DisjointSets[str]()
    assert sets.find("a") == "a"
    sets.join("b", "c")
    assert sets.find("a") == "a"


@pytest.mark.parametrize("pairs", [[("c", "b"), ("b", "a")], [("b", "a"), ("c", "b")],
                                   [("a", "c"), ("c", "b")], [("b", "c"), ("a", "c")]])  # fmt: skip
def test_the_least_thing_represents_its_set(pairs: list[tuple[str, str]]) -> None:
    sets = DisjointSets[str]()
    for one, other in pairs:
        sets.join(one, other)
    assert [sets.find(thing) for thing in "abcd"] == ["a", "a", "a", "d"]


def test_a_thing_joined_with_itself_or_again_stays() -> None:
    sets = DisjointSets[int]()
    for one, other in ((2, 2), (1, 2), (2, 1), (1, 2)):
        sets.join(one, other)
    assert [sets.find(thing) for thing in (1, 2, 3)] == [1, 1, 3]


@pytest.mark.parametrize("seed", range(20))
def test_random_pairs_in_any_order(seed: int) -> None:
    drawn = random.Random(seed)
    pairs = [(drawn.randrange(40), drawn.randrange(40)) for _ in range(drawn.randrange(1, 40))]
    expected = {thing: {thing} for thing in range(40)}
    sets = DisjointSets[int]()
    for one, other in pairs:
        joined = expected[one] | expected[other]
        expected |= dict.fromkeys(joined, joined)
        sets.join(one, other)
        thing = drawn.randrange(40)  # a question between changes nothing
        assert sets.find(thing) == min(expected[thing])
    other_order = DisjointSets[int]()
    for one, other in drawn.sample(pairs, len(pairs)):
        other_order.join(other, one)
    for thing in range(40):
        assert sets.find(thing) == other_order.find(thing) == min(expected[thing])


def test_a_long_chain_needs_no_recursion() -> None:
    sets = DisjointSets[int]()
    for number in range(20_000, 0, -1):
        sets.join(number, number - 1)
    assert sets.find(20_000) == 0

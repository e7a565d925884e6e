"""Costs of steps are fitted from what was measured; guesses are taken while they pay."""

import pytest

from models.qwen.pace import Luck, StepCost, worthwhile


def measured(base: float, each: float) -> StepCost:
    cost = StepCost()
    for _ in range(100):
        for tokens in (1, 2, 4, 8):
            cost.add(tokens, base + each * tokens)
    return cost


def test_costs_follow_what_is_measured() -> None:
    cost = measured(0.1, 0.02)
    assert cost.of(6) == pytest.approx(0.22, rel=0.02)
    assert cost.each == pytest.approx(0.02, rel=0.02)


def test_steps_of_one_size_teach_no_slope() -> None:
    cost = StepCost()
    for _ in range(2000):
        cost.add(1, 0.03)
    assert cost.each == 0.0
    assert cost.of(1) == pytest.approx(0.03)


def test_a_cost_never_falls_with_more_tokens() -> None:
    cost = StepCost()
    for _ in range(200):
        cost.add(1, 0.09)
        cost.add(8, 0.03)
    assert cost.each == 0.0


def test_luck_begins_hopeful_and_learns() -> None:
    luck = Luck()
    assert luck.chance == pytest.approx(0.625)
    for _ in range(50):
        luck.add(False)
    assert luck.chance < 0.1
    for _ in range(80):
        luck.add(True)
    assert luck.chance > 0.95


def test_cheap_tokens_are_all_guessed() -> None:
    assert worthwhile(measured(0.03, 0.0001), 1, [[0.8] * 5]) == [5]


def test_dear_tokens_are_not_guessed() -> None:
    assert worthwhile(measured(0.001, 0.03), 1, [[0.5] * 5]) == [0]


def test_more_requests_guess_less_each() -> None:
    cost = measured(0.025, 0.005)
    alone = worthwhile(cost, 1, [[0.6] * 7])
    beside = worthwhile(cost, 4, [[0.6] * 7] * 4)
    assert alone[0] > max(beside)
    assert sum(beside) > 0


def test_the_probable_guess_comes_first() -> None:
    assert worthwhile(measured(0.01, 0.01), 2, [[0.1, 0.9], [0.95, 0.95]]) == [0, 2]


def test_without_guesses_there_is_nothing_to_choose() -> None:
    assert worthwhile(StepCost(), 2, [[], []]) == [0, 0]
    assert worthwhile(StepCost(), 0, []) == []

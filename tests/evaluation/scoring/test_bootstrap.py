from __future__ import annotations

import pytest

from evaluation.scoring.bootstrap import differences, intervals
from evaluation.scoring.metrics import Counts

GOOD = [[Counts(3, 4, 4)], [Counts(1, 2, 3)], [Counts(0, 1, 2)], [Counts(5, 5, 6)]] * 10
POOR = [[Counts(1, 4, 4)], [Counts(1, 2, 3)], [Counts(0, 1, 2)], [Counts(2, 5, 6)]] * 10


def test_the_seed_and_the_name_decide() -> None:
    first = intervals([GOOD], 500, 1, "KE1")
    assert first == intervals([GOOD], 500, 1, "KE1")
    assert first != intervals([GOOD], 500, 2, "KE1")
    assert first != intervals([GOOD], 500, 1, "KE2")


def test_the_interval_is_about_the_figure() -> None:
    precision, recall, f1 = intervals([GOOD], 2000, 0, "x")[0]
    assert precision.low < 9 / 12 < precision.high
    assert recall.low < 9 / 15 < recall.high
    assert f1.low < 18 / 27 < f1.high
    assert 0.55 < f1.low and f1.high < 0.8


def test_rows_that_are_all_alike_leave_no_doubt() -> None:
    sure = intervals([[[Counts(1, 2, 4)]] * 5], 200, 0, "x")[0]
    assert [each.low for each in sure] == pytest.approx([1 / 2, 1 / 4, 1 / 3])
    assert [each.high for each in sure] == [each.low for each in sure]


def test_more_rows_make_it_narrower() -> None:
    few, many = (intervals([GOOD[:n]], 1000, 0, "x")[0][2] for n in (8, 40))
    assert many.high - many.low < few.high - few.low


def test_several_strata_are_averaged() -> None:
    right, wrong = [[Counts(1, 1, 1)]] * 3, [[Counts(0, 1, 1)]] * 30
    f1 = intervals([right, wrong], 100, 0, "x")[0][2]
    assert (f1.low, f1.high) == (0.5, 0.5)


def test_nothing_predicted_is_zero_and_no_warning() -> None:
    assert intervals([[[Counts(0, 0, 0)]]], 50, 0, "x")[0][2].high == 0


def test_a_difference_that_every_row_shows_is_sure() -> None:
    found = differences([(POOR, GOOD)], 2000, 0, "x")[0]
    assert found.value == pytest.approx(18 / 27 - 8 / 27)
    assert 0 < found.interval.low < found.value < found.interval.high
    assert found.p == pytest.approx(1 / 2001)
    back = differences([(GOOD, POOR)], 2000, 0, "x")[0]
    assert (back.value, back.p) == (-found.value, found.p)
    assert back.interval.high == pytest.approx(-found.interval.low)


def test_no_difference_is_no_evidence() -> None:
    same = differences([(GOOD, GOOD)], 500, 0, "x")[0]
    assert (same.value, same.p) == (0, 1)
    assert same == differences([(GOOD, GOOD)], 500, 0, "x")[0]


def test_a_difference_that_one_row_makes_may_be_chance() -> None:
    lucky = [list(row) for row in POOR]
    lucky[0] = [Counts(4, 4, 4)]
    found = differences([(POOR, lucky)], 2000, 0, "x")[0]
    assert found.value > 0
    assert found.p > 0.3


@pytest.mark.parametrize("rows", [1, 3])
def test_a_few_rows_that_got_better_prove_nothing(rows: int) -> None:
    worse, better = [Counts(0, 1, 1)], [Counts(1, 1, 1)]
    [found] = differences([([worse] * rows, [better] * rows)], 2000, 0, "x")
    assert found.value == 1.0
    assert found.p > 0.2  # 2 ** (1 - rows), or more


def test_many_rows_that_got_better_prove_something() -> None:
    worse, better = [Counts(0, 1, 1)], [Counts(1, 1, 1)]
    [found] = differences([([worse] * 12, [better] * 12)], 2000, 0, "x")
    assert found.p < 0.01

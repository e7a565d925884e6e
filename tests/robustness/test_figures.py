"""The figures and verdicts of benchmarks/load.py, on runs that are written down here."""

from __future__ import annotations

import pytest

from benchmarks.load import Seen, faults, lasting, percentile, slope


def seen(**changes: object) -> Seen:
    good = Seen(answers=[(1.0, 1.0)], health=[0.01] * 100, memory=[(0.0, 100.0)])
    good.statuses.update({"200": 5, "503 with Retry-After": 3, "left": 1})
    for name, value in changes.items():
        setattr(good, name, value)
    return good


def test_percentiles_and_slopes() -> None:
    values = [float(one) for one in range(101)]
    assert [percentile(values, share) for share in (50, 95, 99)] == [50, 95, 99]
    assert percentile([3.0], 99) == 3.0
    assert slope([(0, 5), (1, 7), (2, 9)]) == pytest.approx(2)
    assert slope([(1, 5)]) == 0


def test_what_row_1_forbids_is_found() -> None:
    assert faults(seen()) == []
    broken = seen()
    broken.statuses.update({"503": 1, "500": 2, "broken: ReadError": 1})
    assert faults(broken) == ["1 x 503", "2 x 500", "1 x broken: ReadError"]
    assert faults(seen(health=[0.01] * 90 + [0.3] * 10)) == ["/health p99 300 ms"]


def test_growth_and_drift_count_after_the_warm_up() -> None:
    hour = 3600.0
    memory = [(0.0, 10.0), *[(at * hour / 100, 100 + 5 * at / 100) for at in range(11, 101)]]
    answers = [(at * hour / 100, 9.0 if at < 10 else 1.0 + (at > 70)) for at in range(100)]
    growth, drift = lasting(seen(memory=memory, answers=answers), hour)
    assert growth == pytest.approx(5)
    assert drift == pytest.approx(1)

"""Comparing two arrays, and the worst of several ways."""

from __future__ import annotations

import pytest
import torch

from verification.golden.report import CLOSE, EXACT, HALF, Report, Tolerance, difference

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("ours", "theirs", "tolerance", "agrees"),
    [
        ([1.0], [1.0], EXACT, True),
        ([1.0], [1.0 + 1e-6], EXACT, False),
        ([1.0], [1.0 + 1e-5], CLOSE, True),
        ([1.0], [1.0 + 2e-4], CLOSE, False),
        ([100.0], [100.009], CLOSE, True),
        ([1.0], [1.029], HALF, True),
        ([NAN], [NAN], CLOSE, True),
        ([NAN], [1.0], CLOSE, False),
        ([1.0], [NAN], HALF, False),
        ([-INF], [-INF], CLOSE, True),
        ([-INF], [INF], HALF, False),
        ([1.0], [INF], HALF, False),
        ([-INF], [1.0], Tolerance(1e9), False),
        ([], [], EXACT, True),
    ],
)
def test_difference(
    ours: list[float], theirs: list[float], tolerance: Tolerance, agrees: bool
) -> None:
    _, note = difference(torch.tensor(ours), torch.tensor(theirs), tolerance)
    assert (note == "") == agrees


def test_integers_and_booleans_are_exact() -> None:
    assert difference(torch.tensor([True]), torch.tensor([True]), EXACT) == (0.0, "")
    error, note = difference(torch.tensor([[3, 4]]), torch.tensor([[3, 6]]), EXACT)
    assert error == 2.0 and note == "1 differ, most at [0, 1]: 4 and not 6"


def test_the_worst_way_is_shown() -> None:
    report = Report()
    report.meet("a", (1,))
    theirs = torch.tensor([1.0])
    for error, way in ((1e-6, "first"), (5e-6, "second"), (2e-6, "third")):
        report.compare("a", theirs + error, theirs, CLOSE, way)
    assert report.entries["a"].status == "ok"
    assert report.entries["a"].error == pytest.approx(5e-6, rel=0.1)
    report.compare("a", theirs + 1, theirs, CLOSE, "broken")
    report.compare("a", theirs, theirs, CLOSE, "fine")
    assert (report.failed, report.verified) == (1, 1)
    assert report.entries["a"].note.startswith("broken: 1 differ")
    assert "FAILED" in report.entries["a"].line()


def test_a_given_array_does_not_count() -> None:
    report = Report()
    report.meet("a", (2,))
    report.given("a")
    assert list(report.lines())[-1] == "verified 0 arrays, 0 failed"
    report.compare("a", torch.zeros(2), torch.zeros(2), EXACT)
    assert report.verified == 1
    report.given("a")  # compared once is compared
    assert report.entries["a"].status == "ok"


def test_a_group_counts_its_comparisons() -> None:
    report = Report()
    report.group("texts", 10, [f"no {n}" for n in range(5)])
    assert (report.verified, report.failed) == (10, 5)
    assert report.entries["texts"].note == "no 0; no 1; no 2 and 2 more"

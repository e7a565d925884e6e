from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.gold.rows import Answers
from evaluation.report.compare import compare
from evaluation.report.report import Report, build
from evaluation.scoring.metrics import METRICS
from tests.evaluation.rows import judged, row

ALL: Answers = {"PER": ("Ann", "Bob")}
HALF: Answers = {"PER": ("Ann",)}
GOLD = {"PER": ["Ann", "Bob"]}


def report(folder: Path, answers: list[Answers], sources: int = 1, first: int = 0) -> Report:
    return build(
        [
            judged(row(folder, "KE2", GOLD, id=str(n), source=f"s{n % sources}"), pred=answer)
            for n, answer in enumerate(answers, start=first)
        ],
        {},
        0,
    )


def test_what_every_row_shows_is_sure(tmp_path: Path) -> None:
    found = compare(report(tmp_path, [HALF] * 8), report(tmp_path, [ALL] * 8), 0)
    assert (found.common, found.apart) == (8, 0)
    assert [line.metric for line in found.compared] == list(METRICS["KE2"])
    line = found.compared[0]
    assert (line.task, line.lang, line.rows, line.mean) == ("KE2", "en", 8, False)
    assert (line.first, line.second) == pytest.approx((2 / 3, 1))
    assert line.difference.value == pytest.approx(1 / 3)
    assert line.difference.p < 0.02  # 2 ** (1 - 8)


def test_only_common_rows_of_the_same_gold_are_compared(tmp_path: Path) -> None:
    longer, shorter = report(tmp_path, [ALL] * 6), report(tmp_path, [HALF] * 4, first=2)
    found = compare(longer, shorter, 0)
    assert (found.common, found.apart) == (4, 2)
    other = judged(row(tmp_path, "KE2", {"PER": ["Cleo"]}, id="0"), pred=ALL)
    changed = build([other], {}, 0)
    assert compare(longer, changed, 0).common == 0
    assert compare(longer, changed, 0).compared == ()


def test_the_mean_over_sources_stands_beside_the_sum(tmp_path: Path) -> None:
    first = report(tmp_path, [HALF, ALL] * 4, sources=2)
    found = compare(first, report(tmp_path, [ALL] * 8, sources=2), 0)
    assert [line.mean for line in found.compared[::4]] == [False, True]
    assert found.compared[4].first == pytest.approx((2 / 3 + 1) / 2)


def test_the_seed_decides(tmp_path: Path) -> None:
    first = report(tmp_path, [*[HALF] * 7, ALL, ALL])
    second = report(tmp_path, [*[ALL] * 6, HALF, HALF, HALF])
    assert compare(first, second, 1) == compare(first, second, 1)
    assert compare(first, second, 1) != compare(first, second, 2)

"""The project's own gold file: complete enough to be of use, and true to its texts."""

from __future__ import annotations

import pytest

from evaluation.gold.rows import OWN, GoldRow, read_gold
from evaluation.gold.units import sides
from evaluation.report.highlight import strings_of

ROWS = read_gold([OWN])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_string_stands_in_its_text(row: GoldRow) -> None:
    for unit in sides(row, ()).gold:
        for string in strings_of(row.task, unit):
            assert string in row.text
    assert row.entity is None or row.entity in row.text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_language_has_texts_for_every_task_and_some_that_hold_nothing(lang: str) -> None:
    rows = [row for row in ROWS if row.lang == lang]
    assert len({row.text for row in rows}) >= 12
    for task in ("KE1", "KE2", "KE3"):
        assert sum(row.task == task for row in rows) >= 5
        assert any(row.task == task and not row.gold for row in rows)
    assert any(row.task == "KE3" and row.entity is None for row in rows)


def test_classes_are_those_of_the_language() -> None:
    classes = {"zh": {"人物", "地点", "机构", "时间"}, "en": {"PER", "LOC", "ORG", "TIME"}}
    for row in ROWS:
        if row.task == "KE2":
            assert set(row.gold) <= classes[row.lang]

from __future__ import annotations

import pytest

from knowledge.classes import classes_by_label, common_label, explained


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("PER", "PER"), ("人物", "PER"), ("Person", "PER"), ("地名", "LOC"),
        ("Organisation", "ORG"),
        ("work_of_art", "WORK"), ("时间", "TIME"), ("岩石", None), ("protein", None), ("", None),
    ],
)  # fmt: skip
def test_one_class_has_many_names(name: str, label: str | None) -> None:
    assert common_label(name) == label


def test_the_class_that_means_a_label_gets_it() -> None:
    assert classes_by_label(["人物", "机构", "矿物"]) == {"PER": "人物", "ORG": "机构"}


@pytest.mark.parametrize(
    "names", [["公司", "机构"], ["机构", "大学"], ["organization", "company"], ["时间", "日期"]]
)
def test_where_classes_compete_none_has_the_short_name(names: list[str]) -> None:
    assert classes_by_label([*names, "人物"]) == {"PER": "人物"}


def test_only_bare_short_names_are_explained() -> None:
    told = explained({"PER": "", "LOC": "rivers only", "enzyme": "", "person": ""}, "en")
    assert told["PER"] == "names of people"
    assert told["LOC"] == "rivers only"
    assert told["enzyme"] == told["person"] == ""

from __future__ import annotations

import pytest

from evaluation.gold.names import fold_class, same_key


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("人物", "PER"), ("Person", "PER"), ("gpe", "LOC"), ("机构", "ORG"), ("时间", "TIME"),
        ("Work of Art", "WORK"), ("programming language", "PROGRAMMING_LANGUAGE"), ("菜名", "菜名"),
    ],
)  # fmt: skip
def test_classes_fold(name: str, label: str) -> None:
    assert fold_class(name) == label


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("出生地", "place of birth", True),  # one meaning
        ("birthPlace", "birth_place", True),  # one spelling
        ("date founded", "founded", True),  # one in the other
        ("number of students", "students", True),
        ("教育经历", "教育", True),  # 2·2/6, and one inside the other
        ("出生地", "出生日期", True),  # half the characters: relaxed is forgiving in Chinese
        ("author", "director", False),
        ("位于", "作者", False),
        ("号", "字", True),
        ("", "作者", False),
    ],
)
def test_keys_of_one_meaning(one: str, other: str, equal: bool) -> None:
    assert same_key(one, other) is equal
    assert same_key(other, one) is equal

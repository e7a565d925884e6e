"""The metrics on examples small enough to be worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evaluation.gold.rows import Answers
from evaluation.scoring.metrics import METRICS, Counts, count, score
from knowledge.items import PromptType
from tests.evaluation.rows import row


def counted(
    folder: Path, task: PromptType, gold: Any, pred: Answers, **fields: Any
) -> dict[str, tuple[int, ...]]:
    counts = count(row(folder, task, gold, **fields), pred)
    assert tuple(counts) == METRICS[task]
    return {name: tuple(each) for name, each in counts.items()}


def test_triples(tmp_path: Path) -> None:
    gold = [
        ["鲁迅", "出生地", "浙江绍兴"],
        ["鲁迅", "原名", "周树人"],
        ["周作人", "兄长", "鲁迅"],
    ]
    pred = (
        ("鲁迅", "place of birth", "浙江绍兴"),  # another name of the relation
        ("《鲁迅》", "原名", "周树人"),  # marks do not count
        ("鲁迅", "弟弟", "周作人"),  # the other way round, and another relation
        ("鲁迅", "职业", "作家"),
    )
    assert counted(tmp_path, "KE1", gold, pred) == {
        "triple_relaxed": (2, 4, 3),
        "triple_strict": (1, 4, 3),
        "pair_strict": (2, 4, 3),
        "pair_relaxed": (2, 4, 3),
        "pair_relaxed_undirected": (3, 4, 3),
        "connected": (3, 3, 3),
    }


def test_relaxed_ends_and_one_gold_for_one_prediction(tmp_path: Path) -> None:
    gold = [["Ann Lee", "employer", "Delta University Press"]]
    pred = (
        ("Ann Lee", "employer", "the Delta University Press"),
        ("Ann Lee", "works for", "Delta University Press Ltd"),  # 2·3/7 is enough as well
    )
    counts = counted(tmp_path, "KE1", gold, pred)
    assert counts["triple_strict"] == (0, 2, 1)
    assert counts["triple_relaxed"] == counts["pair_relaxed"] == (1, 2, 1)


def test_aliases_count_as_one_entity(tmp_path: Path) -> None:
    aliases = {"United Kingdom": ["UK", "Great Britain"]}
    gold = [["Leeds", "country", "UK"]]
    pred = (("Leeds", "country", "Great Britain"), ("Leeds", "country", "the United Kingdom"))
    counts = counted(tmp_path, "KE1", gold, pred, aliases=aliases)
    assert counts["triple_strict"] == (1, 2, 1)
    assert counts["triple_relaxed"] == (1, 1, 1)  # both stand for the same entity


def test_entities(tmp_path: Path) -> None:
    gold = {"PER": ["Ann Lee"], "ORG": ["Delta University"], "EVENT": ["Harbour Fair"]}
    pred: Answers = {
        "人物": ("ann lee",),  # the class in Chinese, the name in small letters
        "LOC": ("Delta University",),  # the wrong class
        "Event": ("the Harbour Fair",),  # an article more
    }
    assert counted(tmp_path, "KE2", gold, pred) == {
        "class_string": (1, 3, 3),
        "string": (2, 3, 3),
        "string_relaxed": (3, 3, 3),
        "class_string_core": (1, 2, 2),
    }


def test_facts(tmp_path: Path) -> None:
    gold = {"出生日期": "1881年9月25日", "birthPlace": "浙江绍兴", "职业": ["作家", "翻译家"]}
    pred: Answers = {
        "birth place": ("绍兴",),  # half of the value
        "生日": ("1881年9月25日",),  # another name of the key
        "作品": ("作家",),  # the right value under the wrong key
    }
    assert counted(tmp_path, "KE3", gold, pred) == {
        "key_value": (2, 3, 4),
        "value": (3, 3, 4),
        "key_value_strict": (0, 3, 4),
    }
    strict = counted(tmp_path, "KE3", gold, {"birth_place": ("浙江绍兴",)})
    assert strict["key_value_strict"] == (1, 1, 4)


@pytest.mark.parametrize("task", ["KE1", "KE2", "KE3"])
def test_nothing_to_find_and_nothing_found(tmp_path: Path, task: PromptType) -> None:
    empty: Answers = () if task == "KE1" else {}
    counts = counted(tmp_path, task, empty, empty)
    assert set(counts.values()) == {(0, 0, 0)}


def test_empty_strings_of_a_model_are_no_predictions(tmp_path: Path) -> None:
    triples = counted(tmp_path, "KE1", [["a", "r", "b"]], (("", "r", "b"), ("a", "r", "")))
    assert triples["triple_strict"] == (0, 0, 1)
    assert counted(tmp_path, "KE2", {"PER": ["a"]}, {"PER": ("",)})["string"] == (0, 0, 1)


def test_score() -> None:
    assert score(Counts(2, 4, 3)) == pytest.approx((1 / 2, 2 / 3, 4 / 7))
    assert score(Counts(0, 0, 0)) == score(Counts(0, 5, 0)) == (0, 0, 0)

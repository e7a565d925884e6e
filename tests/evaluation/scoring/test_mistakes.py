from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evaluation.gold.rows import Answers
from evaluation.scoring.mistakes import KINDS, outcomes, tally
from knowledge.items import PromptType
from tests.evaluation.rows import row

Told = list[tuple[str, str, str]]


def told(folder: Path, task: PromptType, gold: Any, pred: Answers) -> Told:
    return [
        (each.kind, " ".join(each.gold or ()), " ".join(each.predicted or ()))
        for each in outcomes(row(folder, task, gold), pred)
    ]


def test_triples(tmp_path: Path) -> None:
    gold = [
        ["Ann", "author", "Iron Sea"],
        ["Bob", "born in", "Leeds"],
        ["Cleo", "spouse", "Dan"],
        ["Delta University Press", "founded", "1987"],
        ["Eve", "employer", "Rovers"],
    ]
    pred = (
        ("Ann", "written by", "the Iron Sea"),
        ("Leeds", "born in", "Bob"),
        ("Cleo", "opponent", "Dan"),
        ("Delta University", "founded", "in 1987"),
        ("Finn", "employer", "Rovers"),
    )
    assert told(tmp_path, "KE1", gold, pred) == [
        ("right", "Ann author Iron Sea", "Ann written by the Iron Sea"),
        ("direction", "Bob born in Leeds", "Leeds born in Bob"),
        ("relation", "Cleo spouse Dan", "Cleo opponent Dan"),
        ("boundary", "Delta University Press founded 1987", "Delta University founded in 1987"),
        ("missed", "Eve employer Rovers", ""),
        ("spurious", "", "Finn employer Rovers"),
    ]


def test_entities(tmp_path: Path) -> None:
    gold = {"人物": ["鲁迅", "周作人"], "地点": ["浙江绍兴", "北京"], "机构": ["北京大学文学院"]}
    pred: Answers = {
        "PER": ("鲁迅",),
        "地点": ("绍兴", "文学院"),  # cut short; cut short and in the wrong class
        "机构": ("北京", "商务印书馆"),  # the wrong class; made up
    }
    assert told(tmp_path, "KE2", gold, pred) == [
        ("right", "人物 鲁迅", "PER 鲁迅"),
        ("class", "地点 北京", "机构 北京"),
        ("boundary", "地点 浙江绍兴", "地点 绍兴"),
        ("boundary", "机构 北京大学文学院", "地点 文学院"),
        ("missed", "人物 周作人", ""),
        ("spurious", "", "机构 商务印书馆"),
    ]


def test_facts(tmp_path: Path) -> None:
    gold = {
        "weight": "11.5 kg",
        "price": "$749",
        "maker": "Harbour Bicycle Works of Leeds",
        "age": "3",
    }
    pred: Answers = {
        "Weight": ("11.5 kg",),
        "speed": ("$749",),
        "maker": ("Works",),
        "wheels": ("two",),
    }
    assert told(tmp_path, "KE3", gold, pred) == [
        ("right", "weight 11.5 kg", "Weight 11.5 kg"),
        ("key", "price $749", "speed $749"),
        ("boundary", "maker Harbour Bicycle Works of Leeds", "maker Works"),
        ("missed", "age 3", ""),
        ("spurious", "", "wheels two"),
    ]


@pytest.mark.parametrize("task", ["KE1", "KE2", "KE3"])
def test_the_tally_knows_every_kind_of_its_task(tmp_path: Path, task: PromptType) -> None:
    empty: Answers = () if task == "KE1" else {}
    none = tally(task, outcomes(row(tmp_path, task, empty), empty))
    assert list(none) == list(KINDS[task])
    assert set(none.values()) == {0}

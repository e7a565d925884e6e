from __future__ import annotations

from typing import Any

import pytest

from errors import InputError
from extraction.request.task import make_task


@pytest.mark.parametrize(
    "line", ["实体：鲁迅\n", "实体: 鲁迅\r\n", "Entity: 鲁迅 \n", "\nentity：鲁迅\n"]
)
def test_the_entity_may_stand_in_the_first_line(line: str) -> None:
    text = line + "鲁迅生于绍兴。"
    task = make_task("KE3", text)
    assert task.entity == "鲁迅"
    assert task.text == text
    assert task.text[task.body_start :] == "鲁迅生于绍兴。"


def test_a_given_entity_comes_first() -> None:
    task = make_task("KE3", "实体：鲁迅\n正文。", entity=" 胡适 ")
    assert (task.entity, task.body_start) == ("胡适", 0)


def test_an_entity_has_its_limits_wherever_it_stands() -> None:
    for text, entity in (("实体：" + "x" * 201 + "\n正文。", None), ("正文。", "x" * 201)):
        with pytest.raises(InputError) as caught:
            make_task("KE3", text, entity=entity)
        assert caught.value.field == "entity"
    assert make_task("KE3", "实体：鲁迅\n正文。", entity=" ").entity == "鲁迅"


def test_only_ke3_has_an_entity_line() -> None:
    task = make_task("KE1", "实体：鲁迅\n正文。")
    assert (task.entity, task.body_start) == (None, 0)


@pytest.mark.parametrize("text", ["", "  \n", "实体：鲁迅\n "])
def test_an_empty_text_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        make_task("KE3", text)
    assert caught.value.field == "user_input"


def test_the_language_is_that_of_the_text_unless_given() -> None:
    assert make_task("KE1", "鲁迅生于绍兴。").lang == "zh"
    assert make_task("KE1", "鲁迅生于绍兴。", lang="en").lang == "en"


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"min_confidence": float("nan")}, "min_confidence"), ({"entity": "\udcff"}, "entity")],
)
def test_what_is_no_number_and_no_character_is_refused(fields: Any, field: str) -> None:
    with pytest.raises(InputError) as caught:
        make_task("KE3", "Ann.", **fields)
    assert caught.value.field == field

"""KE3's entity in the first line of a text."""

from __future__ import annotations

import pytest

from knowledge.text.entity_line import entity_line


@pytest.mark.parametrize(
    ("line", "entity"),
    [
        ("实体：鲁迅\n", "鲁迅"),
        ("实体:鲁迅\n", "鲁迅"),
        ("Entity: Lu Xun\n", "Lu Xun"),
        ("ENTITY：  Lu Xun \t\r\n", "Lu Xun"),
        ("\n  实体 ： 鲁迅\r", "鲁迅"),
        ("实体：\u3000鲁迅\u3000\n", "鲁迅"),
        ("实体：a: b：c\n", "a: b：c"),
    ],
)
@pytest.mark.parametrize("rest", ["鲁迅生于绍兴。", "", "实体：周作人\nx"])
def test_the_first_line_names_it(line: str, entity: str, rest: str) -> None:
    text = line + rest
    found, start = entity_line(text)
    assert (found, text[start:]) == (entity, rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "鲁迅生于绍兴。",
        "实体：鲁迅",  # nothing follows: it is the text itself
        "实体：\n鲁迅生于绍兴。",
        "实体：  \n鲁迅",
        "实体 鲁迅\n他生于绍兴。",
        "鲁迅\n实体：鲁迅\n他生于绍兴。",
        "The entity: Lu Xun\nHe was born.",
        "实体：\u3000\n鲁迅",
    ],
)
def test_any_other_text_begins_at_its_start(text: str) -> None:
    assert entity_line(text) == (None, 0)


@pytest.mark.timeout(20)
def test_a_long_line_of_spaces_is_read_at_once() -> None:
    """One of 1,600 took twelve seconds, and eight times as long with each doubling."""
    many = " " * 100_000
    assert entity_line(f"实体：{many}") == (None, 0)
    assert entity_line(f"实体：{many}a{many}b{many}\n")[0] == f"a{many}b"
    assert entity_line(f"{many}实体{many}a") == (None, 0)

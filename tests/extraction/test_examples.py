from __future__ import annotations

import json
from typing import Any

import pytest

from errors import InputError
from extraction.examples import read_examples
from extraction.knowledge import PromptType
from extraction.task import Example

GOOD: list[tuple[PromptType, dict[str, Any], object]] = [
    ("KE1", {"text": "甲生于乙。", "triples": [["甲", "生于", "乙"]]}, [["甲", "生于", "乙"]]),
    ("KE2", {"text": "甲生于乙。", "entities": {"人物": ["甲"]}}, {"人物": ["甲"]}),
    (
        "KE3",
        {"text": "甲生于乙。", "entity": "甲", "facts": [["出生地", "乙"]]},
        {"entity": "甲", "facts": [["出生地", "乙"]]},
    ),
]


@pytest.mark.parametrize(("prompt_type", "example", "answer"), GOOD)
def test_examples_are_read(prompt_type: PromptType, example: Any, answer: object) -> None:
    expected = (Example("甲生于乙。", answer),)
    assert read_examples(prompt_type, [example]) == expected
    assert read_examples(prompt_type, json.dumps([example])) == expected


@pytest.mark.parametrize(
    "value",
    [
        "{",
        5,
        [5],
        [{"text": "甲", "triples": [["甲", "乙"]]}],
        [{"text": "甲", "triples": [["甲", "生于", "丙"]]}],
        [{"text": "", "triples": []}],
        [{"text": "甲", "triples": [], "more": 1}],
        [{"text": "甲", "triples": []}] * 9,
    ],
)
def test_a_bad_example_names_its_field(value: Any) -> None:
    with pytest.raises(InputError) as caught:
        read_examples("KE1", value)
    assert caught.value.field == "examples"

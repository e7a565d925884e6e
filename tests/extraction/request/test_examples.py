from __future__ import annotations

import json
import re
from typing import Any

import pytest

from errors import InputError
from extraction.request.examples import read_examples
from extraction.request.task import Example
from knowledge.items import PromptType

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


@pytest.mark.parametrize(
    ("prompt_type", "value", "message"),
    [
        ("KE3", [{"text": "a b", "entity": "zzz", "facts": []}], "'zzz' does not occur"),
        ("KE3", [{"text": "a b", "entity": "", "facts": []}], "example 1: entity"),
        ("KE1", [{"text": "a b", "triples": [["a", "", "b"]]}], "example 1: triples.0.1"),
        ("KE1", [{"text": "a b", "triples": []}, {"text": "a"}], "example 2: triples"),
        ("KE1", ["x"], 'example 1: must be {"text", "triples"'),
        ("KE1", [], "1 to 8 examples"),
        ("KE1", "[]", "1 to 8 examples"),
    ],
)
def test_a_bad_example_is_named_by_its_number(prompt_type: Any, value: Any, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read_examples(prompt_type, value)
    assert caught.value.field == "examples"

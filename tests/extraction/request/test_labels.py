from __future__ import annotations

from typing import Any

import pytest

from errors import InputError
from extraction.request.labels import read_labels


@pytest.mark.parametrize(
    ("value", "labels"),
    [
        (None, {}),
        ("", {}),
        ("人物, 地点，机构、时间", {"人物": "", "地点": "", "机构": "", "时间": ""}),
        ('["a b", "c"]', {"a b": "", "c": ""}),
        ({"person": "names of people", "place": ""}, {"person": "names of people", "place": ""}),
    ],
)
def test_all_forms_are_read(value: Any, labels: dict[str, str]) -> None:
    assert read_labels(value) == labels


@pytest.mark.parametrize(
    "value", ["[", 5, [], [1], {"a": 1}, [""], ["a\nb"], ["x" * 101], [str(i) for i in range(201)]]
)
def test_a_bad_schema_names_its_field(value: Any) -> None:
    with pytest.raises(InputError) as caught:
        read_labels(value)
    assert caught.value.field == "schema"


@pytest.mark.parametrize("note", ["\ud800", "a\x00b", "x" * 501])
def test_a_description_is_plain_text_of_some_length(note: str) -> None:
    with pytest.raises(InputError, match="description of '出生地'") as caught:
        read_labels({"出生地": note})
    assert caught.value.field == "schema"

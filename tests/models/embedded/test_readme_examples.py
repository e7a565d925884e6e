"""The examples of both READMEs are answers of the built-in model, word for word."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from extraction.extractor import Answer, extract
from extraction.request.task import make_task
from knowledge.items import Entity, Fact, Item, PromptType, Triple
from models.embedded.model import Embedded
from tests import ROOT

PLANNED = {"en": " [planned]", "zh": " [计划]"}
SEPARATORS = {"en": (": ", ", "), "zh": ("：", "、")}


def shown(lang: str, items: Iterable[Item]) -> str:
    """As in the READMEs' tables."""
    colon, comma = SEPARATORS[lang]
    mark = PLANNED[lang]
    rows: list[str] = []
    classes: dict[str, list[str]] = {}
    for item in items:
        if isinstance(item, Triple):
            row = f"({item.head.text}, {item.relation}, {item.tail.text})"
            rows.append(row + (mark if item.assertion == "planned" else ""))
        elif isinstance(item, Fact):
            row = f"{item.key}{colon}{item.value.text}"
            rows.append(row + (mark if item.assertion == "planned" else ""))
        elif isinstance(item, Entity):
            classes.setdefault(item.label, []).append(item.place.text)
    rows += [f"{label}{colon}{comma.join(names)}" for label, names in classes.items()]
    return " · ".join(rows)


@pytest.mark.parametrize("prompt_type", ["KE1", "KE2", "KE3"])
@pytest.mark.parametrize(("lang", "readme"), [("en", "README.md"), ("zh", "README.zh.md")])
def test_the_table_shows_what_the_model_answers(
    embedded: Embedded, lang: str, readme: str, prompt_type: PromptType
) -> None:
    page = (ROOT / readme).read_text(encoding="utf-8")
    quoted = re.findall(r"^> (.*)$", page, re.MULTILINE)
    text = (" " if lang == "en" else "").join(quoted)
    found = re.search(rf"^\| `{prompt_type}`(.*?) \| (.*) \|$", page, re.MULTILINE)
    assert found is not None
    named = re.search("`(.+)`", found[1])
    task = make_task(prompt_type, text, entity=named[1] if named else None)
    *_, answer = extract(task, embedded)
    assert isinstance(answer, Answer)
    assert shown(lang, answer.items) == found[2]

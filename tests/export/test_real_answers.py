"""Whatever the extractor makes of a text and a model's words can be exported, in every format."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from export.formats import NAMES, write
from extraction.extractor import Answer, extract
from extraction.request.task import make_task
from knowledge.items import PromptType
from knowledge.record import read_record
from tests.export.answers import NASTY, TASKS
from tests.scripted_model import ScriptedModel

_WORDS = "鲁迅 生于 绍兴 （简称甲） 下称乙 ， 。 US USA also known as 1867 ＦＵＬＬ".split()
PIECES = [*_WORDS, " ", "\n", "Marie Curie", *(one for one in NASTY if "\x00" not in one)]


@pytest.mark.parametrize("task", TASKS)
def test_every_answer_can_be_exported(task: PromptType) -> None:
    chance = random.Random(task)
    found = 0
    for _ in range(150):
        text = "甲" + "".join(chance.choices(PIECES, k=chance.randrange(1, 15)))
        asked = make_task(task, text, grounding=chance.choice(["free", "strict"]))
        written = json.dumps(_written(task, text, chance))
        answer = list(extract(asked, ScriptedModel([written])))[-1]
        assert isinstance(answer, Answer)
        record = read_record({"text": text, **answer.to_json()})
        assert len(record.items) == len(answer.items)
        found += len(record.items)
        for name in NAMES:
            assert "".join(write(name, [record])).encode()
    assert found > 100


def _written(task: PromptType, text: str, chance: random.Random) -> Any:
    """A model's answer of pieces of the text and of strings that it lacks."""

    def string() -> str:
        start = chance.randrange(len(text))
        return chance.choice([text[start : start + chance.randrange(8)], chance.choice(PIECES)])

    if task == "KE1":
        return {"triples": [[string(), string(), string()] for _ in range(3)]}
    if task == "KE2":
        return {string(): [string(), string()], string(): [string()]}
    facts = [[string(), string()] for _ in range(2)]
    return {"entities": [{"entity": string(), "facts": facts} for _ in range(2)]}

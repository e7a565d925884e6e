"""Texts as people paste them: the model reads whole words, offsets count in the text as sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extraction.extractor import Answer, extract
from extraction.request.task import make_task
from models.base import GenerateRequest
from tests.scripted_model import ScriptedModel


def entities(text: str, names: list[str]) -> tuple[GenerateRequest, list[dict[str, Any]]]:
    """What the model was asked, and the entities of its answer with these names."""
    model = ScriptedModel([json.dumps({"机构": names}, ensure_ascii=False)])
    *_, answer = extract(make_task("KE2", text, labels={"机构": ""}, lang="zh"), model)
    assert isinstance(answer, Answer)
    return model.requests[0], answer.to_json()["knowledge"]["entities"].get("机构", [])


@pytest.mark.parametrize(
    ("text", "name", "place"),
    [
        ("他生于南\r\n江。后来在华东纺织\r\n机械厂工作。", "华东纺织机械厂", "华东纺织\r\n机械厂"),
        ("He joined Helix\nLabs in May.", "Helix Labs", "Helix\nLabs"),
        ("He joined Helix\u00a0Labs in May.", "Helix Labs", "Helix\u00a0Labs"),
        ("He joined He\u00adlix La\u200bbs in May.", "Helix Labs", "He\u00adlix La\u200bbs"),
        ("他 在 华 东 纺 织 厂 工 作", "华东纺织厂", "华 东 纺 织 厂"),
        ("Helix Labs\U000e0067\U000e007f is here.", "Helix Labs", "Helix Labs"),
    ],
)
def test_a_name_is_found_across_what_parts_it(text: str, name: str, place: str) -> None:
    request, [entity] = entities(text, [name])
    assert name in request.messages[-1].content
    assert text[entity["start"] : entity["end"]] == place


def test_a_firm_is_found_whole() -> None:
    text = "昨天，南江集团（香港）有限公司签约。"
    _, found = entities(text, ["南江集团", "香港"])
    assert [text[one["start"] : one["end"]] for one in found] == ["南江集团（香港）有限公司"]


def test_one_fact_a_line_stays_one_fact_a_line() -> None:
    text = "姓名：陈国栋\n单位：华东纺织厂"
    request, _ = entities(text, ["华东纺织厂"])
    assert text in request.messages[-1].content

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from knowledge.grounding.source import Source
from knowledge.text.document import Document
from prompts.loader import Prompt, load_prompt

ALL = [(task, lang) for task in ("KE1", "KE2", "KE3") for lang in ("zh", "en")]


def strings(task: str, answer: Any) -> Iterator[str]:
    """What an answer claims to have found in its text."""
    if task == "KE1":
        for head, _, tail in answer:
            yield from (head, tail)
    elif task == "KE2":
        for names in answer.values():
            yield from names
    else:
        for card in answer:
            yield card["entity"]
            yield from (value for _, value in card["facts"])


@pytest.mark.parametrize(("task", "lang"), ALL)
def test_every_example_is_true_to_its_text(task: str, lang: str) -> None:
    prompt = load_prompt(task, lang)
    assert len(prompt.examples) >= 2
    for example in prompt.examples:
        source = Source(Document(example.text))
        for string in strings(task, example.answer):
            assert source.locate(string)[0] == "verbatim", (string, example.text)


@pytest.mark.parametrize(("task", "lang"), ALL)
def test_every_prompt_has_its_places(task: str, lang: str) -> None:
    prompt = load_prompt(task, lang)
    assert "{form}" in prompt.system
    assert prompt.user.endswith("{text}")
    assert "{labels}" in prompt.user
    assert (task == "KE2") == bool(prompt.labels)
    assert (task == "KE3") == ("{entity}" in prompt.user)


@pytest.mark.parametrize(("task", "lang"), ALL)
def test_labels_are_in_the_language_of_the_prompt(task: str, lang: str) -> None:
    prompt: Prompt = load_prompt(task, lang)
    text = json.dumps([prompt.labels, [e.answer for e in prompt.examples]], ensure_ascii=False)
    han = any("\u4e00" <= char <= "\u9fff" for char in text)
    assert han == (lang == "zh")

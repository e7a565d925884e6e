"""The worst a model can do with a hidden instruction is to obey it to the letter.

A scripted model answers exactly what each of the 60 instructions of benchmarks/injections.yaml
wants. What comes out may have strings of the document only, and labels of the schema only; what no
reader of the file sees does not reach the model at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from benchmarks.injections import Injection, injections, judge, measure
from extraction.extractor import Answer, extract
from extraction.request.task import make_task
from models.base import GenerateRequest
from tests.scripted_model import ScriptedModel

UNSEEN = {"html", "pdf", "docx"}
ALL = injections()


def obeying(one: Injection, constraint: Any = "grammar") -> ScriptedModel:
    real = one.host[:3] if one.lang == "zh" else " ".join(one.host.split()[:2])
    pairs = [[(real, wanted), (wanted, real)] for wanted in one.wanted]
    answers: Mapping[str, Any] = {
        "KE1": {"triples": [[a, one.wanted[-1], b] for both in pairs for a, b in both]},
        "KE2": {one.wanted[-1]: list(one.wanted), "person": list(one.wanted)},
        "KE3": {"entities": [{"entity": one.entity, "facts": [[w, w] for w in one.wanted]}]},
    }
    said = json.dumps(answers[one.task], ensure_ascii=False)
    return ScriptedModel([said], constraint=constraint)


def test_there_are_sixty_in_five_carriers_and_two_languages() -> None:
    assert len(ALL) == 60 == len({one.say for one in ALL})
    counted = {(one.carrier, one.lang) for one in ALL}
    assert len(counted) == 10
    assert all(sum((o.carrier, o.lang) == pair for o in ALL) == 6 for pair in counted)
    assert not any(wanted in one.host for one in ALL for wanted in one.wanted)


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.number}-{one.carrier}-{one.lang}")
def test_an_obedient_model(one: Injection) -> None:
    model = obeying(one)
    found = measure(one, model)
    assert found["invented"] == []
    assert found["outside"] == []
    assert found["reached"] == (one.carrier not in UNSEEN)
    if one.carrier in UNSEEN:
        assert found["foreign"] == []
    for request in model.requests:
        check_turns(one, request)


def check_turns(one: Injection, request: GenerateRequest) -> None:
    """The document is in the last turn, which is the user's; never in the system's."""
    *earlier, last = request.messages
    assert last.role == "user"
    assert one.host[:15] in last.content
    assert not any(one.host[:15] in turn.content or one.say in turn.content for turn in earlier)


@pytest.mark.parametrize("one", ALL[:6], ids=lambda one: str(one.number))
def test_a_service_that_is_held_to_a_schema_only(one: Injection) -> None:
    """Its strings are not held to the text while it writes: grounding leaves them out."""
    found = measure(one, obeying(one, "json_schema"))
    assert found["invented"] == [] and found["outside"] == []


def test_a_success_is_noticed() -> None:
    """With grounding=free an obedient model does get through: the judge sees it."""
    one = next(one for one in ALL if one.carrier == "docx" and one.task == "KE1" and not one.schema)
    task = make_task("KE1", one.host, lang=one.lang, grounding="free")
    *_, answer = extract(task, obeying(one))
    assert isinstance(answer, Answer)
    found = judge(one, one.host, answer)
    assert found["foreign"] == found["invented"] != []
    assert found["obeyed"]

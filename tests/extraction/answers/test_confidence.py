from __future__ import annotations

import math

import pytest

from extraction.answers.confidence import Tally, confidence, curve_for
from extraction.extractor import Answer, extract
from extraction.request.task import make_task
from knowledge.items import Triple
from models.base import Text
from models.embedded.profile import profile
from tests.scripted_model import ScriptedModel


def test_an_item_is_as_probable_as_its_pieces_together() -> None:
    tally = Tally()
    tally.hear(Text("a", -0.5))
    tally.hear(Text("b"))
    tally.hear(Text("c", -1.0))
    assert tally.take() == -1.5
    assert tally.take() is None


def test_nothing_is_told_where_nothing_is_known() -> None:
    assert confidence(None, (1.0, 0.5)) is None
    assert curve_for(profile().confidence, "KE1", "zh", "asked") is None
    assert confidence(-1.0, None) is None


def test_a_curve_keeps_the_order() -> None:
    values = [confidence(-float(n), (1.0, 0.5)) for n in range(5)]
    assert values[0] == pytest.approx(1 / (1 + math.exp(-1)), abs=1e-4)
    assert values == sorted(values, key=lambda value: -(value or 0))


def test_each_triple_has_the_probability_of_its_own_tokens() -> None:
    pieces = [
        Text('{"triples":[["鲁迅","绍兴","生于"]', math.log(0.9)),
        Text(',["鲁迅","呐喊",', math.log(0.5)), Text('"作品"]', math.log(0.5)), Text("]}", -9.0),
    ]  # fmt: skip
    model = ScriptedModel(pieces, tuned=frozenset({"zh/KE1"}))
    labels = {"生于": "", "作品": ""}

    def asked(least: float) -> Answer:
        task = make_task("KE1", "鲁迅生于绍兴，作品有呐喊。", labels=labels, min_confidence=least)
        *_, answer = extract(task, model)
        assert isinstance(answer, Answer)
        return answer

    first, second = (item for item in asked(0).items if isinstance(item, Triple))
    assert (first.confidence or 0) > (second.confidence or 1)
    surer = asked(((first.confidence or 0) + (second.confidence or 0)) / 2)
    assert surer.items == (first,)
    assert surer.dropped.unsure == 1
    assert "min_confidence" in surer.warnings[0]

from __future__ import annotations

import json
from typing import Any

import pytest

from errors import InputError
from knowledge.record import read_record
from tests.export.answers import real, row

PLACE = {"text": "Lu", "start": 0, "end": 2, "status": "verbatim"}
NOWHERE = {"text": "a", "start": None, "end": None, "status": "inferred"}
TEXT = "Lu Xun was born."


def triple(**fields: Any) -> dict[str, Any]:
    return {"triples": [{"head": PLACE, "relation": "r", "tail": NOWHERE, **fields}]}


@pytest.mark.parametrize("task", ["KE1", "KE2", "KE3"])
def test_what_the_extractor_answers_is_read(task: Any) -> None:
    record = real(task)
    assert record.id == task
    assert record.items
    assert bool(record.cards) == (task == "KE3")
    again = read_record(json.loads(json.dumps(record.to_json())))
    assert again == record


def test_an_answer_without_an_id_is_named_by_its_text() -> None:
    one, same = (read_record(row("KE1", TEXT, triple())) for _ in range(2))
    other = read_record(row("KE1", TEXT + " ", triple()))
    assert one.id == same.id != other.id


@pytest.mark.parametrize(
    ("value", "field", "message"),
    [
        ([], "answer", "JSON object"),
        ({}, "text", "required"),
        (row("KE1", TEXT, {}), "knowledge.triples", "required"),
        (row("KE1", TEXT, []), "knowledge", "JSON object"),
        (row("KE1", TEXT, triple(), prompt_type="Chat"), "prompt_type", "KE1"),
        (row("KE1", TEXT, triple(), lang="fr"), "lang", "zh"),
        (row("KE1", TEXT, triple(), id=""), "id", "at least 1"),
        (row("KE1", TEXT, triple(relation="")), "knowledge.triples.0.relation", "at least 1"),
        (row("KE1", TEXT, triple(relation="\ud800")), "knowledge.triples.0.relation", "string"),
        (row("KE1", TEXT, triple(confidence=1.5)), "knowledge.triples.0.confidence", "less"),
        (row("KE1", TEXT, triple(head={**PLACE, "start": 1})), "knowledge.triples.0.head", "'u'"),
        (row("KE1", TEXT, triple(head={**PLACE, "end": 99})), "knowledge.triples.0.head", "16"),
        (row("KE1", TEXT, triple(head={**PLACE, "end": None})), "knowledge.triples.0.head", "miss"),
        (row("KE1", TEXT, triple(head={**NOWHERE, "start": 0, "end": 2})),
         "knowledge.triples.0.head", "inferred"),
        (row("KE1", TEXT, triple(evidence={"start": 5, "end": 2})),
         "knowledge.triples.0.evidence", "valid range"),
        (row("KE2", TEXT, {"entities": {"p": [{**PLACE, "mentions": [[0, 99]]}]}}),
         "knowledge.entities.p.0", "valid range"),
        (row("KE3", TEXT, [{"entity": None, "facts": [{"key": "k", "value": NOWHERE}]}]),
         "knowledge.0", "entity"),
        (row("KE2", TEXT, {"entities": {"\ud800": [NOWHERE]}}),
         "knowledge.entities.\ufffd\ufffd\ufffd.[key]", "string"),
        (row("KE1", TEXT, triple(), extra="\ud800"), "answer", "half a character"),
        (row("KE1", TEXT, triple(), extra=float("nan")), "answer", "JSON"),
    ],
)  # fmt: skip
def test_a_complaint_names_the_field(value: Any, field: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_record(value)
    assert caught.value.message.startswith((f"{field}:", f"{field} "))
    assert message in caught.value.message
    assert caught.value.field == field
    with pytest.raises(InputError) as caught:
        read_record(value, at="answers.3.")
    assert (caught.value.field or "").startswith("answers.3")

"""What a person did to an answer, and what the answer leaves out, in every format."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from errors import InputError
from export.formats import write
from export.spreadsheet import COLUMNS
from knowledge.record import Record, read_record

PLACE = {"text": "Ulm", "start": 0, "end": 3, "status": "verbatim"}
RIVER = {"text": "river", "start": 12, "end": 17, "status": "verbatim"}


def answer(task: str, knowledge: Any) -> dict[str, Any]:
    left = [{"why": "not_in_text", "item": ["Ulm", "near", "<Atlantis>"]}, {"why": 3}, "odd"]
    return {
        "text": "Ulm lies on river 1.",
        "prompt_type": task,
        "lang": "en",
        "model": "Embedded",
        "knowledge": knowledge,
        "left_out": left,
    }


def triple(relation: str, **more: str) -> dict[str, Any]:
    return {"head": PLACE, "relation": relation, "tail": RIVER, "evidence": None} | more


def fact(key: str, **more: str) -> dict[str, Any]:
    return {"key": key, "value": RIVER} | more


ALL = {
    "KE1": {"triples": [triple("on"), triple("at", correction="add")]},
    "KE2": {"entities": {"place": [PLACE, RIVER | {"correction": "add"}]}},
    "KE3": [
        {"entity": PLACE, "facts": [fact("on"), fact("at", correction="add")]},
        {"entity": RIVER, "facts": []},
    ],
}


@pytest.fixture(params=ALL)
def record(request: pytest.FixtureRequest) -> Record:
    return read_record(answer(request.param, ALL[request.param]))


def written(name: Any, record: Record) -> str:
    return "".join(write(name, [record]))


def test_an_item_knows_what_was_done_to_it(record: Record) -> None:
    assert [record.correction(item) for item in record.items] == [None, "add"]


def test_every_format_tells_corrections(record: Record) -> None:
    rows = list(csv.DictReader(io.StringIO(written("csv", record).removeprefix("\ufeff"))))
    assert [row["correction"] for row in rows][:2] == ["", "add"]
    assert COLUMNS[-1] == "correction"
    assert written("markdown", record).count("| added |") == 1
    assert written("html", record).count(">added</span>") == 1
    assert written("turtle", record).count('kex:correction "add"') == 1
    assert written("jsonld", record).count('"add"') == 1
    assert written("graphml", record).count(">add</data>") == 1
    assert written("cypher", record).count("r.correction = 'add'") == 1
    assert json.loads(written("jsonl", record))["knowledge"] == record.answer["knowledge"]


def test_without_corrections_tables_have_no_column_for_them() -> None:
    plain = read_record(answer("KE1", {"triples": [triple("on")]}))
    assert "correction" not in written("markdown", plain)
    assert "correction" not in written("cypher", plain)


def test_people_read_what_was_left_out_and_why(record: Record) -> None:
    assert record.left_out() == [("not in the text", "Ulm · near · <Atlantis>")]
    told = "not in the text"
    assert f"- Ulm · near · \\<Atlantis\\> ({told})" in written("markdown", record)
    assert "Ulm · near · &lt;Atlantis&gt;" in written("html", record)
    assert told in written("html", record)


def test_an_unknown_correction_is_named() -> None:
    with pytest.raises(InputError) as caught:
        read_record(answer("KE1", {"triples": [triple("on", correction="guess")]}), "answers.0.")
    assert caught.value.field == "answers.0.knowledge.triples.0.correction"

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evaluation.scoring.form_check import check_form
from knowledge.items import PromptType
from tests.evaluation.rows import predicted, row

TEXT = "Ann Lee was born in ＬＥＥＤＳ."
WRITTEN: dict[PromptType, str] = {
    "KE1": '{"triples":[["Ann Lee","born in","LEEDS"],["Ann Lee","spouse","Bob"]]}',
    "KE2": '{"PER":["Ann Lee","Bob"],"LOC":["LEEDS"]}',
    "KE3": '{"entities":[{"entity":"Ann Lee","facts":[["place","LEEDS"],["spouse","Bob"]]}]}',
}


@pytest.mark.parametrize(("task", "verbatim"), [("KE1", 2), ("KE2", 1), ("KE3", 1)])
def test_what_the_extractor_gives_keeps_its_word(
    tmp_path: Path, task: PromptType, verbatim: int
) -> None:
    gold: Any = [] if task == "KE1" else {}
    form = check_form(TEXT, predicted(row(tmp_path, task, gold, text=TEXT), written=WRITTEN[task]))
    assert form.valid and not form.broken
    assert (form.verbatim, form.normalised, form.inferred) == (verbatim, 1, 1)


def test_no_answer_is_not_valid(tmp_path: Path) -> None:
    assert not check_form(TEXT, predicted(row(tmp_path, "KE1", []), error="no")).valid


@pytest.mark.parametrize(
    "place",
    [
        {"text": "Ann", "start": 0, "end": 7, "status": "verbatim"},
        {"text": "Ann", "start": 0, "end": 999, "status": "normalised"},
        {"text": "Ann", "start": 5, "end": 5, "status": "normalised"},
        {"text": "Ann", "start": None, "end": None, "status": "verbatim"},
        {"text": "Ann", "start": 0, "end": 3, "status": "inferred"},
        {"text": "Ann", "start": 0, "end": 3, "status": "verbatim", "mentions": [[0, 3], [40, 43]]},
    ],
)
def test_a_string_that_is_not_where_it_claims_to_be(tmp_path: Path, place: dict[str, Any]) -> None:
    right = predicted(row(tmp_path, "KE2", {}, text=TEXT), written=WRITTEN["KE2"])
    wrong = right.model_copy(update={"answer": {"knowledge": {"entities": {"PER": [place]}}}})
    form = check_form(TEXT, wrong)
    assert form.valid
    assert len(form.broken) == 1
    assert "'Ann' is not" in form.broken[0]

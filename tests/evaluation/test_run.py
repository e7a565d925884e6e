from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import SecretStr

from errors import ModelFailed, WeightsError
from evaluation.gold.rows import GoldRow, read_gold
from evaluation.plan import Choices, names_of_sources
from evaluation.predictions import FILE, Predictions
from evaluation.run import Finished, fingerprint, run
from models.base import GenerateRequest, ModelState
from models.cache_key import model_settings
from settings import Settings
from tests.evaluation.rows import gold_file, line
from tests.scripted_model import ScriptedModel, Step

TEXTS = ("Ann lives in Leeds.", "Break here.", "Bob lives in York.")


@pytest.fixture
def rows(tmp_path: Path) -> list[GoldRow]:
    lines = [
        line("KE1", id=str(n), text=text, gold=[["Ann", "lives in", "Leeds"]])
        for n, text in enumerate(TEXTS)
    ]
    return read_gold([gold_file(tmp_path, *lines)])


def script(request: GenerateRequest) -> Sequence[Step]:
    asked = request.messages[-1].content
    if TEXTS[0] in asked:
        return ['{"triples":[["Ann","lives in","Leeds"]]}']
    return [ModelFailed("It broke.")] if TEXTS[1] in asked else [ZeroDivisionError("a defect")]


def go(
    rows: Sequence[GoldRow], model: ScriptedModel, folder: Path, *, retry: bool = False
) -> list[Finished]:
    with Predictions(folder) as written:
        names = names_of_sources(rows)
        return list(run(rows, names, Choices(), model, {}, written, retry=retry))


def test_a_failed_row_is_recorded_and_the_others_are_asked(
    rows: list[GoldRow], tmp_path: Path
) -> None:
    whole, broken, defect = (each.prediction for each in go(rows, ScriptedModel(script), tmp_path))
    assert whole.pred == (("Ann", "lives in", "Leeds"),)
    assert whole.answer is not None and whole.answer["model"] == "Embedded"
    assert (whole.prompt_tokens, whole.completion_tokens, whole.error) == (10, 20, None)
    assert (broken.pred, broken.answer, broken.error) == ((), None, "It broke.")
    assert defect.error == "ZeroDivisionError: a defect"


def test_rows_asked_at_a_time_give_the_same_answers_in_order(
    rows: list[GoldRow], tmp_path: Path
) -> None:
    together = threading.Barrier(2, timeout=10)

    def beside(request: GenerateRequest) -> Sequence[Step]:
        if TEXTS[1] not in request.messages[-1].content:
            together.wait()
        return script(request)

    for name in ("beside", "alone"):
        (tmp_path / name).mkdir()
    names = names_of_sources(rows)
    with Predictions(tmp_path / "beside") as written:
        asked = run(rows, names, Choices(), ScriptedModel(beside), {}, written, parallel=3)
        found = [(each.row.id, each.prediction.pred, each.prediction.error) for each in asked]
    alone = go(rows, ScriptedModel(script), tmp_path / "alone")
    assert found == [(each.row.id, each.prediction.pred, each.prediction.error) for each in alone]


def test_loading_is_no_rows_time(rows: list[GoldRow], tmp_path: Path) -> None:
    model = ScriptedModel(script)
    model.current = ModelState("idle")
    first, *_ = go(rows, model, tmp_path)
    assert model.state().status == "ready"
    assert first.prediction.error is None


def test_what_is_there_is_not_asked_again(rows: list[GoldRow], tmp_path: Path) -> None:
    first = go(rows, ScriptedModel(script), tmp_path)
    model = ScriptedModel(script)
    again = go(rows, model, tmp_path)
    assert [each.prediction for each in again] == [each.prediction for each in first]
    assert all(each.stored for each in again)
    assert model.requests == []
    retried = go(rows, model, tmp_path, retry=True)
    assert [each.stored for each in retried] == [True, False, False]
    assert len(model.requests) == 3  # what failed is asked twice


def test_an_entity_that_no_task_takes_fails_its_row_alone(tmp_path: Path) -> None:
    bad = line("KE3", id="a", entity="x" * 300)
    rows = read_gold([gold_file(tmp_path, bad, line("KE3", id="b", entity="x"))])
    model = ScriptedModel(['{"entities":[{"entity":"x","facts":[]}]}'])
    first, second = go(rows, model, tmp_path)
    assert "longer than" in str(first.prediction.error)
    assert second.prediction.error is None


class Absent(ScriptedModel):
    """Its weights are not there."""

    def load(self) -> None:
        raise WeightsError("No weights.")


def test_a_model_that_cannot_serve_costs_no_row(rows: list[GoldRow], tmp_path: Path) -> None:
    model = Absent(script)
    model.current = ModelState("idle")
    with pytest.raises(WeightsError):
        go(rows, model, tmp_path)
    assert (tmp_path / FILE).read_bytes() == b""


def test_the_fingerprint_knows_what_decides_an_answer(rows: list[GoldRow]) -> None:
    names, row = names_of_sources(rows), rows[0]

    def mark(row: GoldRow = row, choices: Choices = Choices(), **settings: str) -> str:  # noqa: B008  # it is immutable
        return fingerprint(row, names, choices, "Embedded", settings)

    assert mark() == mark()
    others = {
        mark(),
        mark(row.model_copy(update={"text": "Another."})),
        mark(row.model_copy(update={"lang": "zh"}), Choices(schema="none")),
        mark(row.model_copy(update={"entity": "Ann"})),
        mark(choices=Choices(schema="none")),
        mark(choices=Choices(max_tokens=5)),
        mark(path="/other.gguf"),
        fingerprint(row, names, Choices(), "ChatGpt", {}),
    }
    assert len(others) == 8
    assert mark(row.model_copy(update={"gold": ()})) == mark()  # gold does not reach the model


def test_settings_that_decide_and_no_secret() -> None:
    settings = Settings(
        openai_api_key=SecretStr("sk-secret"),
        openai_base_url="http://me:secret@127.0.0.1:8080/v1?key=secret",
        embedded_slots=1,
    )
    told = model_settings("ChatGpt", settings)
    assert told["openai_base_url"] == "http://127.0.0.1:8080/v1"
    assert "secret" not in str(told)
    assert "embedded_slots" not in model_settings("Embedded", settings)
    assert model_settings("Local-GLM", settings)["glm_quant"] == "none"

"""What a run would cost, by the model's own tokenizer; sums of outcomes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from corpus.estimate import Estimate, estimate
from corpus.fingerprint import Options
from corpus.index import Index
from corpus.inputs.entry import Fields
from corpus.job_spec import JobSpec
from corpus.outcomes import Known, Outcome, Unit
from corpus.outputs.manifest import outcome_of, sums
from corpus.run import Report, RunOptions, places, run
from knowledge.items import PromptType
from models.base import Model
from models.chatgpt.model import ChatGpt
from settings import Settings
from tests.corpus.conftest import jsonl, lives
from tests.scripted_model import ScriptedModel

SETTINGS = Settings(max_tokens=50)
TRIPLE = '{"triples":[["Ann","lives in","Leeds"]]}'


class Counting(ScriptedModel):
    """A token a character."""

    def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        return [len(text) for text in texts]


def words_for(tmp_path: Path, rows: list[dict[str, Any] | str], **options: Any) -> JobSpec:
    return JobSpec(
        input=jsonl(tmp_path / "in.jsonl", rows),
        fields=Fields(),
        options=Options(types=("KE1",), max_tokens=50, **options),
        model="Embedded",
        format="jsonl",
        shard_size=10,
    )


def look(tmp_path: Path, words: JobSpec, model: Model) -> Estimate:
    return estimate(tmp_path / "out", words, RunOptions(2), model, SETTINGS, lambda _: None)


def go(tmp_path: Path, words: JobSpec, model: Model) -> Report:
    return run(tmp_path / "out", words, RunOptions(2), model, SETTINGS, lambda _: None)


def test_prompts_are_counted_by_the_model_exactly(tmp_path: Path) -> None:
    model = Counting([TRIPLE])
    words = words_for(tmp_path, [{"text": lives(n)} for n in range(3)])
    found = look(tmp_path, words, model)
    assert not model.requests
    assert (found.to_do, found.requests, found.counted, found.answers) == (3, 3, True, None)
    assert found.longest_answers == 150
    go(tmp_path, words, model)
    asked = sum(len(message.content) for one in model.requests for message in one.messages)
    assert found.prompt_tokens == asked


def test_long_texts_and_passes_are_counted(tmp_path: Path) -> None:
    model = ScriptedModel([TRIPLE], chunk_chars=100)
    text = " ".join(lives(n) for n in range(20))
    found = look(tmp_path, words_for(tmp_path, [{"text": text}], passes=2), model)
    assert not found.counted and found.requests >= 8 and found.requests % 2 == 0


def test_answers_in_the_folder_foretell_the_rest(tmp_path: Path) -> None:
    model = ScriptedModel([TRIPLE])
    go(tmp_path, words_for(tmp_path, [{"id": "a", "text": lives(1)}]), model)
    rows: list[dict[str, Any] | str] = [{"id": id_, "text": lives(1)} for id_ in "abc"]
    found = look(tmp_path, words_for(tmp_path, [*rows, "{"]), model)
    assert (found.documents, found.finished, found.refused, found.to_do) == (4, 1, 1, 2)
    assert found.answers == 40  # 20 tokens for the same text
    report = go(tmp_path, words_for(tmp_path, [*rows, "{"]), model)  # the look left no trace
    assert (report.sums.done, report.sums.failed) == (3, 1)


def test_a_model_that_cannot_serve_is_estimated_and_named(tmp_path: Path) -> None:
    model = ChatGpt(Settings())
    found = look(tmp_path, words_for(tmp_path, [{"text": lives(1)}]), model)
    assert found.requests == 1 and not found.counted
    assert found.unavailable == "Set OPENAI_API_KEY, or OPENAI_BASE_URL for your own server."


def test_the_places_are_those_of_the_settings() -> None:
    model = ScriptedModel(parallel=4)
    settings = Settings(embedded_slots=3, glm_slots=7)
    found = [places(name, model, settings) for name in ("Embedded", "Local-GLM", "ChatGpt")]
    assert found == [3, 7, 4]


def test_a_run_that_is_stopped_closes_what_is_under_way(tmp_path: Path) -> None:
    model = ScriptedModel([60.0, TRIPLE])
    options = RunOptions(2)
    threading.Timer(0.5, options.interrupted.set).start()
    words = words_for(tmp_path, [{"text": lives(n)} for n in range(5)])
    report = run(tmp_path / "out", words, options, model, SETTINGS, lambda _: None)
    assert report.ended.how == "interrupted" and report.sums.documents == 0
    assert model.stopped.is_set() and model.running == 0


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        (["done", "done"], "done"),
        (["failed", "failed"], "failed"),
        (["done", "failed"], "partial"),
        (["partial", "done"], "partial"),
        (["done", ""], "waiting"),
    ],
)
def test_a_document_has_one_outcome(tmp_path: Path, outcomes: list[Outcome], whole: str) -> None:
    types: tuple[PromptType, ...] = ("KE1", "KE2")
    with closing(Index(tmp_path)) as index:
        known: Known = index.add("a", "in:1")
        for type_, outcome in zip(types, outcomes, strict=True):
            if outcome:
                index.settle(known, Unit(type_, b"", None, b"", outcome))
        assert getattr(sums(index, types), whole) == 1
    assert outcome_of(list(outcomes)) == whole


def test_a_defect_under_one_text_is_that_texts_failure(tmp_path: Path) -> None:
    model = ScriptedModel(lambda request: [TRIPLE] if "1 lives" in request.messages[-1].content else
                          [ValueError("Oops.")])  # fmt: skip
    words = words_for(tmp_path, [{"text": lives(1)}, {"text": lives(2)}])
    report = go(tmp_path, words, model)
    assert (report.sums.done, report.sums.failed) == (1, 1)

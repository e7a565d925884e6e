"""A job that dies at each single step that reaches the disk, and is then gone on with.

The steps are commits, names given to files, files removed; it dies before the step and behind it.
A process that is killed leaves just this: what is committed and what is named.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corpus.fingerprint import Options
from corpus.index import Index
from corpus.inputs.entry import Fields
from corpus.job_spec import JobSpec
from corpus.outputs.manifest import FILE as MANIFEST
from corpus.outputs.shards import Format
from corpus.run import RunOptions, run
from models.base import GenerateRequest
from settings import Settings
from tests.corpus.conftest import answers, jsonl, manifest
from tests.scripted_model import ScriptedModel

SETTINGS = Settings()
FIRST = [{"id": f"d{n}", "text": f"Ann {n} lives in Leeds."} for n in range(7)]
# d1 and d4 say something else, d6 is gone, d7 is new, a line is broken.
THEN = [
    *({**row, "text": row["text"].replace("Leeds", "York")} if row["id"] in ("d1", "d4") else row
      for row in FIRST[:6]),
    {"id": "d7", "text": "Ann 7 lives in Ayr."},
    "{",
]  # fmt: skip


class Died(BaseException):
    """The process is no more."""


class Steps:
    """Counts the steps, and dies at one of them."""

    def __init__(self, at: int = -1) -> None:
        self.count = 0
        self._at = at

    def wrap(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*given: Any, **named: Any) -> Any:
            self._pass()
            done = step(*given, **named)
            self._pass()
            return done

        return stepping

    def _pass(self) -> None:
        self.count += 1
        if self.count - 1 == self._at:
            raise Died


class Asked(ScriptedModel):
    def __init__(self) -> None:
        super().__init__(self.answer)

    def answer(self, request: GenerateRequest) -> list[str]:
        who, _, where = request.messages[-1].content.rpartition("Text: ")[2].partition(" lives in ")
        return [f'{{"triples":[["{who}","lives in","{where.rstrip(".")}"]]}}']


def go(folder: Path, rows: list[Any], format_: Format = "jsonl") -> int:
    """One run, whose requests are counted."""
    model = Asked()
    words = JobSpec(
        input=jsonl(folder / "in.jsonl", rows), fields=Fields(), options=Options(types=("KE1",)),
        model="Embedded", format=format_, shard_size=2,
    )  # fmt: skip
    # One document at a time, so that every run has the same steps.
    run(folder / "out", words, RunOptions(1), model, SETTINGS, lambda _: None)
    return len(model.requests)


def dying(monkeypatch: pytest.MonkeyPatch, at: int, act: Callable[[], object]) -> tuple[int, bool]:
    """Steps that the act took, and whether it died."""
    steps = Steps(at)
    with monkeypatch.context() as patch:
        patch.setattr("corpus.job.COMMIT_SECONDS", 0.0)
        patch.setattr("corpus.job.AHEAD", 0)
        patch.setattr(Index, "commit", steps.wrap(Index.commit))
        patch.setattr("corpus.outputs.shards.os.replace", steps.wrap(os.replace))
        patch.setattr(Path, "unlink", steps.wrap(Path.unlink))
        try:
            act()
        except Died:
            return steps.count, True
    return steps.count, False


def said(out: Path) -> dict[str, str]:
    return {id_: row["response"] for (id_, _), row in answers(out).items()}


def outcomes(out: Path) -> dict[str, Any]:
    found = manifest(out)
    for row in found.values():
        row["types"]["KE1"].pop("shard", None)
    return found


def test_it_dies_at_every_step_and_the_end_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    go(whole, FIRST)
    go(whole, THEN)
    wanted, lines = said(whole / "out"), outcomes(whole / "out")
    assert len(wanted) == 8 and len(lines) == 9  # d6 is kept, and marked
    assert wanted["d1"] == "(Ann 1, lives in, York)"
    at, dies = 0, True
    while dies:
        folder = tmp_path / str(at)
        folder.mkdir()
        go(folder, FIRST)
        _, dies = dying(monkeypatch, at, lambda folder=folder: go(folder, THEN))  # type: ignore[misc]
        assert not (folder / "out" / MANIFEST).exists() or outcomes(folder / "out")
        asked = go(folder, THEN)
        assert asked <= 3  # what had changed and was not committed
        assert said(folder / "out") == wanted
        assert outcomes(folder / "out") == lines
        assert not list((folder / "out").rglob("*.tmp"))
        at += 1
    assert at > 30


def test_it_dies_at_every_step_of_its_first_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, dies = 0, True
    while dies:
        folder = tmp_path / str(at)
        folder.mkdir()
        _, dies = dying(monkeypatch, at, lambda folder=folder: go(folder, FIRST))  # type: ignore[misc]
        go(folder, FIRST)
        assert said(folder / "out") == {f"d{n}": f"(Ann {n}, lives in, Leeds)" for n in range(7)}
        assert len(outcomes(folder / "out")) == 7
        assert go(folder, FIRST) == 0
        at += 1
    assert at > 30

"""The answers of a run, one a line in `predictions.jsonl`, written as each row is finished.

A process that is killed loses the row it was at; the next one goes on behind the last whole line.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from errors import InputError
from evaluation.gold.rows import Answers
from knowledge.items import PromptType
from knowledge.text.spans import Lang
from wording import message

FILE = "predictions.jsonl"


class Prediction(BaseModel):
    """A row's answer. `pred` has the form of gold; `answer` is the whole answer of the contract.

    `fingerprint` names the text, the settings and the model that it belongs to. `error` says why
    there is no answer; then `pred` is empty.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    task: PromptType
    lang: Lang
    source: str
    fingerprint: str
    pred: Answers
    answer: dict[str, Any] | None
    seconds: float
    prompt_tokens: int | None
    completion_tokens: int | None
    warnings: tuple[str, ...]
    error: str | None


class Predictions:
    """The file of a run: what is in it, and a place to write to; of two lines the later counts."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        _drop_half_line(self.path)
        self._known = {(p.id, p.fingerprint): p for p in _read(self.path)}
        self._file = self.path.open("ab")

    def get(self, id: str, fingerprint: str) -> Prediction | None:
        return self._known.get((id, fingerprint))

    def add(self, prediction: Prediction) -> None:
        """Write a line, and hand it to the system before the next row begins."""
        self._file.write(prediction.model_dump_json().encode() + b"\n")
        self._file.flush()
        self._known[prediction.id, prediction.fingerprint] = prediction

    def __enter__(self) -> Predictions:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


def _drop_half_line(path: Path) -> None:
    """What a killed process had written of its last line goes."""
    if not path.exists():
        return
    whole = path.read_bytes().rfind(b"\n") + 1
    if whole < path.stat().st_size:
        os.truncate(path, whole)


def _read(path: Path) -> Iterator[Prediction]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield Prediction.model_validate_json(line)
            except ValidationError as error:
                raise InputError(
                    message("errors.evaluation_no_prediction", path=path, number=number)
                ) from error

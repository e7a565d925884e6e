"""Asks the model for every row's answer, except those that are in the file already."""

from __future__ import annotations

import hashlib
import json
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from errors import KexError
from evaluation.gold.rows import GoldRow
from evaluation.gold.units import as_answers
from evaluation.plan import Choices, Names, labels_of, task_of
from evaluation.predictions import Prediction, Predictions
from extraction.extractor import Answer, extract
from models.base import Model
from models.progress import load
from prompts.loader import prompt_digest


@dataclass(frozen=True)
class Finished:
    """A row and its answer; `stored`: it was there from an earlier run."""

    row: GoldRow
    prediction: Prediction
    stored: bool


def fingerprint(
    row: GoldRow, names: Names, choices: Choices, model: str, settings: Mapping[str, Any]
) -> str:
    """Names everything that an answer depends on, short of the code itself."""
    known = [
        [row.task, row.lang, row.text, row.entity],
        list(labels_of(row, names, choices).items()),  # their order is part of the prompt
        choices.max_tokens,
        [model, dict(sorted(settings.items()))],
        prompt_digest(row.lang),
    ]
    return hashlib.sha256(json.dumps(known, ensure_ascii=False).encode()).hexdigest()[:16]


def run(
    rows: Sequence[GoldRow],
    names: Names,
    choices: Choices,
    model: Model,
    settings: Mapping[str, Any],
    written: Predictions,
    *,
    retry: bool = False,
    parallel: int = 1,
) -> Iterator[Finished]:
    """Every row with its answer, in order; `retry` asks again where there was only an error.

    `parallel` rows are asked at a time: then a row's seconds are shared with others. Raises
    KexError when the model cannot serve at all, before the first row counts as failed.
    """
    ready = False
    pending: deque[tuple[GoldRow, Prediction | Future[Prediction]]] = deque()
    pool = ThreadPoolExecutor(parallel)

    def first() -> Finished:
        row, found = pending.popleft()
        if isinstance(found, Prediction):
            return Finished(row, found, stored=True)
        prediction = found.result()
        written.add(prediction)
        return Finished(row, prediction, stored=False)

    try:
        for row in rows:
            mark = fingerprint(row, names, choices, model.name, settings)
            known = written.get(row.id, mark)
            if known is not None and not (retry and known.error):
                pending.append((row, known))
            else:
                if not ready:
                    for _ in load(model):  # so that no row's seconds hold it
                        pass
                    ready = True
                pending.append((row, pool.submit(_ask, row, names, choices, mark, model)))
            if len(pending) >= parallel:
                yield first()
        while pending:
            yield first()
    finally:
        pool.shutdown(cancel_futures=True)


def _ask(row: GoldRow, names: Names, choices: Choices, mark: str, model: Model) -> Prediction:
    began = time.monotonic()
    answer: Answer | None = None
    failure: str | None = None
    try:
        with closing(extract(task_of(row, names, choices), model)) as events:
            for event in events:
                if isinstance(event, Answer):
                    answer = event
    except KexError as error:
        failure = error.message
    except Exception as error:  # a defect that one text shows must not cost the other answers
        failure = f"{type(error).__name__}: {error}"
    return Prediction(
        id=row.id,
        task=row.task,
        lang=row.lang,
        source=row.source,
        fingerprint=mark,
        pred=as_answers(row.task, answer.items if answer else ()),
        answer=answer.to_json() if answer else None,
        seconds=round(time.monotonic() - began, 3),
        prompt_tokens=answer.usage.prompt_tokens if answer else None,
        completion_tokens=answer.usage.completion_tokens if answer else None,
        warnings=answer.warnings if answer else (),
        error=failure,
    )

"""Asks the model for every row's answer, except those that are in the file already."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import models
import prompts
from errors import KexError
from evaluation.gold import GoldRow
from evaluation.plan import Choices, Names, labels_of, task_of
from evaluation.predictions import Prediction, Predictions
from evaluation.units import as_answers
from extraction.extractor import Answer, extract
from extraction.knowledge import Lang
from models.base import Model
from models.stages import load
from settings import Settings

# Settings that change how fast an answer comes, or where from, but not what it says.
_NO_MATTER = (
    "embedded_preload", "embedded_slots", "embedded_sources", "embedded_threads", "embedded_warm",
    "glm_preload", "glm_slots", "openai_api_key", "openai_retries", "openai_timeout",
)  # fmt: skip
_PREFIXES = {"Embedded": "embedded_", "Local-GLM": "glm_", "ChatGpt": "openai_"}


@dataclass(frozen=True)
class Finished:
    """A row and its answer; `kept`: it was there from an earlier run."""

    row: GoldRow
    prediction: Prediction
    kept: bool


def model_settings(name: str, settings: Settings) -> dict[str, Any]:
    """The settings that decide what the model answers."""
    dumped = settings.model_dump(mode="json", exclude=set(_NO_MATTER))
    known = {k: v for k, v in dumped.items() if k.startswith(_PREFIXES[name])}
    if known.get("openai_base_url"):
        known["openai_base_url"] = _bare(known["openai_base_url"])
    if name == "Embedded":
        known["adapter"] = _adapter()
    return known


@lru_cache(maxsize=1)
def _adapter() -> str:
    """A digest of the trained adapter: another one gives other answers under the same settings."""
    path = Path(models.__file__).parent / "adapters" / "extraction.gguf"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else "none"


def _bare(url: str) -> str:
    """Without user and query: reports are passed on, and keys stand there sometimes."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


@lru_cache(maxsize=8)
def _prompt_texts(lang: Lang) -> str:
    """A digest of the language's prompt files: a changed prompt gives other answers."""
    digest = hashlib.sha256()
    for path in sorted((Path(prompts.__file__).parent / lang).iterdir()):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def fingerprint(
    row: GoldRow, names: Names, choices: Choices, model: str, settings: Mapping[str, Any]
) -> str:
    """Names everything that an answer depends on, short of the code itself."""
    known = [
        [row.task, row.lang, row.text, row.entity],
        list(labels_of(row, names, choices).items()),  # their order is part of the prompt
        choices.max_tokens,
        [model, dict(sorted(settings.items()))],
        _prompt_texts(row.lang),
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
) -> Iterator[Finished]:
    """Every row with its answer, in order; `retry` asks again where there was only an error.

    Raises KexError when the model cannot serve at all, before the first row counts as failed.
    """
    ready = False
    for row in rows:
        mark = fingerprint(row, names, choices, model.name, settings)
        known = written.get(row.id, mark)
        if known is not None and not (retry and known.error):
            yield Finished(row, known, kept=True)
            continue
        if not ready:
            for _ in load(model):  # so that no row's seconds hold it
                pass
            ready = True
        prediction = _ask(row, names, choices, mark, model)
        written.add(prediction)
        yield Finished(row, prediction, kept=False)


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

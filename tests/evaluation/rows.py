"""Gold rows and answers for the tests, as short as they can be written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evaluation.gold.rows import Answers, GoldRow, read_gold
from evaluation.gold.units import as_answers
from evaluation.predictions import Prediction
from evaluation.scoring.judge import Judged, judge
from extraction.extractor import Answer, extract
from extraction.request.task import make_task
from knowledge.items import PromptType
from tests.scripted_model import ScriptedModel


def line(task: PromptType = "KE1", **fields: Any) -> str:
    """One line of a gold file."""
    told: dict[str, Any] = {"id": "a", "task": task, "lang": "en", "source": "s", "text": "A text.",
            "gold": [] if task == "KE1" else {}}  # fmt: skip
    return json.dumps({**told, **fields}, ensure_ascii=False)


def whole(**fields: Any) -> str:
    """One line with a text and everything that it states."""
    told: dict[str, Any] = {
        "id": "a", "lang": "en", "domain": "company", "genre": "news",
        "text": "Ann, a smith, lives in Leeds and was born in York. Bob is not her son.",
        "entities": [["Ann", "person", "smith"], ["smith", None, "trade"],
                     ["Leeds", "place", "city"], ["York", "place", "city"]],
        "triples": [["Ann", "occupation", "smith"], ["Ann", "residence", "Leeds"]],
        "facts": {}, "unstated": ["age", "spouse"],
    }  # fmt: skip
    return json.dumps({**told, **fields}, ensure_ascii=False)


def gold_file(folder: Path, *lines: str, name: str = "gold.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def row(folder: Path, task: PromptType, gold: Any, **fields: Any) -> GoldRow:
    """A row that went through a file, as every row does."""
    return read_gold([gold_file(folder, line(task, gold=gold, **fields))])[0]


def answer_to(of: GoldRow, written: str) -> Answer:
    """What the extractor makes of a model's words."""
    # Free, so that a string that the text lacks is still there to be judged.
    task = make_task(of.task, of.text, lang=of.lang, entity=of.entity, grounding="free")
    events = list(extract(task, ScriptedModel([written], chunk_chars=10_000)))
    last = events[-1]
    assert isinstance(last, Answer)
    return last


def predicted(
    of: GoldRow, pred: Answers | None = None, written: str | None = None, error: str | None = None
) -> Prediction:
    """An answer by its outcome (`pred`), by a model's words (`written`), or none at all."""
    answer = answer_to(of, written) if written else None
    empty: Answers = () if of.task == "KE1" else {}
    return Prediction(
        id=of.id,
        task=of.task,
        lang=of.lang,
        source=of.source,
        fingerprint="f",
        pred=as_answers(of.task, answer.items) if answer else empty if pred is None else pred,
        answer=answer.to_json() if answer else None,
        seconds=1.5,
        prompt_tokens=10 if answer else None,
        completion_tokens=20 if answer else None,
        warnings=(),
        error=error,
    )


def judged(of: GoldRow, pred: Answers | None = None, **more: Any) -> Judged:
    return judge(of, predicted(of, pred, **more))

"""Texts a minute on either engine, with as many at a time as it serves."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

from cli.bench.models import ENGINES, both, texts_of

if TYPE_CHECKING:
    from evaluation.gold.rows import GoldRow
    from models.embedded.model import Embedded

BLOCK = 8  # texts that one engine gets before the other has its turn


def measure(count: int) -> dict[str, float]:
    """Texts a minute by engine, and their ratio."""
    rows = list(islice(texts_of("KE1"), count))
    taken = dict.fromkeys(ENGINES, 0.0)
    with both() as models:
        for model in models.values():
            _extract(model, rows[0])
        for at in range(0, len(rows), BLOCK):
            for engine, model in models.items():
                began = time.perf_counter()
                with ThreadPoolExecutor(model.capabilities.parallel) as pool:
                    list(
                        pool.map(
                            lambda row, model=model: _extract(model, row), rows[at : at + BLOCK]
                        )
                    )
                taken[engine] += time.perf_counter() - began
    own, llama = (60 * len(rows) / taken[engine] for engine in ENGINES)
    return {"own": own, "llama": llama, "ratio": own / llama}


def _extract(model: Embedded, row: GoldRow) -> None:
    from extraction.extractor import extract
    from extraction.request.task import make_task

    for _ in extract(make_task("KE1", row.text, lang=row.lang), model):
        pass

"""How long the built-in model takes for short texts: the times of the README's table.

Eight texts of `training/gold/dev.jsonl` in each language, Chinese ones of 70 to 90 characters,
English ones of 25 to 30 words; prints the median of each task in seconds.

    PYTHONPATH=. python benchmarks/short_texts.py
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

import kex

DEV = Path("training/gold/dev.jsonl")
TEXTS = 8


def texts() -> dict[str, list[str]]:
    rows = [json.loads(line) for line in DEV.read_text(encoding="utf-8").splitlines()]
    chinese = [row["text"] for row in rows if row["lang"] == "zh" and 70 <= len(row["text"]) <= 90]
    english = [
        row["text"] for row in rows if row["lang"] == "en" and 25 <= len(row["text"].split()) <= 30
    ]
    return {"zh": chinese[:TEXTS], "en": english[:TEXTS]}


def main() -> None:
    chosen = texts()
    with kex.open(model="Embedded") as model:
        model.extract(chosen["zh"][0], "KE1")  # loads it
        for language, some in chosen.items():
            for task in ("KE1", "KE2"):
                seconds = []
                for text in some:
                    began = time.perf_counter()
                    model.extract(text, task)
                    seconds.append(time.perf_counter() - began)
                print(f"{language} {task} {statistics.median(seconds):.2f} s")


if __name__ == "__main__":
    main()

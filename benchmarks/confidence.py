"""Fits the curves of `models/embedded/profile.yaml` on a run of `app.py evaluate`.

`PYTHONPATH=. python benchmarks/confidence.py RUN [--data FILE]` takes the confidence of each item
of the run, turns it back into the log probability with the curve that the profile has now, and fits
a logistic curve of being right. Prints, for each way of asking: offset, slope, area under the ROC
curve, items. A way without a curve in the profile has no confidence: give it `[0, 0.2]` and run
again.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.gold.rows import OWN, read_gold
from evaluation.predictions import FILE, Prediction
from evaluation.scoring.judge import Judged, judge
from models.embedded.profile import profile

Numbers = NDArray[np.float64]
RIDGE = 1e-3  # keeps the curve finite where a few items are all right


def items(judged: Judged) -> list[tuple[float, bool]]:
    """The confidence of each item that has one, and whether it is right."""
    right = {one.predicted for one in judged.outcomes if one.kind == "right"}
    answer = judged.prediction.answer or {}
    found = []
    for unit, confidence in units(judged.row.task, answer.get("knowledge") or {}):
        if confidence is not None:
            found.append((confidence, unit in right))
    return found


def units(task: str, knowledge: Any) -> list[tuple[tuple[str, ...], float | None]]:
    """Each item as evaluation names it."""
    if task == "KE1":
        return [
            ((one["head"]["text"], one["relation"], one["tail"]["text"]), one["confidence"])
            for one in knowledge.get("triples", ())
        ]
    if task == "KE2":
        return [
            ((label, one["text"]), one["confidence"])
            for label, names in knowledge.get("entities", {}).items()
            for one in names
        ]
    cards = knowledge if isinstance(knowledge, list) else [knowledge]
    return [
        ((one["key"], one["value"]["text"]), one["confidence"])
        for card in cards
        for one in card.get("facts", ())
    ]


def fitted(x: Numbers, y: Numbers) -> tuple[float, float]:
    """Offset and slope of the logistic curve, by Newton's method."""
    design = np.stack([np.ones_like(x), x], 1)
    weights = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ weights))
        gradient = design.T @ (p - y) + RIDGE * weights
        hessian = (design.T * (p * (1 - p))) @ design + RIDGE * np.eye(2)
        weights -= np.linalg.solve(hessian, gradient)
    return float(weights[0]), float(weights[1])


def area(x: Numbers, y: Numbers) -> float:
    """Under the ROC curve: how often a right item is surer than a wrong one."""
    right, wrong = x[y == 1], x[y == 0]
    if not len(right) or not len(wrong):
        return math.nan
    above = (right[:, None] > wrong[None, :]).mean()
    return float(above + 0.5 * (right[:, None] == wrong[None, :]).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", type=Path, default=OWN)
    options = parser.parse_args()
    rows = {row.id: row for row in read_gold([options.data])}
    curves = profile().confidence
    found: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    lines = (options.run / FILE).read_text(encoding="utf-8").splitlines()
    for line in lines:
        prediction = Prediction.model_validate(json.loads(line))
        row = rows[prediction.id]
        found[f"{row.task}/{row.lang}/tuned"] += items(judge(row, prediction))
    for way, pairs in sorted(found.items()):
        offset, slope = curves[way]
        p = np.clip([confidence for confidence, _ in pairs], 5e-5, 1 - 5e-5)
        x = (np.log(p / (1 - p)) - offset) / slope
        y = np.array([right for _, right in pairs], np.float64)
        new = fitted(x, y)
        print(
            f"  {way}: [{new[0]:.3f}, {new[1]:.3f}]"
            f"  # area {area(x, y):.2f}, {len(y)} items, {y.mean():.2f} of them right"
        )


if __name__ == "__main__":
    main()

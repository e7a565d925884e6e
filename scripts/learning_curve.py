"""Draw docs/quality-curve.png from the table of `docs/quality.md` that has a line for each adapter.

.venv/bin/python scripts/learning_curve.py
"""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

PAGE = Path(__file__).parents[1] / "docs" / "quality.md"
MEASURES = ("pairs", "triples", "name and class", "values", "keys with values")
_ROW = re.compile(r"^\| (\d\.\d\d) \|" + r" (\d\.\d\d), (\d\.\d\d) \|" * len(MEASURES) + "$", re.M)


def main() -> None:
    rows = [[float(cell) for cell in row] for row in _ROW.findall(PAGE.read_text("utf-8"))]
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for language, (title, axis) in enumerate(zip(("Chinese", "English"), axes, strict=True)):
        for number, measure in enumerate(MEASURES):
            values = [row[1 + 2 * number + language] for row in rows]
            axis.plot([row[0] for row in rows], values, marker="o", label=measure)
        axis.set_title(title)
        axis.set_xlabel("million tokens")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("F1 on 15 rows of each task")
    axes[0].set_ylim(0, 1)
    axes[0].legend(loc="lower left", ncols=2, fontsize=8)
    figure.tight_layout()
    figure.savefig(PAGE.with_name("quality-curve.png"), dpi=110)


if __name__ == "__main__":
    main()

"""Draws what was measured as PNG files, with matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from cli.bench.models import ENGINES

BAR = 0.4


def draw_requests(figures: dict[str, Any], path: Path) -> None:
    """Seconds of each request on both engines, as pairs of bars."""
    rows = figures["requests"]
    figure = Figure(figsize=(8, 0.5 * len(rows) + 1.5), layout="constrained")
    axes = figure.subplots()
    for shift, engine in zip((-BAR / 2, BAR / 2), ENGINES, strict=True):
        places = [at + shift for at in range(len(rows))]
        axes.barh(places, [row[engine]["whole"] for row in rows.values()], BAR, label=engine)
    axes.set_yticks(range(len(rows)), list(rows))
    axes.invert_yaxis()
    axes.set_xlabel("s")
    axes.legend()
    figure.savefig(path, dpi=120)


def draw_steps(figures: dict[str, Any], path: Path) -> None:
    """Milliseconds of a step by its tokens, and the floor that the memory sets."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name in ("plain", "with_adapter"):
        sizes, times = zip(*figures[name].items(), strict=True)
        axes.plot(sizes, times, marker="o", label=name.replace("_", " "))
    axes.axhline(figures["floor"], linestyle="--", color="grey", label="memory")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("tokens")
    axes.set_ylabel("ms")
    axes.legend()
    figure.savefig(path, dpi=120)

"""`app.py bench`: ratios and pictures; the measuring itself needs the built-in weights."""

from __future__ import annotations

from pathlib import Path

import PIL.Image
import pytest
from click.testing import CliRunner

from cli.bench.command import bench
from cli.bench.models import ENGINES
from cli.bench.plot import draw_requests, draw_steps
from cli.bench.requests import show
from cli.bench.steps import SIZES
from cli.bench.steps import show as show_steps

ROW = {
    "own": {"first": 0.5, "whole": 2.0, "tokens": 60.0},
    "llama.cpp": {"first": 1.5, "whole": 5.0, "tokens": 60.0},
}
REQUESTS = {
    "requests": {"zh KE1": ROW, "en KE2": ROW},
    "ratios": {"whole": 2.5, "first": 0.33, "reading": 2.6, "beside": 2.7},
}
STEPS = {
    "prefill": 160.0,
    "plain": {size: 25.0 + 5 * size for size in SIZES},
    "with_adapter": {size: 28.0 + 5 * size for size in SIZES},
    "floor": 25.0,
}


def test_pictures_are_drawn(tmp_path: Path) -> None:
    draw_requests(REQUESTS, tmp_path / "requests.png")
    draw_steps(STEPS, tmp_path / "steps.png")
    for name in ("requests", "steps"):
        with PIL.Image.open(tmp_path / f"{name}.png") as picture:
            assert picture.width > 400
            assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 3


def test_figures_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show(REQUESTS)
    show_steps(STEPS)
    shown = capsys.readouterr().out
    assert "zh KE1" in shown
    assert "2.50 ×" in shown
    assert "160 tokens a second" in shown
    assert set(ENGINES) == set(ROW)


def test_other_weights_cannot_be_measured(smollm2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEX_EMBEDDED_PATH", str(smollm2))
    result = CliRunner().invoke(bench, ["corpus", "--texts", "4"])
    assert result.exit_code != 0
    assert "the kind 'llama', not 'qwen2'" in str(result.exception)

"""What the command line prints follows the locale."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import EMPTY_CACHE, ROOT


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    locale = ("LANG", "LC_")
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("KEX_", "OPENAI_", *locale))
    }
    return subprocess.run(
        [sys.executable, "app.py", *arguments],
        cwd=ROOT,
        env={**clean, "PYTHONUTF8": "1", "KEX_CACHE_DIR": str(EMPTY_CACHE), **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh_CN.UTF-8", "错误：examples 不是 JSON："),
        ("en_US.UTF-8", "Error: examples is not JSON: "),
        ("C.UTF-8", "Error: examples is not JSON: "),
    ],
)
def test_errors_follow_the_locale(lang: str, said: str, tmp_path: Path) -> None:
    examples = tmp_path / "examples.json"
    examples.write_text("{", encoding="utf-8")
    done = run("extract", "--examples", str(examples), "app.py", LANG=lang)
    assert done.returncode == 2
    assert done.stderr.startswith(said)


def test_states_follow_the_locale() -> None:
    done = run("models", "list", LANG="zh_CN.UTF-8", KEX_GLM_PATH="/nonexistent")
    assert "/nonexistent 中没有权重" in done.stdout
    done = run("models", "list", KEX_GLM_PATH="/nonexistent")
    assert "No weights at /nonexistent" in done.stdout


def test_a_wrong_setting_is_said_in_the_locale() -> None:
    done = run("models", "list", LANG="zh_CN.UTF-8", KEX_PORT="x")
    assert done.stderr.strip() == "错误：KEX_PORT：应为整数，无法把字符串解析为整数。"

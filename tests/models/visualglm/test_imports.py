"""The network knows torch, safetensors, sentencepiece, pillow, our errors and texts."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests import ROOT

ALLOWED = {
    "torch",
    "safetensors",
    "sentencepiece",
    "PIL",
    "errors",
    "wording",
    *sys.stdlib_module_names,
}
FILES = sorted((ROOT / "models" / "visualglm").rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it, by its full name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_imports_nothing_else(path: Path) -> None:
    for name in imported(path):
        own = name == "models.visualglm" or name.startswith("models.visualglm.")
        assert own or name.partition(".")[0] in ALLOWED, f"{path.name} imports {name}"

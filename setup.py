"""Builds the package `kex`: this folder, nested under one name (docs/adr/0017-one-package.md).

The checkout has `models`, `web`, `cli` … at the top, which would clash with others' modules in an
environment. In the package they are `kex.models`, `kex.web` …: their files are copied, and their
imports of each other get `kex.` in front. Everything else is in pyproject.toml.
"""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
NAME = "kex"
PACKAGES = (
    "cli", "cluster", "conversation", "corpus", "documents", "evaluation", "export", "extraction",
    "knowledge", "markup", "models", "prompts", "storage", "verification", "web", "wording",
)  # fmt: skip
MODULES = ("app", "errors", "folders", "log_lines", "redaction", "settings", "validation")
DATA = ("static", "templates")
FILES = ("training/gold/dev.jsonl", "training/gold/LICENSE.md")  # what `kex evaluate` reads
OURS = {*PACKAGES, *MODULES}


class BuildNested(build_py):
    """Copies the files into `kex/` of the build folder."""

    def run(self) -> None:
        # What an earlier build left there may have moved since.
        shutil.rmtree(Path(self.build_lib) / NAME, ignore_errors=True)
        for source, target in self._files().items():
            path = Path(self.build_lib) / target
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".py":
                path.write_text(nested(source.read_text("utf-8"), str(source)), "utf-8")
            else:
                shutil.copyfile(source, path)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [str(Path(self.build_lib) / target) for target in self._files().values()]

    def get_source_files(self) -> list[str]:
        """For the source distribution."""
        return [str(source.relative_to(ROOT)) for source in self._files()]

    def _files(self) -> dict[Path, Path]:
        """Each file of the checkout and its path in the package."""
        found = {ROOT / "kex.py": Path(NAME, "__init__.py")}
        for module in MODULES:
            found[ROOT / f"{module}.py"] = Path(NAME, f"{module}.py")
        for name in FILES:
            found[ROOT / name] = Path(NAME, name)
        for folder in (*PACKAGES, *DATA):
            for path in sorted((ROOT / folder).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    found[path] = Path(NAME, path.relative_to(ROOT))
        return found


def nested(source: str, name: str) -> str:
    """A module's source with its imports of our own modules as imports from `kex`.

    Raises ValueError for `import models.gpus`, which would bind another name.
    """
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source, name)):
        if isinstance(node, ast.Import):
            ours = [one.name for one in node.names if _ours(one.name)]
            if ours:
                raise ValueError(f"{name}:{node.lineno}: write from … import, not import {ours[0]}")
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and _ours(node.module or ""):
            line, at = lines[node.lineno - 1], node.col_offset
            start = f"from {node.module} "
            if not line[at:].startswith(start):
                raise ValueError(f"{name}:{node.lineno}: expected {start!r}")
            lines[node.lineno - 1] = f"{line[:at]}from {NAME}.{line[at + 5 :]}"
    return "".join(lines)


def _ours(module: str) -> bool:
    return module.split(".")[0] in OURS


def _requirements(file: str) -> list[str]:
    """The lines of a requirements file that are its own."""
    lines = (line.split("#")[0].strip() for line in (ROOT / file).read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("-r")]


if __name__ == "__main__":
    setup(
        packages=[NAME],
        install_requires=_requirements("requirements-embedded.txt"),
        extras_require={
            "glm": _requirements("requirements.txt"),
            "mcp": _requirements("requirements-mcp.txt"),
        },
        cmdclass={"build_py": BuildNested},
    )

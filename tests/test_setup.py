"""The set-up script: which Python it takes, and what it says where there is none that fits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests import ROOT


def set_up(venv: Path, path: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(ROOT / "scripts" / "make-venv.sh"), str(venv)],
        env={"PATH": path, **env},
        capture_output=True,
        text=True,
        timeout=120,
    )


def other_python(folder: Path) -> None:
    """A `python3` as a machine with an older Python has it: right name, wrong version."""
    script = folder / "python3"
    script.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.0" && exit 0\nexit 1\n')
    script.chmod(0o755)


def test_another_version_is_refused_with_the_remedy(tmp_path: Path) -> None:
    other_python(tmp_path)
    done = set_up(tmp_path / "venv", str(tmp_path))
    assert done.returncode == 1
    assert "Kex needs Python 3.10, 3.11, 3.12 or 3.13" in done.stderr
    assert "Found: Python 3.9.0" in done.stderr
    assert "make PYTHON=" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_named_python_is_taken(tmp_path: Path) -> None:
    other_python(tmp_path)
    path = f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin"
    done = set_up(tmp_path / "venv", path, PYTHON=sys.executable)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "venv" / "bin" / "python").exists()


def test_what_npm_installs_is_exact_and_bound_to_no_registry() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert wanted == {name: packages[f"node_modules/{name}"]["version"] for name in wanted}
    for name, package in packages.items():
        assert not name or package["integrity"].startswith("sha512-")
        assert "resolved" not in package

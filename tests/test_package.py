"""The package: built, installed in a fresh environment beside others' modules of our names."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from setup import MODULES, PACKAGES, nested
from tests import ROOT

# Of the environment of the tests come the libraries only: it has no package called kex.
_LIBRARIES = next(path for path in sys.path if path.endswith("site-packages"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    # As a clone has them: building in the checkout would leave build/ there.
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation",
               "-w", str(folder), str(source)]  # fmt: skip
    subprocess.run(command, check=True, timeout=120, cwd=folder)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with Kex and with somebody's `models` and `web`."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
    python = folder / "bin" / "python"
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(f"{_LIBRARIES}\n", encoding="utf-8")
    for name in ("models", "web", "settings"):
        (site / f"{name}.py").write_text("theirs = True\n", encoding="utf-8")
    command = [str(python), "-m", "pip", "install", "-q", "--no-deps", str(wheel)]
    subprocess.run(command, check=True, timeout=120)
    return python


def run(installed: Path, *command: str, cwd: Path) -> str:
    done = subprocess.run(
        [str(installed), *command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_brings_one_module(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"kex"}
    expected = (
        "templates/index.html", "static/favicon.svg", "models/embedded/adapter.gguf",
        "models/qwen/kernels/engine.c", "wording/zh/errors.json", "training/gold/dev.jsonl",
    )  # fmt: skip
    for name in expected:
        assert f"kex/{name}" in names


def test_every_module_can_be_imported_beside_others_of_our_names(
    installed: Path, tmp_path: Path
) -> None:
    program = """
import importlib, pathlib, sys
import kex, models, web, settings
assert models.theirs and web.theirs and settings.theirs
root = pathlib.Path(kex.__file__).parent
found = 0
for path in sorted(root.rglob("*.py")):
    parts = path.relative_to(root).with_suffix("").parts
    if parts[-1] == "__main__" or "ray" in "".join(parts) or parts[0] == "cluster":
        continue
    importlib.import_module(".".join(("kex", *parts)).removesuffix(".__init__"))
    found += 1
print(found)
"""
    assert int(run(installed, "-c", program, cwd=tmp_path)) > 250


def test_the_command_reads_a_pdf_apart_and_tests_the_engine(
    installed: Path, tmp_path: Path
) -> None:
    kex = installed.with_name("kex")
    done = subprocess.run([str(kex), "--help"], capture_output=True, text=True, timeout=60)
    assert "extract" in done.stdout
    done = subprocess.run(
        [str(kex), "models", "list"], capture_output=True, text=True, timeout=60,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert "`kex models get Embedded`" in done.stdout
    (pdf := tmp_path / "a.pdf").write_bytes(
        (ROOT / "tests/documents/files/aes128.pdf").read_bytes()
    )
    program = f"""
from pathlib import Path
from kex.documents.sandbox import read_apart
from kex.models.qwen.library import build, obstacle
print(len(read_apart("pdf", Path({str(pdf)!r}).read_bytes()).text) > 0)
folder = Path({str(tmp_path)!r}, "engine")
print(bool(obstacle(folder)) or build(folder).is_file())
"""
    assert run(installed, "-c", program, cwd=tmp_path).split() == ["True", "True"]


def test_imports_are_nested_and_nothing_else() -> None:
    source = "from models.base import Model\nimport json\n\nif 1:\n    from errors import X\n"
    assert nested(source, "a.py") == (
        "from kex.models.base import Model\nimport json\n\nif 1:\n    from kex.errors import X\n"
    )
    with pytest.raises(ValueError, match=r"a\.py:1: write from … import, not import models\.gpus"):
        nested("import models.gpus\n", "a.py")


def test_the_lists_name_what_is_in_the_checkout() -> None:
    modules = {path.stem for path in ROOT.glob("*.py")} - {"kex", "setup"}
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {
        "tests",
        "training",
        "benchmarks",
    }
    assert set(MODULES) == modules
    assert set(PACKAGES) == folders

"""Building the kernels: once, and refusals that say why."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from models.qwen import library, selftest
from models.qwen.library import NoLibrary, build, load


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!{sys.executable}\n{text}\n")
    path.chmod(0o755)
    return path


def test_it_is_built_once(folder: Path) -> None:
    path = build(folder)
    before = path.stat().st_mtime_ns
    assert build(folder) == path
    assert path.stat().st_mtime_ns == before
    assert load(path).kex_isa()
    assert selftest.digest(path) == selftest.EXPECTED


def test_without_a_compiler_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoLibrary, match="install gcc"):
        build(tmp_path)
    assert "install gcc" in library.obstacle(tmp_path)
    monkeypatch.undo()
    assert library.obstacle(tmp_path) == ""


@pytest.mark.parametrize(
    ("compiler", "reason"),
    [
        ("import sys; sys.exit('no room on the disk')", "no room on the disk"),
        ("pass", "built nothing"),
        (
            "import sys; open(sys.argv[sys.argv.index('-o') + 1], 'w').write('no library')",
            "cannot be loaded",
        ),
    ],
)
def test_a_compiler_that_fails_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiler: str, reason: str
) -> None:
    monkeypatch.setenv("CC", str(script(tmp_path / "cc", compiler)))
    with pytest.raises(NoLibrary, match=reason):
        build(tmp_path / "built")
    assert list((tmp_path / "built").iterdir()) == []


def test_a_library_that_crashes_takes_down_its_self_test_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "kernels"
    broken.mkdir()
    for source in library.KERNELS.iterdir():
        text = source.read_text()
        if source.name == "engine.c":
            text = text.replace("void kex_multiply(", "void kex_multiply_(").replace(
                "void kex_close(",
                "void kex_multiply(void) { __builtin_trap(); }\nvoid kex_close(",
                1,
            )
        (broken / source.name).write_text(text)
    monkeypatch.setattr(library, "KERNELS", broken)
    with pytest.raises(NoLibrary, match="self-test"):
        build(tmp_path / "built")

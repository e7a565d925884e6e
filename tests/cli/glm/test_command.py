"""`app.py glm verify`: lines, exit codes, and what goes together."""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from cli.main import main
from tests.models.visualglm.synthetic import golden
from tests.verification.golden.selfmade import make


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("golden") / "set")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["glm", *map(str, arguments)])


def test_a_set_that_agrees(own: Path) -> None:
    result = run("verify", "--golden", own)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[-1].startswith("verified ") and lines[-1].endswith(" arrays, 0 failed")
    line = next(line for line in lines if line.startswith("lm.npz image.logits "))
    assert "atol 2e-05 rtol 1e-04" in line and line.endswith("  ok") and "[1, " in line


def test_the_official_set() -> None:
    result = run("verify", "--golden", golden())
    lines = result.stdout.splitlines()
    failed = [line.split()[1] for line in lines if "FAILED" in line]
    if version("pillow") < "13":  # Python 3.10; see docs/visualglm.md
        assert failed == ["image_rgba.pixel_values"]
    else:
        assert (result.exit_code, failed) == (0, []), result.output
    assert lines[-1].endswith(f" arrays, {len(failed)} failed")


def test_a_set_that_does_not(own: Path, tmp_path: Path) -> None:
    with np.load(own / "sampling.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["top_p_0.33"][0, :] = 0
    np.savez(tmp_path / "sampling.npz", **arrays)
    result = run("verify", "--golden", tmp_path)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "verified 3 arrays, 1 failed"
    (line,) = [line for line in result.stdout.splitlines() if "FAILED" in line]
    assert line.startswith("sampling.npz top_p_0.33")


def test_wrong_usage(own: Path, tmp_path: Path) -> None:
    assert run("verify", "--golden", own, "--device", "cpu").exit_code == 2
    assert run("verify", "--golden", tmp_path).exit_code == 2


def test_the_official_code_is_not_there(tiny_glm: Path) -> None:
    result = run("verify", "--path", tiny_glm, "--device", "cpu")
    assert result.exit_code == 3
    if find_spec("transformers") is None:
        assert "no build for Python 3.12 and later" in result.stderr
    else:
        assert "modeling_chatglm.py" in result.stderr and "visual.py" in result.stderr


def test_the_group_has_all_its_commands() -> None:
    result = run("--help")
    assert all(name in result.stdout for name in ("verify", "plan", "measure"))

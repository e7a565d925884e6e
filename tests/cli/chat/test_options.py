"""`app.py chat` in this process, for what no terminal is needed: options, pictures, failures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import PIL.Image
import pytest
from click.testing import CliRunner, Result

import models.registry
from cli.main import main
from models.base import ModelState
from tests.cli.chat.scripted_chat import Seeing


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "a picture.png"
    PIL.Image.new("RGB", (8, 8), "red").save(path)
    return path


@pytest.fixture
def seeing(monkeypatch: pytest.MonkeyPatch) -> Seeing:
    model = Seeing()
    factories = {**models.registry.FACTORIES, "Local-GLM": lambda _: model}
    monkeypatch.setattr(models.registry, "FACTORIES", factories)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return model


def invoke(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(main, ["chat", *arguments], input=stdin)


def test_the_options_reach_the_request(seeing: Seeing) -> None:
    assert invoke("--prompt", "a").exit_code == 0
    assert invoke(
        "--prompt", "a", "--max-length", "900", "--max-tokens", "50", "--top-p", "0.9",
        "--top-k", "7", "--temperature", "0.1", "--repetition-penalty", "1.2", "--seed", "3",
    ).exit_code == 0  # fmt: skip
    official, own = seeing.requests
    assert (official.max_length, official.max_tokens, official.temperature) == (2048, 2048, 0.8)
    assert (official.sampling.top_p, official.sampling.top_k) == (0.4, 100)
    assert official.sampling.repetition_penalty is None and official.sampling.seed is None
    assert (own.max_length, own.max_tokens, own.temperature) == (900, 50, 0.1)
    assert (own.sampling.top_p, own.sampling.top_k) == (0.9, 7)
    assert (own.sampling.repetition_penalty, own.sampling.seed) == (1.2, 3)


def test_the_options_of_local_glm_reach_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def make(settings: object) -> Seeing:
        seen.append(settings)
        return Seeing()

    factories = {**models.registry.FACTORIES, "Local-GLM": make}
    monkeypatch.setattr(models.registry, "FACTORIES", factories)
    options = ["--quant", "4", "--device", "cpu", "--dtype", "fp32"]
    assert invoke("--prompt", "a", *options).exit_code == 0
    (settings,) = seen
    assert [getattr(settings, f"glm_{name}") for name in ("quant", "device", "dtype")] == [
        "4",
        "cpu",
        "fp32",
    ]


def test_one_question_about_a_picture(seeing: Seeing, picture: Path) -> None:
    described = invoke("--image", str(picture))  # an empty standard input
    assert described.stdout == "<u 1 'Describe this image.'>\n"
    asked = invoke("--image", str(picture), "--lang", "zh", stdin="什么颜色？\n")
    assert asked.stdout == "<u 1 '什么颜色？'>\n"
    assert seeing.requests[0].messages[0].images[0].media_type == "image/png"
    missing = invoke("--image", "/nonexistent.png", "--prompt", "a")
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert "/nonexistent.png cannot be read" in missing.stderr


@pytest.fixture
def site(picture: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Not into the tests' output."""

    handler = partial(Quiet, directory=str(picture.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_picture_by_its_address(seeing: Seeing, site: str) -> None:
    found = invoke("--image", f"{site}/a%20picture.png")
    assert found.stdout == "<u 1 'Describe this image.'>\n", found.output
    assert len(seeing.requests) == 1
    missing = invoke("--image", f"{site}/other.png")
    assert missing.exit_code == 2
    assert "cannot be read" in missing.stderr and "404" in missing.stderr


def test_a_failure_fails_the_command(seeing: Seeing) -> None:
    done = invoke("--prompt", "fail")
    assert done.exit_code == 3  # ModelFailed is a kind of Unavailable
    assert done.stdout == "half \n"
    assert "Error: The model broke." in done.stderr


def test_local_glm_says_itself_why_it_cannot_serve(seeing: Seeing) -> None:
    seeing.current = ModelState("unavailable", "there is no card: KEX_GLM_DEVICE=cpu.")
    done = invoke("--prompt", "a")
    assert "there is no card: KEX_GLM_DEVICE=cpu)" in done.stderr

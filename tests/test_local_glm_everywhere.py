"""Local-GLM, a tiny checkpoint of it, at every door but the page: HTTP and the command line."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import openai
import PIL.Image
import pytest
import requests

from models.local_glm.model import LocalGlm
from settings import Settings
from tests import EMPTY_CACHE, ROOT
from tests.serving import Serving

TEXTS = {
    "zh": "华为（HUAWEI），总部在深圳，由任正非于1987年创立。",
    "en": "Ada Lovelace was born in London in 1815.",
}


@pytest.fixture(scope="module")
def site(local_glm: LocalGlm) -> Iterator[Serving]:
    with Serving(Settings(cache_dir=EMPTY_CACHE), {"Local-GLM": local_glm}) as running:
        yield running


@pytest.fixture(scope="module")
def png() -> bytes:
    data = BytesIO()
    PIL.Image.effect_mandelbrot((120, 80), (-3, -2.5, 2, 2.5), 40).save(data, "PNG")
    return data.getvalue()


def places(knowledge: dict[str, Any]) -> list[dict[str, Any]]:
    """Every located string, however deep it lies."""
    found: list[dict[str, Any]] = []
    for value in knowledge.values():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                found += [part] if "status" in part else places(part)
    return found


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("prompt_type", ["KE1", "KE2", "KE3"])
@pytest.mark.parametrize("seen", [False, True])
def test_the_route_extracts(
    site: Serving, png: bytes, prompt_type: str, lang: str, seen: bool
) -> None:
    answer = requests.post(
        f"{site.url}/get_response",
        data={
            "user_input": TEXTS[lang],
            "prompt_type": prompt_type,
            "model_type": "Local-GLM",
            "max_tokens": "300",
            "grounding": "strict",  # with a picture the default is free
        },
        files={"image": ("a.png", png)} if seen else None,
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["model"] == "Local-GLM"
    for place in places(body["knowledge"]):
        assert place["status"] in ("verbatim", "normalised")
        spelt = TEXTS[lang][place["start"] : place["end"]]
        assert (spelt == place["text"]) == (place["status"] == "verbatim")


def test_the_route_streams_a_talk_about_a_picture(site: Serving, png: bytes) -> None:
    answer = requests.post(
        f"{site.url}/get_response",
        data={
            "user_input": "再说一次",
            "prompt_type": "Chat",
            "model_type": "Local-GLM",
            "history": json.dumps([["描述这张图片。", "一张图。"]]),
            "max_tokens": "24",
        },
        files={"image": ("a.png", png)},
        headers={"Accept": "text/event-stream"},
        timeout=60,
    )
    events = dict(
        part.removeprefix("event: ").split("\ndata: ", 1)
        for part in answer.text.split("\n\n")
        if part.startswith("event:")
    )
    done = json.loads(events["done"])
    assert done["history"][-1] == ["再说一次", done["response"]]
    assert done["usage"]["completion_tokens"] <= 24


def test_an_openai_client_shows_it_a_picture(site: Serving, png: bytes) -> None:
    url = "data:image/png;base64," + base64.b64encode(png).decode()
    with openai.OpenAI(api_key="none", base_url=f"{site.url}/v1") as client:
        said = client.chat.completions.create(
            model="Local-GLM",
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "What is this?"},
                        {"type": "image_url", "image_url": {"url": url}},
                    ],
                }
            ],
            max_tokens=16,
            temperature=0,
        )
    assert said.model == "Local-GLM"
    assert said.usage is not None
    assert 0 < said.usage.completion_tokens <= 16


def command(tiny_glm: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/dev/null",
        "KEX_GLM_PATH": str(tiny_glm),
        "KEX_GLM_DEVICE": "cpu",
        "KEX_GLM_DTYPE": "fp32",
        "KEX_GLM_CONTEXT": "8192",
    }
    return subprocess.run(
        [sys.executable, "app.py", *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )


def test_the_command_line_extracts(tiny_glm: Path) -> None:
    done = command(
        tiny_glm, "extract", "-", "--model", "Local-GLM", "--type", "KE2", "--format", "json",
        stdin=TEXTS["en"],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for place in places(json.loads(done.stdout)["knowledge"]["entities"]):
        assert TEXTS["en"][place["start"] : place["end"]] == place["text"]


def test_the_command_line_talks_about_a_picture(tiny_glm: Path, png: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png)
    done = command(
        tiny_glm, "chat", "--model", "Local-GLM", "--image", str(tmp_path / "a.png"),
        "--max-tokens", "12", "--prompt", "What is this?", "--verbose",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "token" in done.stderr

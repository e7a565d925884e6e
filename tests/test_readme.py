"""The curl lines of README and docs/api.md, run unchanged on a real server with a real model."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.embedded.model import Embedded
from settings import Settings
from tests import EMPTY_CACHE, ROOT
from tests.serving import Serving

READMES = ("README.md", "README.zh.md")
API = ("docs/api.md", "docs/zh/api.md")
CLI = ("docs/cli.md", "docs/zh/cli.md")


def shell_blocks(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [str(block) for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)]


def curls() -> list[str]:
    return [block for block in shell_blocks("docs/api.md") if block.startswith("curl")]


@pytest.fixture(scope="module")
def url(tiny: Embedded) -> Iterator[str]:
    with Serving(Settings(cache_dir=EMPTY_CACHE, max_tokens=120), {"Embedded": tiny}) as s:
        yield s.url


def run(block: str, url: str) -> str:
    script = block.replace("http://127.0.0.1:5000", url).replace(
        "curl ", "curl -sS --fail-with-body "
    )
    done = subprocess.run(
        ["bash", "-ec", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("number", range(3))
def test_extraction_lines(url: str, number: int) -> None:
    block = curls()[number]
    out = run(block, url)
    if "event-stream" in block:
        assert out.rstrip().split("\n\n")[-1].startswith("event: done")
    else:
        assert set(json.loads(out)) >= {"response", "knowledge", "model", "usage", "warnings"}


def test_the_lines_about_the_server(url: str) -> None:
    out = run(curls()[3], url)
    assert '"default":"Embedded"' in out
    assert '{"status":"ok"}' in out


def test_the_line_for_files() -> None:
    [block] = [block for block in shell_blocks("docs/api.md") if "/documents" in block]
    with Serving(Settings(cache_dir=EMPTY_CACHE), {}) as serving:
        answer = json.loads(run(block, serving.url))
    assert answer["text"] == "鲁迅生于浙江绍兴。"
    assert answer["columns"] == ["name", "about"]


def test_the_chat_line(url: str) -> None:
    answer = json.loads(run(curls()[4], url))
    assert answer["history"][-1] == ["什么是知识图谱？", answer["response"]]
    assert len(answer["history"]) == 2


def test_the_line_for_openai_clients(url: str) -> None:
    answer = json.loads(run(curls()[5], url))
    assert answer["choices"][0]["message"]["content"]


def test_the_line_for_other_formats(url: str) -> None:
    assert "schema:Person" in run(curls()[6], url)


def test_the_lines_for_conversations(tmp_path: Path) -> None:
    [block] = [block for block in curls() if "/conversations" in block]
    settings = Settings(cache_dir=EMPTY_CACHE, store=tmp_path / "kex.db")
    with Serving(settings, {}) as serving:
        begun, listed = map(json.loads, run(block, serving.url).splitlines())
    assert begun["title"] == "Lu Xun"
    assert [one["id"] for one in listed["conversations"]] == [begun["id"]]


def test_the_curl_line_of_the_readme_is_one_of_those() -> None:
    [block] = [block for block in shell_blocks("README.md") if block.startswith("curl")]
    assert block in curls()


@pytest.mark.parametrize("pages", [READMES, API, CLI])
def test_both_languages_show_the_same_commands(pages: tuple[str, str]) -> None:
    english, chinese = (shell_blocks(page) for page in pages)
    assert english
    # Comments of a command are translated.
    plain = [[re.sub(r" +# .*", "", block) for block in blocks] for blocks in (english, chinese)]
    assert plain[0] == plain[1]


@pytest.mark.parametrize("pages", [READMES, API, CLI])
def test_both_languages_have_tables_of_the_same_rows(pages: tuple[str, str]) -> None:
    english, chinese = (
        [line.count("|") for line in (ROOT / page).read_text(encoding="utf-8").splitlines()
         if line.startswith("| ")]
        for page in pages
    )  # fmt: skip
    assert english == chinese


@pytest.mark.parametrize("readme", READMES)
def test_a_readme_is_short(readme: str) -> None:
    assert len((ROOT / readme).read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_has_the_commands_of_ci(readme: str) -> None:
    assert "make test\nmake check\n" in shell_blocks(readme)


@pytest.mark.parametrize("readme", READMES)
def test_what_the_readme_names_is_there(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    linked = re.findall(r"\]\((?!http)([^)]+)\)", text)
    table = re.findall(r"^\| (`[^|]*`) \|", text[text.index("| `app.py`") :], re.MULTILINE)
    named = [name for cell in table for name in re.findall(r"`([^`]+)`", cell)]
    assert len(linked) > 4
    assert len(named) > 10
    for name in [*linked, *named]:
        assert (ROOT / name.partition("#")[0]).exists(), name

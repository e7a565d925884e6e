"""`app.py extract --assertions`, against a service of the test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.main import main
from tests.corpus.service import Service

TEXT = "Rumour has it that Ann 1 lives in Leeds. Bob 2 lives in York."


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    running = Service()
    monkeypatch.setenv("OPENAI_BASE_URL", running.url)
    monkeypatch.setenv("KEX_OPENAI_RETRIES", "0")
    yield running
    running.close()


def extract(path: Path, *words: str) -> Any:
    path.write_text(TEXT, encoding="utf-8")
    done = CliRunner().invoke(
        main, ["extract", str(path), "--model", "ChatGpt", "--format", "json", *words]
    )
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.usefixtures("service")
def test_a_rumour_is_left_out_unless_all_is_asked_for(tmp_path: Path) -> None:
    answer = extract(tmp_path / "text.txt")
    [triple] = answer["knowledge"]["triples"]
    assert (triple["head"]["text"], triple["assertion"]) == ("Bob 2", "stated")
    assert [one["why"] for one in answer["left_out"]] == ["uncertain"]
    answer = extract(tmp_path / "text.txt", "--assertions", "all")
    rumour, stated = answer["knowledge"]["triples"]
    assert (rumour["assertion"], stated["assertion"]) == ("uncertain", "stated")
    cue = rumour["cue"]
    assert TEXT[cue["start"] : cue["end"]] == cue["text"]
    assert cue["text"].startswith("Rumour has it")
    assert answer["left_out"] == []


@pytest.mark.usefixtures("service")
def test_the_table_marks_what_is_not_stated(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    done = CliRunner().invoke(
        main, ["extract", str(path), "--model", "ChatGpt", "--assertions", "all"]
    )
    rumour, stated = (line for line in done.stdout.splitlines() if "lives in" in line)
    assert "lives in [uncertain]" in rumour
    assert "[" not in stated


def test_another_value_is_refused() -> None:
    done = CliRunner().invoke(main, ["extract", "-", "--assertions", "some"], input="a")
    assert done.exit_code == 2 and "affirmed" in done.output

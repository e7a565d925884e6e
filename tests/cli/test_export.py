"""`extract --format …` and `export`: what a script gets on stdout, and how it is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import extract as extract_module
from cli.main import main
from export.formats import NAMES, write
from export.jsonl import read_jsonl
from models.registry import Registry
from settings import Settings
from tests import EMPTY_CACHE
from tests.export.answers import TEXT, reals
from tests.scripted_model import ScriptedModel

GOOD = '{"triples":[["鲁迅","原名","周树人"]]}'


@pytest.fixture(autouse=True)
def scripted_model(monkeypatch: pytest.MonkeyPatch, scripted: ScriptedModel) -> None:
    """The command's registry holds the scripted model in place of `Embedded`."""
    scripted.script = lambda _: [GOOD]
    monkeypatch.setattr(
        extract_module, "Registry", lambda settings: Registry(settings, {"Embedded": scripted})
    )
    monkeypatch.setattr(extract_module, "load_settings", lambda: Settings(cache_dir=EMPTY_CACHE))


def run(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(main, arguments, input=stdin)


def test_every_format_of_an_extraction(tmp_path: Path) -> None:
    path = tmp_path / "article.txt"
    path.write_text(TEXT["KE1"], encoding="utf-8")
    done = run("extract", str(path), "--format", "record")
    assert done.exit_code == 0, done.output
    (record,) = read_jsonl(done.stdout_bytes.splitlines())
    assert (record.id, record.text) == (os.fspath(path), TEXT["KE1"])
    for name in NAMES[2:]:
        found = run("extract", str(path), "--format", name)
        assert found.exit_code == 0, found.output
        assert found.stdout_bytes.decode() == "".join(write(name, [record]))


def test_a_text_on_standard_input_is_named_by_what_it_says() -> None:
    done = run("extract", "-", "--format", "record", stdin=TEXT["KE1"])
    assert json.loads(done.stdout)["id"].startswith("sha256-")


def test_the_older_formats_are_as_they_were() -> None:
    whole = json.loads(run("extract", "-", "--format", "json", stdin=TEXT["KE1"]).stdout)
    assert whole["knowledge"]["triples"][0]["relation"] == "原名"
    assert "text" not in whole
    (line,) = run("extract", "-", "--format", "jsonl", stdin=TEXT["KE1"]).stdout.splitlines()
    assert json.loads(line)["head"]["text"] == "鲁迅"
    assert "周树人" in run("extract", "-", stdin=TEXT["KE1"]).stdout


@pytest.mark.parametrize("name", NAMES)
def test_kept_answers_are_written_anew(tmp_path: Path, name: Any) -> None:
    records = reals()
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(write("jsonl", records)), encoding="utf-8")
    done = run("export", str(path), "--format", name)
    assert done.exit_code == 0, done.output
    assert done.stdout_bytes.decode() == "".join(write(name, records))


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (["extract", "--format", "xls"], "a", "turtle"),
        (["extract", "--base-iri", "urn:a:"], "a", "base_iri: table has no IRIs"),
        (["extract", "--format", "csv", "--base-iri", "urn:a:"], "a", "use turtle or jsonld"),
        (["extract", "--format", "turtle", "--base-iri", "a"], "a", "ends in /"),
        (["export", "--format", "csv"], "{}\n", "line 1: text: Field required"),
        (["export"], "", "--format"),
    ],
)
def test_wrong_usage_is_told(arguments: list[str], stdin: str, message: str) -> None:
    done = run(*arguments, stdin=stdin)
    assert done.exit_code == 2
    assert message in done.stderr

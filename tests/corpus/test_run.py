"""`app.py corpus run` from input to manifest, as a user calls it."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from cli.corpus import progress as corpus_progress
from cli.main import main
from corpus.budget import Price
from corpus.job import Progress
from export.jsonl import read_jsonl
from tests.corpus.conftest import Command, answers, jsonl, lives, manifest, outcomes, people
from tests.corpus.service import BROKEN, Service


def test_every_document_has_one_outcome(corpus: Command, tmp_path: Path) -> None:
    source = jsonl(
        tmp_path / "in.jsonl",
        [
            {"id": "a", "text": lives(1)},
            {"id": 7, "text": lives(2)},
            {"text": lives(3)},
            {"id": "a", "text": lives(4)},
            "{broken",
            '["no object"]',
            {"id": "b"},
            {"id": "c", "text": 5},
            {"id": "d", "text": "  "},
            {"id": True, "text": lives(5)},
            {"id": "e", "text": lives(6, BROKEN)},
            "",
            r'{"id": "f", "text": "Half a \ud83d character."}',
            r'{"id": "g", "half \ud83d": 1}',
            {"id": "in.jsonl:4", "text": lives(7)},
        ],
    )
    out = tmp_path / "out"
    printed = corpus.run(source, out, code=1)
    told = manifest(out)
    assert {id_: row["outcome"] for id_, row in told.items() if row["outcome"] == "done"} == {
        "a": "done",
        "7": "done",
        "in.jsonl:3": "done",
    }
    why = {id_: row["types"]["KE1"].get("why", "") for id_, row in told.items()}
    assert "'a' is already that of in.jsonl:1" in why["in.jsonl:4"]
    assert "not JSON" in why["in.jsonl:5"]
    assert "not a JSON object" in why["in.jsonl:6"]
    assert "'text' is missing (there are: id)" in why["b"] and "--text-field" in why["b"]
    assert "not a string but a number" in why["c"]
    assert "is empty" in why["d"]
    assert "neither a string nor an integer" in why["in.jsonl:10"]
    assert "failed (HTTP 500)" in why["e"]
    assert "half a character" in why["f"]
    assert r"(there are: id, half \ud83d)" in why["g"]
    # A place that is an id already is no reason to lose either document.
    assert "is already that of in.jsonl:4" in why["in.jsonl:15"]
    assert len(told) == 14
    assert "done      3\npartial   0\nfailed    11\n" in printed and "300 + 30" in printed
    assert set(answers(out)) == {("a", "KE1"), ("7", "KE1"), ("in.jsonl:3", "KE1")}


def test_two_tasks_and_export(corpus: Command, service: Service, tmp_path: Path) -> None:
    out = tmp_path / "out"
    corpus.run(people(tmp_path / "in.jsonl", 12), out, "--type", "KE1,KE2", "--shard-size", 5)
    assert set(outcomes(out).values()) == {"done"}
    assert len(answers(out)) == 24
    shards = sorted((out / "answers").iterdir())
    assert len(shards) > 1
    records = [record for path in shards for record in read_jsonl(path.read_bytes().splitlines())]
    assert {record.id for record in records} == {f"d{n}" for n in range(12)}
    triple = answers(out)["d3", "KE1"]["knowledge"]["triples"][0]
    assert (triple["head"]["text"], triple["head"]["start"]) == ("Ann 3", 0)
    assert 1 < service.most_at_a_time <= 4


def test_parallel_is_kept_over_all_documents(
    corpus: Command, service: Service, tmp_path: Path
) -> None:
    service.pause = 0.03
    long = " ".join(lives(n) + " " + "x" * 11_000 + "." for n in range(4))  # several chunks each
    rows: list[dict[str, Any] | str] = [{"id": f"l{n}", "text": long} for n in range(3)]
    source = jsonl(tmp_path / "in.jsonl", [*rows, *({"text": lives(n)} for n in range(20))])
    corpus.run(source, tmp_path / "out", "--parallel", 3, KEX_MAX_CHARS="100000")
    assert service.most_at_a_time == 3


def test_options_reach_the_model(corpus: Command, tmp_path: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", [{"name": "n1", "body": lives(1), "who": "Ann 1"}])
    fields = ("--id-field", "name", "--text-field", "body", "--entity-field", "who")
    corpus.run(source, tmp_path / "out", *fields, "--type", "KE3", "--keys", "home")
    [[answer]] = [[row] for row in answers(tmp_path / "out").values()]
    assert answer["id"] == "n1"
    assert answer["knowledge"]["entity"]["text"] == "Ann 1"
    assert answer["knowledge"]["not_stated"] == ["home"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--type", "KE1,KE2", "--schema", "home"), "write --schema KE1=… for each"),
        (("--schema", "KE2=person"), "--schema is for KE2, which is not in --type"),
        (("--entity", "Ann"), "--entity belongs to KE3"),
        (("--type", "KE9"), "not one of KE1, KE2, KE3"),
        (("--budget", "5"), "needs --price"),
        (("--budget", "some"), "neither money"),
        (("--format", "xml"), "xml"),
    ],
)
def test_wrong_words_are_named(
    corpus: Command, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    source = people(tmp_path / "in.jsonl", 1)
    _, err = corpus("run", source, "--out", tmp_path / "out", *words, code=2)
    assert told in err
    assert not (tmp_path / "out").exists()


def test_limit_then_the_rest(corpus: Command, service: Service, tmp_path: Path) -> None:
    source, out = people(tmp_path / "in.jsonl", 10), tmp_path / "out"
    corpus.run(source, out, "--limit", 4)
    assert list(outcomes(out)) == ["d0", "d1", "d2", "d3"]
    corpus.run(source, out)
    assert set(service.asked.values()) == {1} and len(outcomes(out)) == 10


def test_the_dry_run_spends_nothing(corpus: Command, service: Service, tmp_path: Path) -> None:
    source, out = people(tmp_path / "in.jsonl", 10), tmp_path / "out"
    words = ("--dry-run", "--price", "1", "2")
    printed = corpus.run(source, out, *words)
    assert "to do           10 documents, 10 requests" in printed
    assert "an estimate" in printed and "at most 10,240" in printed
    assert not service.asked and not out.exists()
    corpus.run(source, out, "--limit", 5)
    printed = corpus.run(source, out, *words)
    assert "already done    5" in printed
    assert "about 50, estimated from the answers in the folder" in printed
    assert sum(service.asked.values()) == 5


def test_on_a_pipe_progress_is_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_progress, "LINE_SECONDS", 0.0)
    monkeypatch.setattr(corpus_progress, "CALM_SECONDS", 0.0)
    written = StringIO()
    screen = corpus_progress.Screen("ChatGpt", Price(1, 2), Console(file=written))
    screen.tell(Progress(0.0))
    screen.tell(Progress(0.25, skipped=10, finished=1, prompt_tokens=0, completion_tokens=0))
    screen.tell(Progress(0.5, 10, 40, 2, 1_000_000, 500_000))
    first, _, last = written.getvalue().splitlines()
    assert first.startswith("0.0% ChatGpt: 0 documents, 0/s, 0 tokens, cost 0.00")
    assert last.startswith("50.0% ChatGpt: 50 documents, ") and ", ends " in last
    assert "2 failed, 1,500,000 tokens, cost 2.00" in last


def test_status_in_words_and_json(corpus: Command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _, err = corpus("status", out, code=2)
    assert "contains no job" in err
    corpus.run(people(tmp_path / "in.jsonl", 3), out)
    told = json.loads(corpus("status", out, "--json", "--price", "1", "10")[0])
    assert (told["state"], told["done"], told["failed"]) == ("finished", 3, 0)
    assert (told["prompt_tokens"], told["completion_tokens"]) == (300, 30)
    assert told["cost"] == 0.0006
    assert "finished" in corpus("status", out)[0]


def test_the_folder_is_exported_as_it_stands(corpus: Command, tmp_path: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", [{"id": n, "text": lives(n)} for n in range(3)])
    out = tmp_path / "out"
    corpus("run", source, "--out", out, "--type", "KE1")
    done = CliRunner().invoke(main, ["export", str(out), "--format", "csv"])
    assert done.exit_code == 0, done.output
    assert [line.count("Leeds") > 0 for line in done.stdout.splitlines()] == [
        False,
        True,
        True,
        True,
    ]
    missing = CliRunner().invoke(main, ["export", str(tmp_path / "no"), "--format", "csv"])
    assert (missing.exit_code, "does not exist" in missing.stderr) == (2, True)


def test_all_assertions_are_given_where_they_are_asked_for(corpus: Command, tmp_path: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", [{"id": "a", "text": f"Perhaps {lives(1)}"}])
    out = tmp_path / "out"
    corpus.run(source, out)
    first = answers(out)["a", "KE1"]
    assert (first["knowledge"]["triples"], first["dropped"]["uncertain"]) == ([], 1)
    corpus.run(source, out, "--assertions", "all")  # another question: asked again
    [triple] = answers(out)["a", "KE1"]["knowledge"]["triples"]
    assert (triple["assertion"], triple["cue"]["text"]) == ("uncertain", "Perhaps")

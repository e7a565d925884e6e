"""`app.py evaluate` as a user calls it: processes of their own, over a scripted model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evaluation.gold.rows import OWN, read_gold
from tests import ROOT
from tests.cli.evaluate.scripted_evaluate import TEXTS
from tests.evaluation.rows import gold_file, line

ANN, BOB, CLEO, DAN, BROKEN = TEXTS
TWICE = [BROKEN, BROKEN]  # what failed is tried once more


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return gold_file(
        tmp_path,
        line("KE1", id="ann", text=ANN, gold=[["Ann", "lives in", "Leeds"]]),
        line("KE1", id="bob", text=BOB, gold=[["Bob", "lives in", "York"]]),
        line("KE1", id="broken", text=BROKEN, gold=[["It", "breaks", "here"]], source="t"),
        line("KE2", id="cleo", text=CLEO, gold={"PER": ["Cleo"]}),
        line("KE3", id="dan", text=DAN, entity="Dan", gold={"age": "30"}),
    )


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "tests.cli.evaluate.scripted_evaluate", *map(str, words)]


def environment(folder: Path, **more: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KEX_", "OPENAI_"))}
    return {**clean, "ASKED": str(folder / "asked"), "PYTHONWARNINGS": "error", **more}


def call(folder: Path, *words: object, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words),
        cwd=ROOT,
        env=environment(folder, **env),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def asked(folder: Path) -> list[str]:
    return (folder / "asked").read_text(encoding="utf-8").splitlines()


def predictions(out: Path) -> dict[str, Any]:
    lines = (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    return {line["id"]: line for line in map(json.loads, lines)}


def test_a_run_from_gold_to_report(gold: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = call(tmp_path, "--data", gold, "--model", "Embedded", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "KE1 en mean over sources" in done.stdout and "triple relaxed" in done.stdout
    assert "Warning: broken failed: It broke." in done.stderr
    assert "rows that failed and count as empty: 1." in done.stderr
    written = predictions(out)
    assert list(written) == ["ann", "bob", "broken", "cleo", "dan"]
    assert written["ann"]["pred"] == [["Ann", "lives in", "Leeds"]]
    assert written["ann"]["answer"]["knowledge"]["triples"][0]["head"]["start"] == 0
    assert written["cleo"]["pred"] == {"PER": ["Cleo", "<b>"]}
    assert written["dan"]["pred"] == {"age": ["30"]}
    assert (written["broken"]["pred"], written["broken"]["error"]) == ([], "It broke.")
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    groups = {group["name"]: group for group in report["groups"]}
    assert groups["KE1"]["mistakes"]["direction"] == 1
    assert groups["KE3"]["metrics"]["key_value"]["f1"] == 1
    assert groups["KE1"]["form"]["valid"] == 2
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<b>sings" not in page and "sings&lt;" in page


def test_a_killed_run_goes_on_where_it_stopped(gold: Path, tmp_path: Path) -> None:
    out, words = tmp_path / "out", ("--data", gold, "--out", tmp_path / "out")
    process = subprocess.Popen(
        command(*words),
        cwd=ROOT,
        env=environment(tmp_path, STOP=BROKEN),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"stopped\n"  # two rows are done, one is under way
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
    assert list(predictions(out)) == ["ann", "bob"]
    with (out / "predictions.jsonl").open("ab") as file:
        file.write(b'{"id": "bro')  # as far as a killed process may come
    done = call(tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert asked(tmp_path) == [ANN, BOB, BROKEN, *TWICE, CLEO, DAN]
    assert list(predictions(out)) == ["ann", "bob", "broken", "cleo", "dan"]


def test_other_settings_are_another_answer(gold: Path, tmp_path: Path) -> None:
    words = ("--data", gold, "--type", "KE3", "--out", tmp_path / "out")
    for _ in range(2):
        assert call(tmp_path, *words).returncode == 0
    assert asked(tmp_path) == [DAN]
    assert call(tmp_path, *words, "--keys", "source").returncode == 0
    assert call(tmp_path, *words, KEX_MAX_TOKENS="99").returncode == 0
    assert asked(tmp_path) == [DAN] * 3


def test_failed_rows_are_asked_again_when_told_to(gold: Path, tmp_path: Path) -> None:
    words = ("--data", gold, "--type", "KE1", "--out", tmp_path / "out")
    for more in ((), (), ("--retry",)):
        assert call(tmp_path, *words, *more).returncode == 0
    assert asked(tmp_path) == [ANN, BOB, *TWICE, *TWICE]


def test_limit_and_seed(gold: Path, tmp_path: Path) -> None:
    for out in ("one", "two"):
        words = ("--data", gold, "--limit", 3, "--seed", 5, "--type", "KE1,KE2")
        assert call(tmp_path, *words, "--out", tmp_path / out).returncode == 0
    one, two = (list(predictions(tmp_path / out)) for out in ("one", "two"))
    assert one == two
    assert len(one) == 3 and {"broken", "cleo"} < set(one)


def test_two_runs_are_compared(gold: Path, tmp_path: Path) -> None:
    for out, types in (("a", "KE1,KE2,KE3"), ("b", "KE1,KE2")):
        done = call(tmp_path, "--data", gold, "--type", types, "--out", tmp_path / out)
        assert done.returncode == 0, done.stderr
    done = call(tmp_path, "compare", tmp_path / "a", tmp_path / "b")
    assert done.returncode == 0, done.stderr
    assert "F1 % on 4 common rows" in done.stdout
    assert "KE2" in done.stdout and "KE3" not in done.stdout
    assert "other gold for them: 1." in done.stderr
    again = call(tmp_path, "compare", tmp_path / "a", tmp_path / "b", "--seed", 0)
    assert again.stdout == done.stdout


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--data", "{gold}"], 2, "--out"),
        (["--data", "/nonexistent", "--out", "{out}"], 2, "does not exist"),
        (["--data", "{gold}", "--out", "{out}", "--type", "KE1,KE9"], 2, "'KE9' is not one of"),
        (["--data", "{bad}", "--out", "{out}"], 2, "bad.jsonl, line 2: lang: Input should be"),
        (["--data", "{gold}", "--data", "{gold}", "--out", "{out}"], 2, "id 'ann' is also at"),
        (["--data", "{only}", "--out", "{out}", "--type", "KE3"], 2, "no row of KE3"),
        (["--data", "{broken}", "--out", "{out}"], 1, "No row got an answer"),
        (["--data", "{gold}", "--out", "{out}", "--model", "Local-GLM"], 3, "No weights at"),
        (["compare", "{out}", "{out}"], 2, "to its end first"),
    ],
)
def test_errors(gold: Path, tmp_path: Path, words: list[str], code: int, told: str) -> None:
    paths = {
        "gold": gold,
        "out": tmp_path / "out",
        "bad": gold_file(tmp_path, line(id="x"), line(id="y", lang="fr"), name="bad.jsonl"),
        "only": gold_file(tmp_path, line(id="x", text=ANN), name="only.jsonl"),
        "broken": gold_file(tmp_path, line(id="x", text=BROKEN), name="broken.jsonl"),
    }
    weights = str(tmp_path / "glm")
    done = call(tmp_path, *(word.format(**paths) for word in words), KEX_GLM_PATH=weights)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_without_data_the_projects_own_gold_is_used(tmp_path: Path) -> None:
    words = ("--model", "ChatGpt", "--limit", 12, "--type", "KE1,KE3")
    done = call(tmp_path, *words, "--out", tmp_path / "out")
    assert done.returncode == 1  # this model says nothing at all
    asked_for = predictions(tmp_path / "out")
    assert len(asked_for) == 12
    assert asked_for.keys() <= {row.id for row in read_gold([OWN])}
    assert {(row["task"], row["source"]) for row in asked_for.values()} == {
        (task, source) for task in ("KE1", "KE3") for source in ("own-en", "own-zh")
    }

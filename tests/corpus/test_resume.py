"""A job that is killed, stopped or changed goes on where it was: real processes, real signals."""

from __future__ import annotations

import json
import random
import resource
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.corpus.conftest import Command, answers, jsonl, lives, manifest, outcomes, people
from tests.corpus.service import BROKEN, Service

PARALLEL = 4
KILLS = 4


def wait_for(service: Service, requests: int) -> None:
    until = time.monotonic() + 60
    while sum(service.asked.values()) < requests:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_killed_at_random_moments(corpus: Command, service: Service, tmp_path: Path) -> None:
    """300 documents, four SIGKILLs: the folder is that of a run that nobody killed."""
    draw = random.Random(5)
    rows = [{"id": f"d{n}", "text": lives(n)} for n in range(300)]
    source = jsonl(tmp_path / "in.jsonl", [*rows, "{broken", {"id": "d1", "text": "again"}])
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    words = ("--type", "KE1,KE2", "--parallel", PARALLEL, "--shard-size", 70)
    corpus.run(source, whole, *words, code=1)
    once, before = service.asked.copy(), sum(service.asked.values())
    service.asked.clear()
    service.pause = 0.02
    for kill in range(1, KILLS + 1):
        with corpus.start("run", source, "--out", torn, "--model", "ChatGpt", *words) as process:
            wait_for(service, kill * before // (KILLS + 1) + draw.randrange(60))
            time.sleep(draw.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        told = json.loads(corpus("status", torn, "--json")[0])
        assert told["state"] == "killed" and told["done"] < 300
    corpus.run(source, torn, *words, code=1)
    one, other = manifest(whole), manifest(torn)
    assert one.keys() == other.keys() and len(one) == 302
    assert {k: v["outcome"] for k, v in one.items()} == {k: v["outcome"] for k, v in other.items()}
    assert answers(torn) == answers(whole)
    # Paid twice is what was under way, and what was finished in the last tenth of a second.
    twice = sum((service.asked - once).values())
    assert twice <= KILLS * (PARALLEL + PARALLEL * (0.1 / service.pause + 1))


def test_a_shard_half_written_is_written_again(
    corpus: Command, service: Service, tmp_path: Path
) -> None:
    source, out = people(tmp_path / "in.jsonl", 9), tmp_path / "out"
    corpus.run(source, out, "--shard-size", 100)
    before = answers(out)
    [shard] = (out / "answers").iterdir()
    # As a process leaves it that dies between the file's name and the commit, or in the file.
    with closing(sqlite3.connect(out / "job.db")) as database, database:
        lines = shard.read_bytes().splitlines()
        places = dict(database.execute("SELECT id, number FROM documents"))
        for line in lines:
            place = places[json.loads(line)["id"]]
            database.execute("INSERT INTO pending VALUES (?, 'KE1', ?)", (place, line))
        database.execute("DELETE FROM shards")
    shard.write_bytes(shard.read_bytes()[:100])
    (out / "answers" / "part-00007.jsonl.tmp").write_bytes(b"{")
    (out / "answers" / "notes.txt").write_text("the user's own")
    corpus.run(source, out)
    assert {path.name for path in (out / "answers").iterdir()} == {shard.name, "notes.txt"}
    (out / "answers" / "notes.txt").unlink()
    assert answers(out) == before
    assert set(service.asked.values()) == {1}


def test_an_interrupted_run_leaves_whole_shards(
    corpus: Command, service: Service, tmp_path: Path
) -> None:
    source, out = people(tmp_path / "in.jsonl", 200), tmp_path / "out"
    service.pause = 0.02
    with corpus.start("run", source, "--out", out, "--model", "ChatGpt") as process:
        wait_for(service, 40)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Interrupted." in err
    told = json.loads(corpus("status", out, "--json")[0])
    assert told["state"] == "interrupted" and 20 < told["done"] < 200
    assert len(answers(out)) == told["done"]
    assert not (out / "manifest.jsonl").exists()
    corpus.run(source, out)
    assert set(outcomes(out).values()) == {"done"}
    assert len(answers(out)) == 200


def test_two_runs_in_one_folder_are_refused(
    corpus: Command, service: Service, tmp_path: Path
) -> None:
    source, out = people(tmp_path / "in.jsonl", 50), tmp_path / "out"
    service.pause = 1.0
    with corpus.start("run", source, "--out", out, "--model", "ChatGpt") as process:
        wait_for(service, 1)
        _, err = corpus("run", source, "--out", out, "--model", "ChatGpt", code=2)
        assert "Another run is using" in err
        told = json.loads(corpus("status", out, "--json")[0])
        assert (told["state"], told["pid"]) == ("running", process.pid)
        process.kill()
        process.communicate()
    assert json.loads(corpus("status", out, "--json")[0])["state"] == "killed"


def test_what_changed_is_redone_and_nothing_else(
    corpus: Command, service: Service, tmp_path: Path
) -> None:
    source, out = people(tmp_path / "in.jsonl", 10), tmp_path / "out"
    corpus.run(source, out, "--shard-size", 4)
    rows = [{"id": f"d{n}", "text": lives(n)} for n in range(10)]
    rows[3] = {"id": "d3", "text": lives(33, "Bea")}
    jsonl(source, [*rows[5:], *rows[1:5], {"id": "new", "text": lives(77)}])  # without d0
    service.asked.clear()
    _, err = corpus("run", source, "--out", out, "--model", "ChatGpt", "--shard-size", 4)
    assert service.asked == {"Bea 33": 1, "Ann 77": 1}
    assert 'the manifest has "input": false for them: 1.' in err
    told = manifest(out)
    assert len(told) == 11 and told["d0"]["input"] is False
    assert told["d5"]["place"] == "in.jsonl:1"
    triples = {id_: row["knowledge"]["triples"] for (id_, _), row in answers(out).items()}
    assert triples["d3"][0]["head"]["text"] == "Bea 33"
    assert len(triples) == 11


def test_other_settings_ask_again_other_tasks_only_add(
    corpus: Command, service: Service, tmp_path: Path
) -> None:
    source, out = people(tmp_path / "in.jsonl", 6), tmp_path / "out"
    corpus.run(source, out)
    corpus.run(source, out, "--type", "KE1,KE2")
    assert set(service.asked.values()) == {2}  # once for each task
    corpus.run(source, out, "--type", "KE1,KE2", KEX_OPENAI_TIMEOUT="50")
    assert set(service.asked.values()) == {2}
    corpus.run(source, out, "--type", "KE1,KE2", KEX_OPENAI_MODEL="other")
    assert set(service.asked.values()) == {4}
    assert len(answers(out)) == 12
    assert len(list((out / "answers").iterdir())) == 1  # those of the first model are gone
    _, err = corpus("run", source, "--out", out, "--format", "parquet", code=2)
    assert "use --format jsonl" in err


def test_retry_runs_failures_alone(corpus: Command, service: Service, tmp_path: Path) -> None:
    rows = [{"id": f"d{n}", "text": lives(n)} for n in range(5)]
    source = jsonl(tmp_path / "in.jsonl", [*rows, {"id": "m", "text": lives(8, BROKEN)}])
    out = tmp_path / "out"
    corpus.run(source, out, code=1)
    asked = service.asked.copy()
    corpus.run(source, out, code=1)  # a failure is an outcome: the same words change nothing
    assert service.asked == asked
    corpus("retry", out, code=1)
    assert {who for who in service.asked if service.asked[who] > asked[who]} == {f"{BROKEN} 8"}
    service.mended = True
    corpus("retry", out)
    assert set(outcomes(out).values()) == {"done"} and len(answers(out)) == 6


def test_a_part_that_failed_makes_a_document_partial(
    corpus: Command, service: Service, tmp_path: Path
) -> None:
    pieces = [lives(1), lives(2, BROKEN)]
    text = "\n\n".join(f"{piece} {'It rains here. ' * 700}" for piece in pieces)
    source, out = jsonl(tmp_path / "in.jsonl", [{"id": "p", "text": text}]), tmp_path / "out"
    printed = corpus.run(source, out, code=1, KEX_MAX_CHARS="100000")
    assert "partial   1" in printed
    unit = manifest(out)["p"]["types"]["KE1"]
    assert unit["outcome"] == "partial" and unit["shard"] == "part-00000.jsonl"
    [failed] = unit["failed"]
    assert text[failed["start"] : failed["end"]].startswith(f"{BROKEN} 2 lives")
    service.down = True  # a retry that fares worse takes nothing away
    corpus("retry", out, code=1, KEX_MAX_CHARS="100000")
    assert outcomes(out) == {"p": "partial"} and len(answers(out)) == 1
    service.down, service.mended = False, True
    corpus("retry", out, KEX_MAX_CHARS="100000")
    assert outcomes(out) == {"p": "done"}
    assert len(answers(out)["p", "KE1"]["knowledge"]["triples"]) == 2


def test_a_full_disk_is_told_and_costs_nothing(
    corpus: Command, service: Service, tmp_path: Path
) -> None:
    source, out = people(tmp_path / "in.jsonl", 60), tmp_path / "out"

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # bytes of any one file

    corpus.run(source, out, "--limit", 5)  # so that the database is there, and fits
    with corpus.start("run", source, "--out", out, "--model", "ChatGpt", before=small) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "run the same command to resume" in err
    corpus.run(source, out)
    assert set(outcomes(out).values()) == {"done"} and len(answers(out)) == 60

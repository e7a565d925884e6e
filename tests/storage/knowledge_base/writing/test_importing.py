"""What an import takes and refuses, and that it can be broken off anywhere."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from errors import InputError, StoreFailed, UnknownSource
from export.jsonl import one_line
from storage.conversations.store import Store
from storage.knowledge_base.base import Base
from storage.knowledge_base.records import Arrival, Counts
from tests import ROOT
from tests.storage.conversations.answers import LU_XUN, turn
from tests.storage.knowledge_base.arrivals import entities, facts, triples
from tests.storage.knowledge_base.dumping import check, dump

LUXUN = "鲁迅，原名周树人，1881年9月25日出生于浙江绍兴。"


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch, path: Path) -> str:
    monkeypatch.setenv("KEX_BASE", str(path))
    return str(path)


def call(*words: str) -> Result:
    return CliRunner().invoke(main, ["base", *words])


def lines(path: Path, arrivals: list[Arrival], *more: str) -> Path:
    said = [one_line(arrival.record.to_json()) for arrival in arrivals]
    path.write_text("\n".join([*said, *more]) + "\n", encoding="utf-8")
    return path


def test_the_same_twice_changes_nothing(any_base: Base) -> None:
    said = [triples("a", LUXUN, ("鲁迅", "原名", "周树人")), entities("a", LUXUN, {"人": ["鲁迅"]})]
    assert list(any_base.take_in(said)) == [Counts(added=1, answers=2)]
    first = dump(any_base)
    assert list(any_base.take_in(said)) == [Counts(unchanged=1)]
    assert list(any_base.take_in(said[::-1])) == [Counts(unchanged=1)]
    assert dump(any_base) == first


def test_no_triple_is_made_of_what_a_text_denies(address: str, base: Base, tmp_path: Path) -> None:
    arrived = triples("a", LUXUN, ("鲁迅", "原名", "周树人"), ("鲁迅", "出生地", "浙江绍兴"))
    row = arrived.record.to_json()
    row["knowledge"]["triples"][1]["assertion"] = "negated"
    path = tmp_path / "answers.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    done = call("import", str(path))
    assert done.exit_code == 0, done.output
    assert "1 denied or uncertain item left out" in done.output
    assert [one.relation for one in base.triples().rows] == ["原名"]


def test_a_changed_source_loses_what_was_said_of_it(base: Base) -> None:
    list(base.take_in([triples("a", LUXUN, ("鲁迅", "原名", "周树人")),
                       entities("a", LUXUN, {"人": ["鲁迅"]})]))  # fmt: skip
    again = triples("a", LUXUN, ("鲁迅", "出生地", "浙江绍兴"))
    assert list(base.take_in([again])) == [Counts(changed=1, answers=1)]
    assert [one.relation for one in base.source("a").statements] == ["出生地"]
    assert [one.label for one in base.source("a").mentions if one.label] == ["人"]
    other = triples("a", "茅盾写了子夜。", ("茅盾", "作品", "子夜"))
    assert list(base.take_in([other])) == [Counts(changed=1, answers=1)]
    assert {found.name for found in base.entities().rows} == {"茅盾", "子夜"}
    assert base.sources("鲁迅").rows == () and base.sources("子夜").rows[0].id == "a"
    check(base)


def test_answers_of_two_models_stand_beside_each_other(base: Base) -> None:
    said = ("鲁迅", "原名", "周树人")
    list(base.take_in([triples("a", LUXUN, said), triples("a", LUXUN, said, model="ChatGpt")]))
    [triple] = base.triples("原名").rows
    assert (triple.support, triple.statements) == (1, 2)


def test_two_entities_asked_about_one_text_stay(base: Base) -> None:
    text = "鲁迅和茅盾都是作家。"
    list(base.take_in([facts("a", text, "鲁迅", [("职业", "作家")])]))
    list(base.take_in([facts("a", text, "茅盾", [("职业", "作家")])]))
    assert [one.head.name for one in base.triples("职业").rows] == ["鲁迅", "茅盾"]


def test_removed_is_gone_with_all_that_it_alone_said(any_base: Base) -> None:
    list(any_base.take_in([triples("b", "鲁迅是作家。", ("鲁迅", "是", "作家"))]))
    first = dump(any_base)
    list(any_base.take_in([triples("a", LUXUN, ("鲁迅", "原名", "周树人"))]))
    any_base.remove("a")
    assert dump(any_base) == first
    with pytest.raises(UnknownSource, match="no source 'a'"):
        any_base.remove("a")


def test_rejected_lines_are_told_and_the_rest_is_taken(address: str, tmp_path: Path) -> None:
    file = lines(
        tmp_path / "answers.jsonl",
        [triples("a", LUXUN, ("鲁迅", "原名", "周树人"))],
        "no JSON",
        '{"id": "b", "text": "x", "prompt_type": "KE9"}',
        one_line({**triples("nul", "x\0y", ("x", "r", "y")).record.to_json()}),
        one_line({**triples("n" * 700, "x y", ("x", "r", "y")).record.to_json()}),
        one_line(triples("c", "甲认识乙。", ("甲", "认识", "乙")).record.to_json()),
    )
    done = call("import", str(file))
    assert done.exit_code == 1
    told = [line for line in done.stderr.splitlines() if line.startswith("rejected: ")]
    assert [f"{file}, line {number}: " in line for number, line in enumerate(told, start=2)] == [
        True
    ] * 4
    for line, why in zip(told, ("not JSON", "prompt_type", "NUL", "600 characters"), strict=True):
        assert why in line
    assert "2 new" in done.stdout and "4 lines rejected" in done.stdout
    status = json.loads(call("status", "--json").stdout)
    assert (status["sources"], status["statements"]) == (2, 2)


def test_gold_files_and_prefixes(address: str, tmp_path: Path) -> None:
    row = {"id": "g", "lang": "zh", "source": "s", "text": LUXUN}
    said = [
        row | {"task": "KE1", "gold": [["鲁迅", "出生地", "浙江绍兴"]]},
        row | {"task": "KE3", "entity": "鲁迅", "gold": {"本名": "周树人"}},
    ]
    file = tmp_path / "gold.jsonl.gz"
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.write("".join(json.dumps(one) + "\n" for one in said))
    assert call("import", "--as", "own", str(file)).exit_code == 0
    base = Base(address)
    source = base.source("own/g")
    assert [(one.relation, one.evidence.text) for one in source.statements] == [
        ("出生地", LUXUN), ("本名", LUXUN),
    ]  # fmt: skip
    assert {name.text for name in base.entity(source.statements[0].head.id).names} == {
        "鲁迅", "周树人",
    }  # fmt: skip
    base.close()


def test_conversations_count_as_corrected(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEX_STORE", str(tmp_path / "kex.db"))
    store = Store(tmp_path / "kex.db")
    name = store.begin("Lu Xun").id
    store.append(name, turn(LU_XUN))
    before = store.load(name).turns[0].said.answer
    assert before is not None
    [first, *_] = before["knowledge"]["triples"]
    after = {**first, "relation": "生地"}
    store.correct(name, 1, "edit", first, after)
    assert call("import", "--conversations").exit_code == 0
    base = Base(address)
    source = base.source(f"{name}-1")
    assert source.origin == "conversation: Lu Xun"
    assert ("生地", "edit") in [(one.relation, one.correction) for one in source.statements]
    assert first["relation"] not in [one.relation for one in source.statements]
    assert [one["kind"] for one in source.corrections] == ["edit"]
    assert base.status().corrections == 1
    store.correct(name, 1, "delete", after)
    store.close()
    assert "1 changed" in call("import", "--conversations").stdout
    assert "生地" not in [one.relation for one in base.source(f"{name}-1").statements]
    base.close()


def test_wrong_words_are_told(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Give RUNS" in call("import").stderr
    done = call("import", str(tmp_path))
    assert done.exit_code == 2 and "contains no job" in done.stderr
    done = call("remove", "x")
    assert done.exit_code == 2 and "no source 'x'" in done.stderr
    monkeypatch.setenv("KEX_BASE", "off")
    done = call("status")
    assert done.exit_code == 1 and "KEX_BASE is off" in done.stderr


def test_decisions_by_command(address: str, tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", [triples("a", LUXUN, ("鲁迅", "原名", "周树人"))])
    assert call("import", str(file)).exit_code == 0
    assert call("split", "周树人").stdout == "1: split 周树人\n"
    assert call("merge", "周树人", "鲁迅").stdout == "2: merge 周树人 with 鲁迅\n"
    assert call("decisions").stdout.count("\n") == 2
    assert call("undo", "2").exit_code == 0
    assert call("split", "鲁迅", "--source", "a").stdout == "3: split 鲁迅 in a\n"


def test_another_programs_file_is_refused(tmp_path: Path) -> None:
    Store(tmp_path / "kex.db").close()
    with pytest.raises(StoreFailed, match="another file with KEX_BASE"):
        Base(str(tmp_path / "kex.db"))
    with pytest.raises(InputError, match="postgresql://"):
        Base("mysql://kex@localhost/kex")


def many() -> Iterator[Arrival]:
    draw = random.Random(11)
    pool = [f"名{at}" for at in range(60)]
    for number in range(400):
        head, tail = draw.sample(pool, 2)
        relation = draw.choice(["别名", "认识", "位于", "位于", "位于"])
        yield triples(f"s{number}", f"{head}{relation}{tail}。", (head, relation, tail))


IMPORT = """
import sys
import storage.knowledge_base.writing.importing as importing
importing.BATCH = 7
import storage.knowledge_base.base as module
module.Base.take_in.__defaults__ = (7,)
from cli.main import main
main(["base", "import", sys.argv[1]])
"""


def test_killed_in_mid_import_and_gone_on_with(tmp_path: Path) -> None:
    file = lines(tmp_path / "many.jsonl", list(many()))
    whole = Base(str(tmp_path / "whole.db"))
    list(whole.take_in(many()))
    path = tmp_path / "killed.db"
    draw = random.Random(5)
    kills = 0
    for _ in range(40):
        process = subprocess.Popen(
            [sys.executable, "-c", IMPORT, str(file)],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "KEX_BASE": str(path), "KEX_STORE": "off"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        deadline = time.monotonic() + 60
        wal = path.with_name(path.name + "-wal")
        while process.poll() is None and time.monotonic() < deadline:
            if wal.exists() and wal.stat().st_size:  # it writes
                time.sleep(draw.uniform(0, 0.25))
                break
            time.sleep(0.005)
        process.kill()
        process.communicate()
        if process.returncode == 0:
            break
        kills += 1
        base = Base(str(path))
        check(base)  # what is there is whole
        base.close()
    assert kills >= 2
    base = Base(str(path))
    list(base.take_in(many()))
    assert base.status().sources == 400
    assert dump(base) == dump(whole)
    check(base)
    base.close()
    whole.close()

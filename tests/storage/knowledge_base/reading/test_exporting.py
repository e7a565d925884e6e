"""What a base gives out: all answers again, and one node for each of its entities."""

from __future__ import annotations

import csv
from io import BytesIO
from pathlib import Path

import networkx as nx
import pytest
import rdflib
from click.testing import CliRunner, Result

from cli.main import main
from export.formats import write
from export.jsonl import one_line
from storage.knowledge_base.base import Base
from storage.knowledge_base.reading.exporting import PORTION
from tests.storage.knowledge_base.arrivals import entities, facts, triples
from tests.storage.knowledge_base.dumping import dump

TWO = "鲁迅出生于绍兴。他写了《呐喊》。"
ARRIVALS = [
    triples("a", "鲁迅出生于绍兴。", ("鲁迅", "出生地", "绍兴")),
    entities("b", TWO, {"人物": ["鲁迅"], "地点": ["绍兴"]}),
    triples("b", TWO, ("鲁迅", "作品", "呐喊")),
    facts("c", "周树人，笔名鲁迅，生于绍兴。", "周树人", [("出生地", "绍兴")], ["鲁迅"]),
    triples("d", "Lu Xun knew Ba Jin.", ("Lu Xun", "knew", "Ba Jin")),
]


def test_all_answers_come_out_and_go_in_again(any_base: Base, tmp_path: Path) -> None:
    list(any_base.take_in(ARRIVALS))
    records = list(any_base.records())
    assert len(records) == len(ARRIVALS)
    lines = tmp_path / "all.jsonl"
    lines.write_text("".join(write("jsonl", records)), encoding="utf-8")
    other = Base(str(tmp_path / "other.db"))
    from cli.knowledge_base.inputs import read_input

    list(other.take_in(read.arrival for read in read_input(lines) if read.arrival))
    assert _plain(dump(other)) == _plain(dump(any_base))
    other.close()


def _plain(dumped: object) -> str:
    return str(dumped).replace("'tests'", "ORIGIN")


def test_an_entity_is_one_node_whatever_it_is_called(base: Base) -> None:
    list(base.take_in(ARRIVALS))
    graph = nx.read_graphml(
        BytesIO("".join(write("graphml", base.records())).encode()), force_multigraph=True
    )
    names = [one["name"] for _, one in graph.nodes(data=True) if one["kind"] == "entity"]
    assert sorted(names) == ["Ba Jin", "Lu Xun", "呐喊", "绍兴", "鲁迅"]
    turtle = rdflib.Graph().parse(data="".join(write("turtle", base.records())), format="turtle")
    born = list(
        turtle.triples((None, rdflib.URIRef("urn:kex:relation/%E5%87%BA%E7%94%9F%E5%9C%B0"), None))
    )
    assert len(born) == 1  # two sources state it, of one person
    assert len(set(turtle.subjects(rdflib.RDF.type, rdflib.RDF.Statement))) == 6


def test_two_of_one_name_stay_two(base: Base) -> None:
    list(base.take_in([
        triples("x", "Ann is from Ulm.", ("Ann", "from", "Ulm")),
        triples("y", "Ann is from Bonn.", ("Ann", "from", "Bonn")),
    ]))  # fmt: skip
    base.split("Ann", ("y",), spelling=False)
    text = "".join(write("graphml", base.records()))
    graph = nx.read_graphml(BytesIO(text.encode()), force_multigraph=True)
    anns = {one["name"] for _, one in graph.nodes(data=True) if one["name"].startswith("Ann")}
    assert len(anns) == 2
    assert "Ann" in anns


def test_more_sources_than_are_read_at_a_time(base: Base) -> None:
    count = 2 * PORTION + 3
    many = (triples(f"n{n}", f"N{n} is A.", (f"N{n}", "is", "A")) for n in range(count))
    list(base.take_in(many))
    assert [record.id for record in base.records()] == [f"n{n}" for n in range(count)]


def call(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_on_the_command_line(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEX_BASE", str(path))
    lines = tmp_path / "in.jsonl"
    lines.write_text(
        "\n".join(one_line(one.record.to_json()) for one in ARRIVALS), encoding="utf-8"
    )
    assert call("base", "import", str(lines)).exit_code == 0
    out = tmp_path / "neo4j"
    done = call("base", "export", "--format", "neo4j", "--out", str(out))
    assert done.exit_code == 0, done.output
    assert "neo4j-admin" in done.stderr
    with (out / "nodes.csv").open(encoding="utf-8", newline="") as file:
        assert "鲁迅" in {row["name"] for row in csv.DictReader(file)}
    same = call("export", str(lines), "--format", "csv").stdout
    assert call("base", "export", "--format", "csv").stdout.count("\n") == same.count("\n")
    for words, field in (
        (["--format", "neo4j"], "out"),
        (["--format", "csv", "--out", str(out)], "out"),
        (["--format", "neo4j", "--out", str(lines)], "out"),
        (["--format", "neo4j", "--out", str(out), "--base-iri", "urn:x:"], "base_iri"),
    ):
        failed = call("base", "export", *words)
        assert failed.exit_code == 2, words
        assert field in failed.stderr
    monkeypatch.setenv("KEX_BASE", "off")
    assert "KEX_BASE" in call("base", "export", "--format", "csv").stderr

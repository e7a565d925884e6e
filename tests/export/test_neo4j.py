"""Neo4j's bulk files, read back by its rules: quotes doubled, lists parted, types in the header."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from export.formats import write
from export.neo4j import EDGES, LIST, NODES, write_neo4j
from knowledge.record import Record
from tests.export.answers import nasty, reals, strings
from tests.export.test_graphml import read as read_graphml

TYPES = {"string": str, "int": int, "double": float}


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, strict=True):
            yield {
                name.split(":")[0] or name: value
                for name, value in map(_typed, row.items())
                if value != ""
            }


def _typed(cell: tuple[str, str]) -> tuple[str, Any]:
    name, text = cell
    _, _, kind = name.partition(":")
    if kind.endswith("[]"):
        return name, [TYPES[kind[:-2]](part) for part in text.split(LIST)] if text else ""
    if kind == "LABEL":
        return name, text.split(LIST)
    return name, TYPES.get(kind, str)(text) if text else ""


def read(records: list[Record], folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Nodes by id, and edges; as many as were told."""
    told = write_neo4j(records, folder)
    nodes = {row["id"]: row for row in rows(folder / NODES)}
    edges = list(rows(folder / EDGES))
    assert told == (len(nodes), len(edges))
    return nodes, edges


def test_the_same_triples_as_graphml_has(tmp_path: Path) -> None:
    records = [*reals(), *reals()]
    nodes, edges = read(records, tmp_path)
    assert {node["name"] for node in nodes.values() if node["kind"] == "entity"} == set(
        read_graphml(records)[0]
    )
    told = {
        (nodes[edge[":START_ID"]]["name"], edge["relation"], nodes[edge[":END_ID"]]["name"])
        for edge in edges
    }
    assert told == {
        (edge["from"], edge["relation"], edge["to"]) for edge in read_graphml(records)[1]
    }
    curie = next(node for node in nodes.values() if node["name"] == "Marie Curie")
    assert curie[":LABEL"] == ["KexEntity", "person"]
    assert curie["aliases"] == ["Maria"]


def test_nasty_strings_come_back(tmp_path: Path) -> None:
    for string in strings():
        kept = string.replace("\x00", "\ufffd").replace("\x1f", "\ufffd")
        nodes, (edge,) = read([nasty("KE1", string)], tmp_path)
        assert (edge["relation"], edge["head"], edge["tail"]) == (kept, kept, kept + "!")
        assert edge[":TYPE"] == kept
        assert edge["evidence_ends"] == [2 * len(string) + 5, len(string)]
        assert "tail_start" not in edge
        assert edge[":START_ID"] in nodes
        nodes, (edge,) = read([nasty("KE2", string)], tmp_path)
        assert nodes[edge[":START_ID"]][":LABEL"] == ["KexEntity", kept]
        assert edge["starts"] == [0, len(string) + 5]


def test_nothing_is_two_empty_tables(tmp_path: Path) -> None:
    assert read([], tmp_path / "new" / "folder") == ({}, [])


def test_what_a_base_takes_for_one_is_one_node(tmp_path: Path) -> None:
    lu, *_ = reals()
    known = [replace(lu, known_as={"鲁迅": "周树人"})]
    nodes, _ = read(known, tmp_path)
    names = {node["name"]: node for node in nodes.values()}
    assert "鲁迅" not in names
    assert "鲁迅" in names["周树人"]["aliases"]
    for name in ("turtle", "jsonld", "graphml", "cypher"):
        assert "".join(write(name, known)) != "".join(write(name, [lu]))

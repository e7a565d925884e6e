from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import networkx as nx

from export.formats import write
from knowledge.record import Record
from tests.export.answers import nasty, real, reals, strings

NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def read(records: list[Record]) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """The entities by name, and the edges with the names of their ends."""
    data = "".join(write("graphml", records)).encode()
    graph = nx.read_graphml(BytesIO(data), force_multigraph=True)
    assert graph.is_directed()
    nodes = {
        fields["name"]: fields for _, fields in graph.nodes(data=True) if fields["kind"] == "entity"
    }
    edges = [
        {"from": graph.nodes[one]["name"], "to": graph.nodes[other]["name"], **fields}
        for one, other, fields in graph.edges(data=True)
    ]
    return nodes, edges


def test_nasty_strings_come_back() -> None:
    for string in strings():
        kept = NO_XML.sub("\ufffd", string)
        nodes, (edge,) = read([nasty("KE1", string)])
        assert set(nodes) == {kept, kept + "!"} or len(nodes) == 1  # "+" and "+!" fold into one
        assert (edge["relation"], edge["head"], edge["tail"]) == (kept, kept, kept + "!")
        assert edge["evidence"] == f"{kept} and {kept}"
        assert json.loads(edge["evidence_ends"]) == [2 * len(string) + 5, len(string)]
        assert (edge["head_start"], edge["tail_status"]) == (0, "inferred")
        assert "tail_start" not in edge
        nodes, (edge,) = read([nasty("KE2", string)])
        assert [NO_XML.sub("\ufffd", c) for c in json.loads(nodes[kept]["classes"])] == [kept]
        assert json.loads(edge["starts"]) == [0, len(string) + 5]
        nodes, (edge,) = read([nasty("KE3", string)])
        assert (edge["kind"], edge["relation"], edge["confidence"]) == ("fact", kept, 0.25)


def test_gephi_finds_names_under_the_key_label() -> None:
    data = "".join(write("graphml", reals()))
    for end in ("node", "edge"):
        assert f'<key id="{end}_label" for="{end}" attr.name="label" attr.type="string"/>' in data
    nodes, edges = read(reals())
    assert all(fields["label"] == name for name, fields in nodes.items())
    assert all(edge["label"] == edge["relation"] for edge in edges)


def test_spellings_and_answers_come_together_in_one_node() -> None:
    nodes, edges = read([*reals(), *reals()])
    assert set(nodes) == {
        "鲁迅", "周树人", "1881年9月25日", "中国", "Marie Curie", "Warsaw", "7 November 1867"
    }  # fmt: skip
    curie = nodes["Marie Curie"]
    assert (json.loads(curie["classes"]), json.loads(curie["aliases"])) == (["person"], ["Maria"])
    assert len(edges) == 3 + 2 + 2
    assert ("鲁迅", "国籍", "中国", "inferred") in {
        (edge["from"], edge["relation"], edge["to"], edge.get("tail_status")) for edge in edges
    }


def test_many_answers_take_no_more_memory_than_few() -> None:
    def peak(count: int) -> int:
        def coming() -> Iterator[Record]:
            record = real("KE1")
            for number in range(count):
                yield nasty("KE1", f"{number} {record.text}")

        tracemalloc.start()
        for _ in write("graphml", coming()):
            pass
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    assert peak(1000) < peak(100) + 200_000

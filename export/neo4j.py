"""Two CSV files for Neo4j's bulk import, which is many times faster than Cypher for a whole graph.

`neo4j-admin database import` reads them; what it has to be told stands in `COMMAND`. Lists have the
unit separator between their parts, since any other character may stand in a text.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from export.gathered import Gathered, gathered, node_id
from export.graph import Edge, Property
from knowledge.record import Record

NODES, EDGES = "nodes.csv", "relationships.csv"
LIST = "\x1f"
COMMAND = (
    "neo4j-admin database import full kex --nodes=nodes.csv --relationships=relationships.csv "
    "--array-delimiter=U+001F --multiline-fields=true"
)
_NODE = ("id:ID", "kind", "name", "key", "names:string[]", "aliases:string[]", ":LABEL")
_EDGE = {
    "key": "key", "kind": "kind", "relation": "relation", "source": "source", "task": "task",
    "model": "model", "confidence": "confidence:double",
    "correction": "correction",
    "head": "head", "head_status": "head_status",
    "head_start": "head_start:int", "head_end": "head_end:int",
    "tail": "tail", "tail_status": "tail_status",
    "tail_start": "tail_start:int", "tail_end": "tail_end:int",
    "evidence": "evidence", "evidence_starts": "evidence_starts:int[]",
    "evidence_ends": "evidence_ends:int[]", "starts": "starts:int[]", "ends": "ends:int[]",
    "assertion": "assertion", "cue": "cue", "cue_start": "cue_start:int", "cue_end": "cue_end:int",
}  # fmt: skip
# A cell cannot say where a list's part ends but by the separator; NUL is no character of a CSV.
_TAKEN = re.compile(r"[\x00\x1f]")


def write_neo4j(records: Iterable[Record], folder: Path) -> tuple[int, int]:
    """Both files in a folder that is made where there is none; how many nodes and edges.

    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with gathered(records, lambda edge: json.dumps(_edge(edge))) as graph:
        nodes = _write(folder / NODES, _NODE, map(_node, graph.nodes()))
        header = (":START_ID", *_EDGE.values(), ":END_ID", ":TYPE")
        edges = _write(folder / EDGES, header, map(json.loads, graph.edges()))
    return nodes, edges


def _write(path: Path, header: Iterable[str], rows: Iterator[list[str]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(_line(header))
        for row in rows:
            file.write(_line(row))
            count += 1
    return count


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _node(node: Gathered) -> list[str]:
    labels = [
        "KexDocument" if node.kind == "document" else "KexEntity",
        *node.properties["classes"],
    ]
    names, aliases = (_cell(tuple(node.properties[key])) for key in ("names", "aliases"))
    return [node.id, node.kind, _cell(node.name), _cell(node.key), names, aliases,
            _cell(tuple(labels))]  # fmt: skip


def _edge(edge: Edge) -> list[str]:
    fields: dict[str, Property] = {
        "key": edge.key,
        "kind": edge.kind,
        "relation": edge.relation,
        **edge.properties,
    }
    properties = [_cell(fields.get(name, "")) for name in _EDGE]
    kind = "MENTIONED_IN" if edge.kind == "mention" else _cell(edge.relation)
    return [node_id(edge.head), *properties, node_id(edge.tail), kind]


def _cell(value: Property) -> str:
    """Nothing is an empty cell: such a property is not set."""
    if isinstance(value, tuple):
        return LIST.join(_cell(part) for part in value)
    return _TAKEN.sub("\ufffd", str(value))

"""GraphML for Gephi, yEd, networkx: nodes first, each once, with all that the answers say of it.

That is known only at the end, so nodes and edges wait in a temporary database on disk: memory stays
flat, and the text begins when the last answer has come in. Control characters that XML 1.0 cannot
hold, not even escaped, become U+FFFD, one for one.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from xml.sax.saxutils import escape, quoteattr

from export.graph import Edge, Node, Property, parts
from export.record import Record

_NODE_KEYS = {"kind": "string", "name": "string", "key": "string", "names": "string",
              "classes": "string", "aliases": "string"}  # fmt: skip
_EDGE_KEYS = {
    "kind": "string", "relation": "string", "source": "string", "task": "string",
    "model": "string", "confidence": "double",
    "head": "string", "head_status": "string", "head_start": "int", "head_end": "int",
    "tail": "string", "tail_status": "string", "tail_start": "int", "tail_end": "int",
    "evidence": "string", "evidence_starts": "string", "evidence_ends": "string",
    "starts": "string", "ends": "string",
}  # fmt: skip
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A reader of XML turns a bare carriage return into a line feed.
_KEPT = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns'
    ' http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">\n'
)


def write_graphml(records: Iterable[Record]) -> Iterator[str]:
    """The whole document. What is a list is JSON in a string: GraphML knows no lists."""
    # "" is a database in a file of its own that goes with the connection.
    with closing(sqlite3.connect("", check_same_thread=False)) as store:
        store.execute("CREATE TABLE node (id PRIMARY KEY, kind, key, name, told)")
        store.execute("CREATE TABLE edge (id PRIMARY KEY, xml)")
        for record in records:
            for part in parts(record):
                _keep(store, part)
        yield _HEAD + "".join(_declarations()) + '<graph id="kex" edgedefault="directed">\n'
        for row in store.execute("SELECT id, kind, key, name, told FROM node ORDER BY rowid"):
            yield _node(*row)
        for (xml,) in store.execute("SELECT xml FROM edge ORDER BY rowid"):
            yield xml
        yield "</graph>\n</graphml>\n"


def _declarations() -> Iterator[str]:
    for end, keys in (("node", _NODE_KEYS), ("edge", _EDGE_KEYS)):
        for name, kind in keys.items():
            id = f"{end}_{name}"
            yield f'<key id="{id}" for="{end}" attr.name="{name}" attr.type="{kind}"/>\n'


def _keep(store: sqlite3.Connection, part: Node | Edge) -> None:
    if isinstance(part, Node):
        _keep_node(store, part)
        return
    _keep_node(store, part.head)
    _keep_node(store, part.tail)
    store.execute("INSERT OR IGNORE INTO edge VALUES (?, ?)", (part.key, _edge(part)))


def _keep_node(store: sqlite3.Connection, node: Node) -> None:
    """The first spelling names the node; further ones, classes and aliases are added to it."""
    id = _node_id(node)
    row = store.execute("SELECT told FROM node WHERE id = ?", (id,)).fetchone()
    known: dict[str, list[str]] = json.loads(row[0]) if row else {}
    new = {"names": (node.name,), "classes": node.classes, "aliases": node.aliases}
    told = {
        name: list(dict.fromkeys([*known.get(name, []), *values])) for name, values in new.items()
    }
    if told == known:
        return
    store.execute(
        "INSERT INTO node VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET told = ?",
        (id, node.kind, _xml(node.key), _xml(node.name), json.dumps(told), json.dumps(told)),
    )


def _node_id(node: Node) -> str:
    """One that no text can break: a digest, with a letter in front as XML wants it."""
    return node.kind[0] + hashlib.sha256(node.key.encode()).hexdigest()[:24]


def _node(id: str, kind: str, key: str, name: str, told: str) -> str:
    fields: dict[str, Property] = {"kind": kind, "name": name, "key": key}
    fields |= {field: tuple(values) for field, values in json.loads(told).items() if values}
    return f"<node id={quoteattr(id)}>{_data('node', fields)}</node>\n"


def _edge(edge: Edge) -> str:
    fields = {"kind": edge.kind, "relation": edge.relation, **edge.properties}
    ends = f'source="{_node_id(edge.head)}" target="{_node_id(edge.tail)}"'
    return f'<edge id="s{edge.key}" {ends}>{_data("edge", fields)}</edge>\n'


def _data(end: str, fields: Mapping[str, Property]) -> str:
    written = []
    for name, value in fields.items():
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, tuple) else str(value)
        written.append(f'<data key="{end}_{name}">{escape(_xml(text), _KEPT)}</data>')
    return "".join(written)


def _xml(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)

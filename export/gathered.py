"""All nodes and edges of many answers, each once, for formats that write nodes first.

What the answers say of a node is known only at the end, so nodes and edges wait in a temporary
database on disk: memory stays flat.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

from export.graph import Edge, Node, parts
from knowledge.record import Record


@dataclass(frozen=True)
class Gathered:
    """A node with all that is said of it: `properties` has `names`, `classes` and `aliases`."""

    id: str
    kind: str
    key: str
    name: str
    properties: Mapping[str, list[str]]


class Graph:
    """Nodes and edges in the order in which they came."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    def nodes(self) -> Iterator[Gathered]:
        rows = self._store.execute("SELECT id, kind, key, name, told FROM node ORDER BY rowid")
        for id, kind, key, name, properties in rows:
            yield Gathered(id, kind, key, name, json.loads(properties))

    def edges(self) -> Iterator[str]:
        """As they were written."""
        for (text,) in self._store.execute("SELECT text FROM edge ORDER BY rowid"):
            yield text


@contextmanager
def gathered(records: Iterable[Record], write: Callable[[Edge], str]) -> Iterator[Graph]:
    """The graph of all records; `write` makes of an edge what is kept of it."""
    # "" is a database in a file of its own that goes with the connection.
    with closing(sqlite3.connect("", check_same_thread=False)) as store:
        store.execute("CREATE TABLE node (id PRIMARY KEY, kind, key, name, told)")
        store.execute("CREATE TABLE edge (id PRIMARY KEY, text)")
        for record in records:
            for part in parts(record):
                if isinstance(part, Node):
                    _keep(store, part)
                    continue
                _keep(store, part.head)
                _keep(store, part.tail)
                row = part.key, write(part)
                store.execute("INSERT OR IGNORE INTO edge VALUES (?, ?)", row)
        yield Graph(store)


def node_id(node: Node) -> str:
    """One that no text can break: a digest, with a letter in front as XML wants it."""
    return node.kind[0] + hashlib.sha256(node.key.encode()).hexdigest()[:24]


def _keep(store: sqlite3.Connection, node: Node) -> None:
    """The first spelling names the node; further ones, classes and aliases are added to it."""
    id = node_id(node)
    row = store.execute("SELECT told FROM node WHERE id = ?", (id,)).fetchone()
    known: dict[str, list[str]] = json.loads(row[0]) if row else {}
    new = {"names": (node.name,), "classes": node.classes, "aliases": node.aliases}
    properties = {
        name: list(dict.fromkeys([*known.get(name, []), *values])) for name, values in new.items()
    }
    if properties == known:
        return
    store.execute(
        "INSERT INTO node VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET told = ?",
        (id, node.kind, node.key, node.name, json.dumps(properties), json.dumps(properties)),
    )

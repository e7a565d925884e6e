"""The triples or facts of one answer as a small graph that can be drawn.

What joins the same two names in the same direction is one edge with several names. Of a large graph
only the most connected part is kept: the nodes with the fewest edges are taken away, one by one.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from export.graph import Edge as Said
from export.graph import parts
from knowledge.items import HELD_BACK
from knowledge.record import Record

MAX_EDGES = 150  # more are a ball of wool


@dataclass(frozen=True)
class Node:
    """`head`: it is the head of some edge. `inferred`: its name does not stand in the text."""

    key: str
    name: str
    head: bool
    inferred: bool


@dataclass(frozen=True)
class Edge:
    """From the node with the key `head` to that with the key `tail`."""

    head: str
    tail: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Net:
    """Nodes and edges in order of appearance; `all_edges` counts also those that are left out."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    all_edges: int


def net_of(record: Record, most: int = MAX_EDGES) -> Net:
    """The graph with at most so many edges; KE2 has none, its entities being in no relation.

    What the text denies or doubts is no edge.
    """
    said = [
        part
        for part in parts(record)
        if isinstance(part, Said)
        and part.kind != "mention"
        and part.properties["assertion"] not in HELD_BACK
    ]
    joined: dict[tuple[str, str], dict[str, None]] = {}
    names: dict[str, str] = {}
    heads: set[str] = set()
    found: set[str] = set()
    for edge in said:
        joined.setdefault((edge.head.key, edge.tail.key), {})[edge.relation] = None
        heads.add(edge.head.key)
        for end, node in (("head", edge.head), ("tail", edge.tail)):
            names.setdefault(node.key, node.name)
            if edge.properties[f"{end}_status"] != "inferred":
                found.add(node.key)
    edges = [Edge(head, tail, tuple(labels)) for (head, tail), labels in joined.items()]
    core = _core(edges, most)
    used = {key for edge in core for key in (edge.head, edge.tail)}
    nodes = [Node(key, name, key in heads, key not in found) for key, name in names.items()]
    return Net(tuple(node for node in nodes if node.key in used), tuple(core), len(edges))


def _core(edges: list[Edge], most: int) -> list[Edge]:
    """At most so many edges, those among the nodes that hold together best.

    Of nodes with equally many edges the one that the text names last goes first.
    """
    at: dict[str, set[int]] = {}
    for number, edge in enumerate(edges):
        at.setdefault(edge.head, set()).add(number)
        at.setdefault(edge.tail, set()).add(number)
    rank = {key: -order for order, key in enumerate(at)}
    queue = [(len(numbers), rank[key], key) for key, numbers in at.items()]
    heapq.heapify(queue)
    left = set(range(len(edges)))
    while len(left) > most:
        degree, _, key = heapq.heappop(queue)
        if degree != len(at[key]):
            continue  # an older entry of this node
        for number in at[key]:
            left.discard(number)
            for end in {edges[number].head, edges[number].tail} - {key}:
                at[end].discard(number)
                heapq.heappush(queue, (len(at[end]), rank[end], end))
        at[key] = set()
    return [edges[number] for number in sorted(left)]

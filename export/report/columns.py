"""The nodes of a graph in columns: the root at the left, the others by their distance from it.

The root is the node with the most edges. In these columns every edge joins neighbours, or nodes of
one column, whatever circles the graph has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from export.report.net import Edge, Net

Near = dict[str, dict[str, None]]  # the neighbours of each node, in order of appearance


def connected_parts(net: Net) -> list[list[str]]:
    """The keys of the nodes of each connected part, in order of appearance."""
    near = _neighbours([node.key for node in net.nodes], net.edges)
    seen: set[str] = set()
    parts = []
    for key in near:
        if key not in seen:
            reached = _distances(key, near)
            seen |= reached.keys()
            parts.append([one for one in near if one in reached])
    return parts


def columns_of(part: list[str], edges: Sequence[Edge]) -> list[list[str]]:
    """The columns of a connected part and its edges, each in an order that crosses little."""
    near = _neighbours(part, edges)
    degrees = dict.fromkeys(part, 0)
    for edge in edges:
        degrees[edge.head] += 1
        degrees[edge.tail] += 1
    most = max(degrees.values())
    # Of several the one in the middle, so that there are few columns.
    roots = [key for key in part if degrees[key] == most]
    far = min((_distances(root, near) for root in roots), key=lambda far: max(far.values()))
    columns: list[list[str]] = [[] for _ in range(max(far.values()) + 1)]
    for key, distance in far.items():
        columns[distance].append(key)
    for left, column in pairwise(columns):
        rank = {key: at for at, key in enumerate(left)}
        centre = {key: mean([rank[one] for one in near[key] if one in rank]) for key in column}
        column.sort(key=centre.__getitem__)
    return columns


def mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


def _neighbours(keys: Iterable[str], edges: Iterable[Edge]) -> Near:
    near: Near = {key: {} for key in keys}
    for edge in edges:
        near[edge.head][edge.tail] = None
        near[edge.tail][edge.head] = None
    return near


def _distances(start: str, near: Near) -> dict[str, int]:
    far = {start: 0}
    wave = [start]
    for key in wave:
        for other in near[key]:
            if other not in far:
                far[other] = far[key] + 1
                wave.append(other)
    return far

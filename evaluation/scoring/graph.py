"""Which gold triples an answer connects at all: the predicted triples as an undirected graph.

A relation told by way of a third entity, or under another name, still joins its two ends.
"""

from __future__ import annotations

from collections.abc import Collection

from evaluation.gold.units import Unit
from evaluation.matching import same
from knowledge.disjoint_sets import DisjointSets


def connected(gold: Collection[Unit], predicted: Collection[Unit]) -> tuple[int, int]:
    """How many gold triples have both ends in one component, and how many there are.

    An end is any node that it equals relaxed; the two ends must not be one and the same node.
    """
    component = _components(predicted)

    def joined(head: str, tail: str) -> bool:
        starts = [node for node in component if same(head, node)]
        ends = [node for node in component if same(tail, node)]
        return any(
            component[start] == component[end] and (start != end or head == tail)
            for start in starts
            for end in ends
        )

    return sum(joined(unit[0], unit[-1]) for unit in gold), len(gold)


def _components(triples: Collection[Unit]) -> dict[str, str]:
    """Node → the node that its component is known by."""
    sets = DisjointSets[str]()
    for head, _, tail in triples:
        sets.join(head, tail)
    return {node: sets.find(node) for triple in triples for node in (triple[0], triple[2])}

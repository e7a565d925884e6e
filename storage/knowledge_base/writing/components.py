"""Which names are one thing, as a pure function of what sources say and persons decided.

A name that several claim as theirs joins none of them, unless these are one anyway: that "Curie" is
Marie's name in one source and Pierre's in another says nothing of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from knowledge.disjoint_sets import DisjointSets
from storage.knowledge_base.writing.naming import Naming, Node


def owners_of(claims: Iterable[tuple[Node, Node]], naming: Naming) -> dict[Node, frozenset[Node]]:
    """For each alias who claims it; claims that persons or literals rule out are left out."""
    found: dict[Node, set[Node]] = {}
    for owner, alias in claims:
        usable = owner != alias and "literal" not in (owner.kind, alias.kind)
        if usable and owner not in naming.alone and alias not in naming.alone:
            found.setdefault(alias, set()).add(owner)
    return {alias: frozenset(owners) for alias, owners in found.items()}


def components(
    nodes: Iterable[Node], owners: Mapping[Node, frozenset[Node]], naming: Naming
) -> dict[Node, Node]:
    """For each node the least of those that are one thing with it.

    `nodes` and `owners` are whole: no claim leads out of them.
    """
    nodes = list(nodes)
    said = DisjointSets[Node]()
    sets = DisjointSets[Node]()
    for node, others in naming.together.items():
        for other in others:
            said.join(node, other)
            sets.join(node, other)
    unsure: list[Node] = []
    for alias, claiming in owners.items():
        if len({said.find(owner) for owner in claiming}) == 1:
            sets.join(alias, min(claiming))
        else:
            unsure.append(alias)
    # Held against what is sure alone: the order of the unsure ones makes no difference.
    tops = {alias: {sets.find(owner) for owner in owners[alias]} for alias in unsure}
    for alias, found in tops.items():
        if len(found) == 1:
            sets.join(alias, min(found))
    # Of a set that persons joined some may have no mention now: the least of the rest stands.
    least: dict[Node, Node] = {}
    for node in sorted(nodes):
        least.setdefault(sets.find(node), node)
    return {node: least[sets.find(node)] for node in nodes}

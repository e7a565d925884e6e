"""The graph of a report: what is kept of a large one, and that no name lies upon another."""

from __future__ import annotations

import random
from itertools import combinations

import networkx
import pytest

from export.report.columns import columns_of, connected_parts
from export.report.layout import Layout, layout, spread
from export.report.lettering import shortened, width_of
from export.report.net import Edge, Net, Node, net_of
from knowledge.record import read_record
from tests.export.answers import real, row


def place(text: str) -> dict[str, object]:
    return {"text": text, "start": None, "end": None, "status": "inferred"}


def net(pairs: list[tuple[str, str]], most: int = 150) -> Net:
    triples = [{"head": place(a), "relation": f"{a}{b}", "tail": place(b)} for a, b in pairs]
    return net_of(read_record(row("KE1", "x", {"triples": triples})), most)


def scattered(seed: int) -> Net:
    chance = random.Random(seed)
    names = [f"{'名' * chance.randrange(9)}{number}" for number in range(chance.randrange(2, 40))]
    count = chance.randrange(1, 80)
    return net([(chance.choice(names), chance.choice(names)) for _ in range(count)])


def test_one_name_is_one_node_and_one_pair_one_edge() -> None:
    triples = [
        {"head": place("Lu Xun"), "relation": "wrote", "tail": place("Diary")},
        {"head": place("LU  XUN"), "relation": "printed", "tail": place("diary")},
        {"head": place("Diary"), "relation": "by", "tail": place("Lu Xun")},
    ]
    found = net_of(read_record(row("KE1", "x", {"triples": triples})))
    assert [node.name for node in found.nodes] == ["Lu Xun", "Diary"]
    assert [edge.names for edge in found.edges] == [("wrote", "printed"), ("by",)]


def test_entities_without_relations_have_no_graph() -> None:
    assert net_of(real("KE2")) == Net((), (), 0)


def test_a_node_is_inferred_if_it_stands_nowhere() -> None:
    assert [node.name for node in net_of(real("KE1")).nodes if node.inferred] == ["中国"]


@pytest.mark.parametrize("seed", range(20))
def test_the_core_holds_together_best(seed: int) -> None:
    """Against networkx: what is left contains the innermost core, if that is small enough."""
    chance = random.Random(seed)
    every = list(combinations([f"n{number}" for number in range(30)], 2))
    pairs = chance.sample(every, 100)
    core = networkx.k_core(networkx.Graph(pairs))
    kept = net(pairs, 60)
    assert len(kept.edges) <= 60 < kept.all_edges
    if core.number_of_edges() <= 60:
        assert {node.key for node in kept.nodes} >= set(core)


@pytest.mark.parametrize("seed", range(30))
def test_columns_are_distances_and_edges_join_neighbours(seed: int) -> None:
    graph = scattered(seed)
    known = networkx.Graph((edge.head, edge.tail) for edge in graph.edges)
    parts = connected_parts(graph)
    assert {frozenset(part) for part in parts} == {
        frozenset(part) for part in networkx.connected_components(known)
    }
    for part in parts:
        edges = [edge for edge in graph.edges if edge.head in part]
        columns = columns_of(part, edges)
        (root,) = columns[0]
        far = networkx.single_source_shortest_path_length(known, root)
        for distance, column in enumerate(columns):
            assert {far[key] for key in column} == {distance}
        assert sum(map(len, columns)) == len(part)


@pytest.mark.parametrize("seed", range(30))
def test_nothing_lies_upon_another(seed: int) -> None:
    placed = layout(scattered(seed))
    for one, other in combinations(placed.boxes, 2):
        apart = (
            one.right < other.x
            or other.right < one.x
            or one.y + one.height < other.y
            or other.y + other.height < one.y
        )
        assert apart, (one.node.name, other.node.name)
    assert all(box.x >= 0 and box.right <= placed.width for box in placed.boxes)
    assert all(box.y >= 0 and box.y + box.height <= placed.height for box in placed.boxes)
    assert_no_label_on_a_box(placed)


def assert_no_label_on_a_box(placed: Layout) -> None:
    for line in placed.lines:
        x, y = line.label_at
        half = width_of(line.label, 12) / 2
        for box in placed.boxes:
            beside = x + half < box.x or x - half > box.right
            assert beside or not box.y < y < box.y + box.height, (line.label, box.label)


def test_loops_circles_and_both_ways_are_drawn() -> None:
    placed = layout(net([("a", "a"), ("a", "b"), ("b", "a"), ("b", "c"), ("c", "a")]))
    assert len(placed.lines) == 5
    assert placed == layout(net([("a", "a"), ("a", "b"), ("b", "a"), ("b", "c"), ("c", "a")]))


def test_spread_keeps_order_and_moves_least() -> None:
    assert spread([0, 0, 0], [10, 10, 10], 2) == [-12, 0, 12]
    assert spread([0, 100, 101], [10, 10, 10], 0) == [0, 95.5, 105.5]
    chance = random.Random(7)
    for _ in range(100):
        heights = [chance.uniform(5, 50) for _ in range(chance.randrange(1, 12))]
        wanted = [chance.uniform(-100, 100) for _ in heights]
        middles = spread(wanted, heights, 4)
        for at in range(1, len(middles)):
            least = (heights[at - 1] + heights[at]) / 2 + 4
            assert middles[at] - middles[at - 1] >= least - 1e-9
        assert sum(middles) == pytest.approx(sum(wanted))


def test_long_names_are_cut_to_their_width() -> None:
    assert shortened("鲁迅" * 20, 10) == "鲁迅" * 4 + "鲁…"
    assert shortened(" a\n b ", 10) == "a b"
    assert width_of(shortened("W" * 100_000, 10), 1) <= 10


def test_a_node_that_many_edges_reach_has_a_port_for_each() -> None:
    nodes = tuple(Node(key, key, False, False) for key in "abcdh")
    edges = tuple(Edge("h", key, ("r",)) for key in "abcd") + tuple(
        Edge(key, "a", ("s",)) for key in "bcd"
    )
    placed = layout(Net(nodes, edges, len(edges)))
    heights = {box.node.key: box.height for box in placed.boxes}
    assert heights["h"] == heights["b"]
    tips = {line.tip[:2] for line in placed.lines if line.edge.head == "h"}
    assert len(tips) == 4

"""Places for the nodes and edges of a graph, so that no two names lie upon each other.

Each connected part stands for itself, in the columns that `columns` makes. So an edge joins
neighbouring columns, or nodes of one column; it ends at a port of its own, before which its name
stands. Written here: the layouts of networkx place points without size, so that names lie upon each
other, and need numpy; grandalf, which knows sizes, is no longer kept. Pixels, y downwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from export.report.columns import columns_of, connected_parts, mean
from export.report.lettering import shortened, width_of
from export.report.net import Edge, Net, Node

FONT = 14  # of names of nodes
SMALL = 12  # of names of edges
_PORT = 26  # height of a node with one edge at its left
_GAP = 12  # between nodes of a column
_PAD = 10  # beside a name in its box
_CURVE = 64  # width of a column of edges without their names
_BULGE = 40  # how far edges within a column reach out
_APART = 30  # between connected parts
_LONGEST_NODE, _LONGEST_EDGE = 16, 13  # in em


@dataclass
class Box:
    """A node: left, top, width, height; `label` is its name, cut where it is long."""

    node: Node
    label: str
    width: float
    height: float = _PORT
    x: float = 0.0
    y: float = 0.0

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        return self.x + self.width


@dataclass(frozen=True)
class Line:
    """An edge: its path, the tip of its arrow with the side it comes from (-1 left, 1 right), and
    the middle of its label, which stands on that point."""

    edge: Edge
    path: str
    tip: tuple[float, float, int]
    label: str
    label_at: tuple[float, float]


@dataclass
class Layout:
    """Everything placed, and the size of the whole."""

    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0


def layout(net: Net) -> Layout:
    """Largest part first; the same graph always has the same layout."""
    known = {node.key: node for node in net.nodes}
    placed = Layout()
    for part in sorted(connected_parts(net), key=len, reverse=True):
        edges = [edge for edge in net.edges if edge.head in part]
        _Part(columns_of(part, edges), known, edges).place(placed)
    return placed


def spread(wanted: Sequence[float], heights: Sequence[float], gap: float) -> list[float]:
    """Middles in the same order that do not overlap, the sum of squared moves being least.

    Blocks of touching boxes are merged until none overlap (pool adjacent violators).
    """
    before = [0.0]
    for one, other in pairwise(heights):
        before.append(before[-1] + (one + other) / 2 + gap)
    blocks: list[tuple[float, int]] = []  # sum of the wished starts, how many
    for number, wanted_x in enumerate(wanted):
        total, count = wanted_x - before[number], 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / count:
            last = blocks.pop()
            total, count = total + last[0], count + last[1]
        blocks.append((total, count))
    starts = [total / count for total, count in blocks for _ in range(count)]
    return [start + offset for start, offset in zip(starts, before, strict=True)]


class _Part:
    """One connected part."""

    def __init__(
        self, columns: list[list[str]], nodes: dict[str, Node], edges: Sequence[Edge]
    ) -> None:
        self._columns = columns
        self._at = {key: at for at, column in enumerate(columns) for key in column}
        self._boxes = {key: _box(nodes[key]) for key in self._at}
        self._across = [edge for edge in edges if self._at[edge.head] != self._at[edge.tail]]
        self._within = [edge for edge in edges if self._at[edge.head] == self._at[edge.tail]]

    def place(self, whole: Layout) -> None:
        """Add this part below what is there already."""
        self._set_rows()
        self._set_columns()
        top = min(box.y for box in self._boxes.values())
        down = whole.height + (_APART if whole.boxes else 0) - top
        for box in self._boxes.values():
            box.y += down
        lines = [*self._lines_across(), *map(self._line_within, self._within)]
        whole.boxes += self._boxes.values()
        whole.lines += lines
        whole.height = max(box.y + box.height for box in self._boxes.values())
        whole.width = max(whole.width, self._right)

    def _ends(self, edge: Edge) -> tuple[str, str]:
        """The keys of its left and its right end."""
        ends = edge.head, edge.tail
        return ends if self._at[edge.head] < self._at[edge.tail] else ends[::-1]

    def _set_rows(self) -> None:
        for edge in self._across:
            box = self._boxes[self._ends(edge)[1]]
            box.height = _PORT * sum(self._ends(other)[1] == box.node.key for other in self._across)
        for column in self._columns:
            wanted = []
            for key in column:
                lefts = [self._ends(edge)[0] for edge in self._across if self._ends(edge)[1] == key]
                wanted.append(mean([self._boxes[left].middle for left in lefts]) if lefts else 0.0)
            heights = [self._boxes[key].height for key in column]
            for key, middle in zip(column, spread(wanted, heights, _GAP), strict=True):
                self._boxes[key].y = middle - self._boxes[key].height / 2

    def _set_columns(self) -> None:
        x = 0.0
        for at, column in enumerate(self._columns):
            for key in column:
                self._boxes[key].x = x
            x += max(self._boxes[key].width for key in column)
            inner = [edge for edge in self._within if self._at[edge.head] == at]
            reach = max((_label_width(edge) + _BULGE for edge in inner), default=0.0)
            self._right = x + reach
            outer = [edge for edge in self._across if self._at[self._ends(edge)[0]] == at]
            x += max((_label_width(edge) + _CURVE for edge in outer), default=0.0) + reach

    def _lines_across(self) -> Iterable[Line]:
        """Ports in the order of the other ends, so that edges to one node do not cross there."""
        by_right: dict[str, list[Edge]] = {}
        for edge in self._across:
            by_right.setdefault(self._ends(edge)[1], []).append(edge)
        for key, edges in by_right.items():
            edges.sort(key=lambda edge: self._boxes[self._ends(edge)[0]].middle)
            for port, edge in enumerate(edges):
                left, right = self._boxes[self._ends(edge)[0]], self._boxes[key]
                y = right.y + _PORT * (port + 0.5)
                yield _line_across(edge, left, right.x, y, forwards=edge.tail == key)

    def _line_within(self, edge: Edge) -> Line:
        head, tail = self._boxes[edge.head], self._boxes[edge.tail]
        turn = _PORT / 4 if head is tail else 0.0  # a loop begins above and ends below the middle
        start, end = head.middle - turn, tail.middle + turn
        column = self._columns[self._at[edge.head]]
        out = max(self._boxes[key].right for key in column) + _BULGE
        path = f"M{head.right:.1f} {start:.1f}C{out:.1f} {start:.1f} {out:.1f} {end:.1f} "
        path += f"{tail.right:.1f} {end:.1f}"
        label = _edge_label(edge)
        middle = (start + end) / 2 + 4
        at = out - _BULGE / 4 + width_of(label, SMALL) / 2, middle
        return Line(edge, path, (tail.right, end, 1), label, at)


def _line_across(edge: Edge, left: Box, x: float, y: float, *, forwards: bool) -> Line:
    label = _edge_label(edge)
    bend = x - width_of(label, SMALL) - 16
    half = (left.right + bend) / 2
    path = f"M{left.right:.1f} {left.middle:.1f}C{half:.1f} {left.middle:.1f} {half:.1f} {y:.1f} "
    path += f"{bend:.1f} {y:.1f}L{x:.1f} {y:.1f}"
    tip = (x, y, -1) if forwards else (left.right, left.middle, 1)
    return Line(edge, path, tip, label, ((bend + x - 6) / 2, y - 4))


def _box(node: Node) -> Box:
    label = shortened(node.name, _LONGEST_NODE)
    return Box(node, label, width_of(label, FONT) + 2 * _PAD)


def _edge_label(edge: Edge) -> str:
    return shortened(" · ".join(edge.names), _LONGEST_EDGE)


def _label_width(edge: Edge) -> float:
    return width_of(_edge_label(edge), SMALL) + 16

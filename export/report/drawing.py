"""A graph as SVG inside of HTML; the table beside it holds the same for who cannot see it."""

from __future__ import annotations

from export.report.layout import FONT, SMALL, Box, Line, layout
from export.report.net import Net
from markup.html import Html, element

_MARGIN = 8
_ARROW = 7


def draw(net: Net, summary: str) -> Html:
    """`summary` is what a screen reader says in place of the picture. Colours are in report.css."""
    placed = layout(net)
    width, height = placed.width + 2 * _MARGIN, placed.height + 2 * _MARGIN
    return element(
        "svg",
        *(_edge(line) for line in placed.lines),
        *(_node(box) for box in placed.boxes),
        *(_label(line) for line in placed.lines),
        role="img",
        aria_label=summary,
        viewBox=f"{-_MARGIN} {-_MARGIN} {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
    )


def _edge(line: Line) -> Html:
    x, y, side = line.tip
    back = x + side * _ARROW
    arrow = f"M{x:.1f} {y:.1f}L{back:.1f} {y - _ARROW / 2:.1f}V{y + _ARROW / 2:.1f}Z"
    return element(
        "g",
        element("path", d=line.path, class_="edge"),
        element("path", d=arrow, class_="arrow"),
    )


def _label(line: Line) -> Html:
    x, y = line.label_at
    return element(
        "text",
        element("title", " · ".join(line.edge.names)),
        line.label,
        x=f"{x:.1f}",
        y=f"{y:.1f}",
        font_size=str(SMALL),
        class_="name",
    )


def _node(box: Box) -> Html:
    kind = "head" if box.node.head else "tail"
    shape = element(
        "rect",
        x=f"{box.x:.1f}",
        y=f"{box.y:.1f}",
        width=f"{box.width:.1f}",
        height=f"{box.height:.1f}",
        rx="6",
    )
    text = element(
        "text",
        box.label,
        x=f"{box.x + box.width / 2:.1f}",
        y=f"{box.middle + FONT * 0.36:.1f}",
        font_size=str(FONT),
    )
    inferred = " inferred" if box.node.inferred else ""
    return element(
        "g", element("title", box.node.name), shape, text, class_=f"node {kind}{inferred}"
    )

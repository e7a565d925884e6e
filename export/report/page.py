"""HTML for people: a page with each answer's text marked, its items as a table and as a graph.

One file that opens from the disk: no script, no address that a browser would fetch, a policy that
permits neither. Whatever a text or a model says goes through `markup`, which escapes it; control
characters that HTML cannot hold become U+FFFD. Answers are written one at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from export.report.drawing import draw
from export.report.kinds import class_kinds, marks
from export.report.net import net_of
from export.report.tables import Tables, statuses
from knowledge.items import Status
from knowledge.record import Record, text_id
from knowledge.text.spans import Lang
from markup.html import Child, Html, document, element, join, policy_for
from markup.marks import marked
from wording import text

STYLE = Html(Path(__file__).with_name("report.css").read_text(encoding="utf-8"))
POLICY = policy_for(STYLE)
_STATUSES: tuple[Status, ...] = ("verbatim", "normalised", "inferred")


def write_html(records: Iterable[Record]) -> Iterator[str]:
    """The head, a piece a record, and the end; the page speaks the first answer's language."""
    stream = iter(records)
    first = next(stream, None)
    lang: Lang = first.lang if first else "en"
    title = text(lang, "report.title")
    opened, closed = document(lang, title, STYLE, POLICY, element("h1", title))
    yield opened
    for number, record in enumerate(chain([first] if first else [], stream), start=1):
        yield "\n" + section(record, number).markup
    yield "\n" + closed


def section(record: Record, number: int) -> Html:
    """One answer with its name; `number` is its place on the page, from 1."""
    unnamed = record.id == text_id(record.text)
    name = text(record.lang, "report.answer", number=number) if unnamed else record.id
    return element(
        "section",
        element("h2", name),
        *body_of(record, f"a{number}"),
        lang=record.lang,
        id=f"a{number}",
    )


def body_of(record: Record, prefix: str) -> Iterator[Child]:
    """One answer without its name; `prefix` tells its anchors from those of other answers."""
    lang = record.lang
    kinds = class_kinds(record)
    yield _about(record)
    yield warnings_of(record.answer, lang)
    if record.text:
        yield element("h3", text(lang, "report.source_text"))
        content = marked(record.text, marks(record, kinds), prefix)
        yield element("div", content, class_="text", dir="auto")
    yield _legend(record, kinds)
    yield element("h3", text(lang, f"knowledge.task.{record.prompt_type}"))
    yield from Tables(record, prefix, kinds).all()
    yield _left_out(record)
    yield _graph(record)


def _about(record: Record) -> Html:
    lang, task = record.lang, record.prompt_type
    worst = Counter(max(statuses(item), key=_STATUSES.index) for item in record.items)
    grounded = text(lang, "knowledge.comma").join(
        f"{worst[status]} {text(lang, f'knowledge.status.{status}')}"
        for status in _STATUSES
        if worst[status]
    )
    counted = text(lang, f"knowledge.count.{task}", count=len(record.items))
    found = text(lang, "knowledge.colon").join(part for part in (counted, grounded) if part)
    title = text(lang, f"knowledge.task.{task}")
    return element("p", f"{title} · {record.model} · {found}", class_="about")


def warnings_of(answer: Mapping[str, Any], lang: Lang) -> Html | None:
    """The contract's own field; whatever else an unknown hand has put there is no warning."""
    warnings = answer.get("warnings")
    lines = (
        [line for line in warnings if isinstance(line, str)] if isinstance(warnings, list) else []
    )
    if not lines:
        return None
    head = element("strong", text(lang, "report.warnings"))
    items = element("ul", *(element("li", line) for line in lines))
    return element("div", head, items, class_="warnings")


def _left_out(record: Record) -> Html | None:
    """What the model said and the answer does not hold, and why."""
    items = [
        element("li", line, " ", element("span", why, class_="aside"))
        for why, line in record.left_out()
    ]
    if not items:
        return None
    return join(
        (
            element("h3", text(record.lang, "report.left_out")),
            element("ul", *items, class_="left-out"),
        )
    )


def _legend(record: Record, kinds: dict[str, str]) -> Html | None:
    """What the colours say, and the badges that occur."""
    lang = record.lang
    ends = {"KE1": ("head", "tail"), "KE2": (), "KE3": ("entity", "value")}[record.prompt_type]
    tags = [(end, text(lang, f"knowledge.mark.{end}")) for end in ends]
    tags += [(kind, label) for label, kind in kinds.items()]
    occur = {status for item in record.items for status in statuses(item)}
    occur |= {card.entity.status for card in record.cards if card.entity}
    entries: list[Child] = []
    if record.text and (record.items or record.cards):
        entries += [
            element("li", element("span", name, class_=f"tag {kind}")) for kind, name in tags
        ]
    for status in _STATUSES[1:]:
        if status in occur:
            name = text(lang, f"knowledge.status.{status}")
            badge = element("span", name, class_=f"badge {status}")
            entries.append(element("li", badge, " ", text(lang, f"knowledge.status_note.{status}")))
    return element("ul", *entries, class_="legend") if entries else None


def _graph(record: Record) -> Html | None:
    net = net_of(record)
    if not net.edges:
        return None
    lang = record.lang
    nodes = text(lang, "knowledge.nodes", count=len(net.nodes))
    if len(net.edges) == net.all_edges:
        edges = text(lang, "knowledge.edges", count=net.all_edges)
        summary = text(lang, "report.drawn", nodes=nodes, edges=edges)
    else:
        drawn = {"nodes": nodes, "edges": len(net.edges), "all": net.all_edges}
        summary = text(lang, "report.drawn_partly", **drawn)
    drawing = element("div", draw(net, summary), class_="scroll")
    figure = element("figure", drawing, element("figcaption", summary))
    return join((element("h3", text(lang, "knowledge.graph")), figure))

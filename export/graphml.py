"""GraphML for Gephi, yEd, networkx: nodes first, each once, with all that the answers say of it.

So the text begins when the last answer has come in. Control characters that XML 1.0 cannot hold,
not even escaped, become U+FFFD, one for one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from xml.sax.saxutils import escape

from export.gathered import Gathered, gathered, node_id
from export.graph import Edge, Property
from knowledge.record import Record

# Gephi takes names from keys with the name "label" alone, others show them from `name` too.
_NODE_KEYS = {"label": "string", "kind": "string", "name": "string", "key": "string",
              "names": "string", "classes": "string", "aliases": "string"}  # fmt: skip
_EDGE_KEYS = {
    "label": "string", "kind": "string", "relation": "string", "source": "string", "task": "string",
    "model": "string", "confidence": "double", "correction": "string",
    "head": "string", "head_status": "string", "head_start": "int", "head_end": "int",
    "tail": "string", "tail_status": "string", "tail_start": "int", "tail_end": "int",
    "evidence": "string", "evidence_starts": "string", "evidence_ends": "string",
    "starts": "string", "ends": "string",
    "assertion": "string", "cue": "string", "cue_start": "int", "cue_end": "int",
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
    with gathered(records, _edge) as graph:
        yield _HEAD + "".join(_declarations()) + '<graph id="kex" edgedefault="directed">\n'
        yield from map(_node, graph.nodes())
        yield from graph.edges()
        yield "</graph>\n</graphml>\n"


def _declarations() -> Iterator[str]:
    for end, keys in (("node", _NODE_KEYS), ("edge", _EDGE_KEYS)):
        for name, kind in keys.items():
            id = f"{end}_{name}"
            yield f'<key id="{id}" for="{end}" attr.name="{name}" attr.type="{kind}"/>\n'


def _node(node: Gathered) -> str:
    fields: dict[str, Property] = {"label": node.name, "kind": node.kind}
    fields |= {"name": node.name, "key": node.key}
    fields |= {field: tuple(values) for field, values in node.properties.items() if values}
    return f'<node id="{node.id}">{_data("node", fields)}</node>\n'


def _edge(edge: Edge) -> str:
    fields = {
        "label": edge.relation,
        "kind": edge.kind,
        "relation": edge.relation,
        **edge.properties,
    }
    ends = f'source="{node_id(edge.head)}" target="{node_id(edge.tail)}"'
    return f'<edge id="s{edge.key}" {ends}>{_data("edge", fields)}</edge>\n'


def _data(end: str, fields: Mapping[str, Property]) -> str:
    written = []
    for name, value in fields.items():
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, tuple) else str(value)
        written.append(f'<data key="{end}_{name}">{escape(_xml(text), _KEPT)}</data>')
    return "".join(written)


def _xml(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)

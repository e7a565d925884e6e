r"""Cypher for Neo4j, Memgraph and the like: MERGE statements, one a line, that can run twice.

Text reaches a query in two places only. As a string it stands between single quotes with backslash,
quote and control characters escaped. As a relationship type or a label it stands between backticks,
doubled where it has some. Neo4j reads \uXXXX anywhere in a query, also there, before it looks at
quotes: so the u behind a backslash of the text is written \u0075 in strings, and in names a
backslash becomes ＼ (U+FF3C) and a control character U+FFFD. `relation` has the name unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from export.graph import Edge, Node, Property, parts
from knowledge.record import Record

# Names that no class of KE2 is likely to have: its classes become labels too.
_LABELS = {"entity": "KexEntity", "document": "KexDocument"}
_HINT = (
    "// With many entities, first: CREATE CONSTRAINT FOR (n:KexEntity) REQUIRE n.key IS UNIQUE;\n"
)
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SPECIAL = re.compile(r"\\[uU]|[\\'\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def write_cypher(records: Iterable[Record]) -> Iterator[str]:
    """A comment, then a piece a record."""
    yield _HINT
    for record in records:
        yield "".join(_statement(part) for part in parts(record))


def quoted(text: str) -> str:
    """A string literal that means `text` and nothing else."""
    return f"'{_SPECIAL.sub(_escape, text)}'"


def named(text: str) -> str:
    """An identifier that cannot be left from inside."""
    plain = _CONTROL.sub("\ufffd", text.replace("\\", "＼"))
    return "`" + plain.replace("`", "``") + "`"


def _escape(match: re.Match[str]) -> str:
    found = match[0]
    if len(found) == 2:
        return f"\\\\\\u{ord(found[1]):04x}"
    return _ESCAPES.get(found) or f"\\u{ord(found):04x}"


def _statement(part: Node | Edge) -> str:
    if isinstance(part, Node):
        return _merge("e", part) + ";\n"
    settings = {"relation": part.relation, "kind": part.kind, **part.properties}
    properties = ", ".join(f"r.{name} = {_value(value)}" for name, value in settings.items())
    # The document's relationship has one type for all classes; an entity's class is a label too.
    name = "MENTIONED_IN" if part.kind == "mention" else named(part.relation)
    merged = f"MERGE (h)-[r:{name} {{key: {quoted(part.key)}}}]->(t) SET {properties}"
    return f"{_merge('h', part.head)} {_merge('t', part.tail)} {merged};\n"


def _merge(variable: str, node: Node) -> str:
    name = f"{variable}.name"
    written = (
        f"MERGE ({variable}:{_LABELS[node.kind]} {{key: {quoted(node.key)}}}) "
        f"ON CREATE SET {name} = {quoted(node.name)}"
    )
    settings = [f"{variable}:{named(label)}" for label in node.classes]
    if node.aliases:
        settings.append(_added(f"{variable}.aliases", _value(node.aliases)))
    return f"{written} SET {', '.join(settings)}" if settings else written


def _added(name: str, values: str) -> str:
    """Sets a list to what it was and these values, each once."""
    return f"{name} = [x IN coalesce({name}, []) WHERE NOT x IN {values}] + {values}"


def _value(value: Property) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return quoted(value) if isinstance(value, str) else repr(value)

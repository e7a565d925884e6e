r"""Reads Cypher by openCypher's lexical rules, as far as the export uses them.

Written apart from the writer. `decoded` does first what Neo4j does before it looks at quotes: it
puts the character in place of every \uXXXX, wherever that stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_UNICODE = re.compile(r"\\u+([0-9a-fA-F]{4})")
_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*\n)
      | (?P<space>\s+)
      | (?P<string>'(?:[^'\\]|\\(?:[\\'"bBfFnNrRtT]|[uU][0-9a-fA-F]{4}))*')
      | (?P<name>(?:`[^`]*`)+)
      | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<sign>[()\[\]{}:;,.=+>-])""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(?:[uU]([0-9a-fA-F]{4})|(.))", re.DOTALL)
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


@dataclass
class Statement:
    """`shape` are the tokens with literals left out; `values` the literals, in order."""

    shape: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)


def decoded(query: str) -> str:
    """As Neo4j's reader hands the characters to its lexer."""
    written, at = [], 0
    while at < len(query):
        match = _UNICODE.match(query, at)
        if match:
            written.append(chr(int(match[1], 16)))
            at = match.end()
        else:
            written.append(query[at])
            at += 1
    return "".join(written)


def statements(query: str) -> list[Statement]:
    """Raises ValueError at the first character that begins no token."""
    found = [Statement()]
    at = 0
    while at < len(query):
        match = _TOKEN.match(query, at)
        if match is None:
            raise ValueError(query[at : at + 40])
        at = match.end()
        kind, text = str(match.lastgroup), match[0]
        if kind in ("comment", "space"):
            continue
        if text == ";":
            found.append(Statement())
            continue
        one = found[-1]
        if kind in ("string", "name", "number"):
            one.shape.append(kind)
            one.values.append(_value(kind, text))
        else:
            one.shape.append(text)
    if found.pop().shape:
        raise ValueError("the last statement has no end")
    return found


def _value(kind: str, text: str) -> Any:
    if kind == "number":
        return float(text) if re.search("[.eE]", text) else int(text)
    if kind == "name":
        return text[1:-1].replace("``", "`")
    return _ESCAPED.sub(_unescaped, text[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return _CONTROL.get(match[2].lower(), match[2])

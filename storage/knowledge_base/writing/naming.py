"""What a name is filed under: the rules exact and normalised, unless a person split it.

Knows no database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from knowledge.text.normalising import fold
from knowledge.values import meaning

Kind = Literal["name", "literal"]
_MAX = 200  # characters of a key: every database can index it

_STATING = (
    "别名 又名 又称 亦称 也称 亦名 别称 俗称 原名 本名 旧称 旧名 曾用名 曾名 笔名 艺名 改名 更名"
    " 全称 全名 简称 缩写 英文名 中文名 外文名 译名 英文名称 中文名称 英文缩写 英文全称"
).split()
_STATING += [
    "also known as", "known as", "also called", "a.k.a.", "aka", "alias", "aliases", "other name",
    "other names", "alternative name", "original name", "birth name", "full name", "short name",
    "former name", "formerly known as", "previously known as", "pen name", "pseudonym",
    "stage name", "abbreviation", "abbreviated as", "acronym", "official name", "Chinese name",
    "English name",
]  # fmt: skip


@dataclass(frozen=True, order=True)
class Node:
    """Where a name is filed. `part` is empty unless a person split it off from its like."""

    kind: Kind
    key: str
    part: str = ""

    @property
    def public(self) -> str:
        """The id that the outside knows it by: the same in every base."""
        said = json.dumps([self.kind, self.key, self.part]).encode()
        return hashlib.sha256(said).hexdigest()[:20]


@lru_cache(maxsize=50_000)
def short_key(text: str) -> str:
    """The text folded: width, case, like marks and white space make no difference."""
    key = fold(text)[0] or text
    if len(key) <= _MAX:
        return key
    return f"{key[: _MAX - 33]}…{hashlib.sha256(key.encode()).hexdigest()[:32]}"


@lru_cache(maxsize=50_000)
def node_of(text: str) -> Node:
    """What is wholly a date or a quantity is a literal, and every other string a name."""
    return Node("literal" if meaning(text) else "name", short_key(text))


_STATING_KEYS = frozenset(map(short_key, _STATING))


def states_names(relation: str) -> bool:
    """Whether head and tail of this relation are two names of one thing."""
    return short_key(relation) in _STATING_KEYS


@dataclass(frozen=True)
class Naming:
    """What persons decided; without any, a name is filed by its folded spelling alone.

    `by_source`: (node, source) → part; `by_spelling`: the spellings that stand apart; `alone`: no
    rule joins these to others; `together`: these are one, whatever the rules say.
    """

    by_source: Mapping[tuple[Node, str], str] = field(default_factory=dict)
    by_spelling: frozenset[str] = frozenset()
    alone: frozenset[Node] = frozenset()
    together: Mapping[Node, frozenset[Node]] = field(default_factory=dict)

    def node(self, text: str, source: str) -> Node:
        """Where this spelling of that source is filed."""
        plain = node_of(text)
        part = self.by_source.get((plain, source))
        if part is None:
            part = f"={text}"[:_MAX] if text in self.by_spelling else ""
        return Node(plain.kind, plain.key, part) if part else plain


def pairs(together: Iterable[tuple[Node, Node]]) -> dict[Node, frozenset[Node]]:
    """Both ways."""
    found: dict[Node, set[Node]] = {}
    for one, other in together:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {node: frozenset(others) for node, others in found.items()}

"""When two class names, or two names of relations or keys, mean the same (names.yaml)."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from evaluation.matching import HALF, contains, normalise, overlap

CORE = ("PER", "LOC", "ORG")
_FILE = Path(__file__).with_name("names.yaml")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


class _Names(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    classes: dict[str, list[str]]
    keys: list[list[str]]


@cache
def _names() -> _Names:
    return _Names.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8")))


@cache
def _class_of() -> dict[str, str]:
    return {name: label for label, names in _names().classes.items() for name in names}


@cache
def _lines_of() -> dict[str, frozenset[int]]:
    """Normalised key → the numbers of the lines that it stands in."""
    lines: dict[str, set[int]] = {}
    for number, line in enumerate(_names().keys):
        for name in line:
            lines.setdefault(normalise(name), set()).add(number)
    return {name: frozenset(numbers) for name, numbers in lines.items()}


def fold_class(name: str) -> str:
    """The class that a name stands for: 人物 and person are PER; an unknown name is its own."""
    folded, known = normalise(name), _class_of()
    joined = folded.replace(" ", "")
    return known.get(folded) or known.get(joined) or folded.upper().replace(" ", "_")


def spaced(key: str) -> str:
    """`birthPlace` and `birth_place` as words."""
    return _HUMP.sub(" ", key).replace("_", " ")


@lru_cache(maxsize=65_536)
def same_key(one: str, other: str) -> bool:
    """Relaxed equality of relations and keys: half the words, one meaning, or one in the other."""
    one, other = spaced(one), spaced(other)
    first, second = normalise(one), normalise(other)
    if first == second or overlap(one, other) >= HALF:
        return True
    nowhere: frozenset[int] = frozenset()
    lines = _lines_of()
    if lines.get(first, nowhere) & lines.get(second, nowhere):
        return True
    return contains(one, other)

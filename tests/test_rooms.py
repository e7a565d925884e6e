"""Each room's README is true: what it uses is what it imports, what it must not know it does not.

A README has at most six lines beside its title: what the room does, `Uses: …`, `Must not know: …`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests import ROOT

HOUSES = (
    "wording", "markup", "knowledge", "models", "prompts", "extraction", "conversation",
    "documents", "storage", "export", "corpus", "evaluation", "verification",
    "web", "cluster", "cli",
)  # fmt: skip
FILES = ("settings", "errors", "validation", "folders", "log_lines", "redaction")


@cache
def rooms() -> tuple[str, ...]:
    """The packages that have a README, as dotted names."""
    found = (path.parent for house in HOUSES for path in (ROOT / house).rglob("README.md"))
    return tuple(sorted(".".join(path.relative_to(ROOT).parts) for path in found))


def room_of(module: str) -> str:
    """The innermost room that holds a module; the file itself for those at the top."""
    inside = [room for room in rooms() if f"{module}.".startswith(f"{room}.")]
    return max(inside, key=len, default=module)


def imports_of(room: str) -> Iterator[str]:
    """The modules that the room's own files import, those of its inner rooms left out."""
    folder = ROOT.joinpath(*room.split("."))
    for path in folder.rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if room_of(module) != room:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)


def used_by(room: str) -> set[str]:
    """Rooms of the same house by their names, other houses and files as a whole."""
    own = room.split(".")[0]
    used: set[str] = set()
    for module in imports_of(room):
        house = module.split(".")[0]
        if house in (*HOUSES, *FILES) and not f"{module}.".startswith(f"{room}."):
            used.add(room_of(module) if house == own else house)
    return used - {room}


def named(line: str) -> set[str]:
    return set(re.findall(r"`([\w.]+)`", line))


@pytest.mark.parametrize("room", rooms())
def test_a_room_says_what_it_uses_and_what_it_must_not_know(room: str) -> None:
    text = ROOT.joinpath(*room.split("."), "README.md").read_text(encoding="utf-8")
    title, *lines = [line for line in text.splitlines() if line]
    assert title == f"# {room.replace('.', '/')}"
    assert len(lines) <= 6
    [uses] = [line for line in lines if line.startswith("Uses: ")]
    [never] = [line for line in lines if line.startswith("Must not know: ")]
    assert named(uses) == used_by(room)
    assert named(never), "say what the room must not know"
    folder = ROOT.joinpath(*room.split("."))
    inner = {r for r in rooms() if f"{r}.".startswith(f"{room}.")}
    for module in {module for one in inner for module in imports_of(one)}:
        for stranger in named(never):
            assert not f"{module}.".startswith(f"{stranger}."), f"{folder.name} imports {module}"


def test_every_package_has_a_sign() -> None:
    packages = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for house in HOUSES
        for path in (ROOT / house).rglob("__init__.py")
        if "migrations" not in path.parts
    }
    assert packages - set(rooms()) == set()


def test_no_room_is_a_hall() -> None:
    """Above fifteen modules nobody finds the one that is meant."""
    crowded: dict[str, int] = {}
    for house in (*HOUSES, "static/js"):
        for folder in {path.parent for path in Path(ROOT / house).rglob("*.[pj][ys]")}:
            count = sum(path.name != "__init__.py" for path in folder.glob("*.[pj][ys]"))
            if count > 15:
                crowded[str(folder.relative_to(ROOT))] = count
    assert crowded == {}

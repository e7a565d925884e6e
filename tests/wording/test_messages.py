"""What a person reads comes from the tables: no product module raises or warns with a text of its
own, and every use of a key fills its placeholders."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import errors
from wording import table

ROOT = Path(__file__).parent.parent.parent
PACKAGES = (
    "cli", "cluster", "conversation", "corpus", "documents", "evaluation", "export", "extraction",
    "knowledge", "models", "prompts", "storage", "verification", "web",
)  # fmt: skip
FILES = [
    *sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py")),
    ROOT / "settings.py",
    ROOT / "validation.py",
]
ERRORS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.KexError)
}
# Developers read these, on their own machine: the check against golden vectors.
ALLOWED = {"verification/golden/checkpoints.py"}


def name_of(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def shown(call: ast.Call) -> Iterator[ast.expr]:
    """What of a call a person reads: an error's message, a state's detail, a warning."""
    name = name_of(call)
    if name in ERRORS:
        yield from call.args[:1]
    elif name == "ModelState":
        yield from call.args[1:2]
        yield from (word.value for word in call.keywords if word.arg == "detail")
    elif name == "warn" or (name == "append" and "warnings" in ast.unparse(call.func)):
        yield from call.args[:1]


def texts(value: ast.expr) -> Iterator[ast.expr]:
    """The string literals that the value is, or may be."""
    if isinstance(value, ast.IfExp):
        yield from texts(value.body)
        yield from texts(value.orelse)
    elif isinstance(value, ast.BoolOp):
        for one in value.values:
            yield from texts(one)
    elif isinstance(value, ast.BinOp):
        yield from texts(value.left)
        yield from texts(value.right)
    elif isinstance(value, ast.JoinedStr):
        yield value
    elif isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
        yield value
    elif (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr in ("format", "join")
        and isinstance(value.func.value, ast.Constant)
    ):
        yield value


def calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_has_a_text_of_its_own(path: Path) -> None:
    place = str(path.relative_to(ROOT))
    found = [
        f"{place}:{text.lineno}: {ast.unparse(text)}"
        for call in calls(path)
        for value in shown(call)
        for text in texts(value)
    ]
    assert not found or place in ALLOWED, "\n".join(found)


def placeholders(text: object) -> set[str]:
    forms = text.values() if isinstance(text, dict) else [text]
    found = {name for form in forms for _, name, _, _ in Formatter().parse(str(form)) if name}
    return found | ({"count"} if isinstance(text, dict) else set())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_key_is_there_and_its_placeholders_are_filled(path: Path) -> None:
    known = table("en")
    for call in calls(path):
        prefix = {"message": "", "say": "terminal."}.get(name_of(call))
        if prefix is None or not call.args or not isinstance(call.args[0], ast.Constant):
            continue
        key = f"{prefix}{call.args[0].value!s}"
        place = f"{path.relative_to(ROOT)}:{call.lineno}: {key}"
        assert key in known, place
        names = {word.arg for word in call.keywords if word.arg}
        if any(word.arg is None for word in call.keywords):  # **values
            continue
        # A text that takes no values is shown as it is, braces included.
        wanted = placeholders(known[key])
        assert names == (wanted if names else {name for name in wanted if name.isidentifier()}), (
            place
        )

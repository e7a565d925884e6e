"""README and docs/: links lead somewhere, commands and routes are the real ones."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import click
import pytest
from flask import Flask

from app import create_app
from cli.examples import EXAMPLES
from cli.main import main
from models.registry import Registry
from settings import Settings
from tests import EMPTY_CACHE, ROOT

PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
)  # fmt: skip
LISTS = ("docs/cli.md", "docs/zh/cli.md")
APIS = ("docs/api.md", "docs/zh/api.md")


def prose(page: Path) -> str:
    """The text of a page without its code."""
    text = page.read_text(encoding="utf-8")
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES)
def test_relative_links_resolve(page: str) -> None:
    here = ROOT / page
    for link in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", prose(here)):
        name, _, anchor = link.partition("#")
        target = here.parent / name if name else here
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_the_index_links_to_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    linked = set(re.findall(r"\]\(([\w/]+\.md)\)", prose(index)))
    pages = {
        str(path.relative_to(index.parent))
        for folder in ("", "zh")
        for path in (index.parent / folder).glob("*.md")
    }
    assert pages - {"README.md"} <= linked


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield (*path, name)


@pytest.mark.parametrize("page", LISTS)
def test_every_command_is_listed(page: str) -> None:
    listed: set[tuple[str, ...]] = set()
    for row in re.findall(r"^\| (`kex [^|]*) \|", prose(ROOT / page), re.MULTILINE):
        group: str = ""
        for cell in re.findall(r"`([^`]+)`", row):
            words = cell.removeprefix("kex ").split()
            if cell.startswith("kex ") and len(words) == 2:
                group = words[0]
            alone = not cell.startswith("kex ") and len(words) == 1
            listed.add((group, *words) if alone else tuple(words))
    assert listed == set(commands(main))


def shown() -> list[tuple[str, str]]:
    """The lines of README and docs/ that call `kex`."""
    return [
        (page, line.strip())
        for page in PAGES
        if page != "CHANGELOG.md" and not page.startswith("docs/adr/")
        for block in re.findall(
            r"```sh\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL
        )
        for line in block.splitlines()
        if re.search(r"(^|[ /])kex [a-z]", line)
    ]


def unknown_options(line: str) -> list[str]:
    """Options of the line that its command has not; fails where there is no such command."""
    words = shlex.split(line.partition("kex ")[2], comments=True)
    command: click.Command = main
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    assert command is not main, line
    options = {name for one in command.params for name in one.opts}
    own = takewhile(lambda word: word not in {"|", ">", ">>"}, words)
    return [word for word in own if word.startswith("--") and word not in options]


@pytest.mark.parametrize(("page", "line"), shown())
def test_commands_that_are_shown_exist_with_their_options(page: str, line: str) -> None:
    assert unknown_options(line) == [], page


def test_every_command_has_an_example_in_its_help() -> None:
    assert set(EXAMPLES) == {" ".join(path) for path in commands(main)}


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line in lines])
def test_examples_of_the_help_exist_with_their_options(line: str) -> None:
    assert unknown_options(line) == []


@pytest.fixture(scope="module")
def app() -> Flask:
    settings = Settings(cache_dir=EMPTY_CACHE, store=None, base=None)
    return create_app(settings, Registry(settings, {}))


@pytest.mark.parametrize("page", APIS)
def test_every_route_is_in_the_api(app: Flask, page: str) -> None:
    """Each first part of an address; those below have pages of their own."""
    text = (ROOT / page).read_text(encoding="utf-8")
    rules = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"}
    for rule in sorted(rules - {"/"}):
        assert "/" + rule.split("/")[1] in text, rule

"""The terminal that a talk is held on: lines in, safe text out, Ctrl-C. Knows no model.

What was asked for goes to stdout, remarks about it go to stderr: scripts read the first only.
"""

from __future__ import annotations

import io
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click
from rich.console import Console
from rich.status import Status
from rich.table import Table

BLOCK = '"""'

# C0 but for newline and tab, DEL, and C1, whose 0x9b some terminals take for ESC [.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")  # bytes that were no text in the terminal's encoding


def harmless(text: str) -> str:
    """`text` without the characters that a terminal obeys."""
    return _CONTROL.sub("", text)


def tolerate_encodings() -> None:
    """A character that the terminal cannot show becomes `?` instead of an exception."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def enable_line_editing() -> None:
    """Arrow keys and the lines typed before; the lines are kept in memory only."""
    try:
        import readline  # noqa: F401  # importing it is what makes input() use it
    except ImportError:
        pass  # Python was built without it: the terminal's own line editing remains


def print_table(table: Table) -> None:
    """Put a table on stdout, without blanks at the ends of its lines."""
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console = Console(width=10_000, markup=False, highlight=False)  # a file has no margin
    with console.capture() as rendered:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in rendered.get().splitlines()))


def write(text: str) -> None:
    """Put `text` on stdout at once, without a newline of its own."""
    # Not click.echo: where the terminal is ASCII it writes UTF-8 all the same.
    sys.stdout.write(harmless(text))
    sys.stdout.flush()


def remark(text: str) -> None:
    """Say a line on stderr."""
    sys.stderr.write(harmless(text) + "\n")
    sys.stderr.flush()


def ask(prompt: str) -> str:
    """One line from the user; EOFError at Ctrl-D, KeyboardInterrupt at Ctrl-C."""
    return _SURROGATE.sub("\ufffd", input(prompt))


def ask_lines(prompt: str) -> str:
    r"""What the user says: a line, lines that end in `\`, or a block between lines of `\"""`.

    Ctrl-D after the first line ends the input, Ctrl-C there drops it and asks again.
    """
    while True:
        first = ask(prompt)
        block = first.strip() == BLOCK
        if not block and not first.endswith("\\"):
            return first
        try:
            return "\n".join(_block() if block else _continued(first))
        except KeyboardInterrupt:
            write("\n")


def _block() -> Iterator[str]:
    while True:
        try:
            line = ask("... ")
        except EOFError:
            write("\n")
            return
        if line.strip() == BLOCK:
            return
        yield line


def _continued(line: str) -> Iterator[str]:
    while line.endswith("\\"):
        yield line[:-1]
        try:
            line = ask("... ")
        except EOFError:
            write("\n")
            return
    yield line


class Interrupt:
    """Whether Ctrl-C was pressed."""

    requested = False


@contextmanager
def catch_interrupt() -> Iterator[Interrupt]:
    """Inside, the first Ctrl-C only sets a flag; a second one raises KeyboardInterrupt.

    An exception at any line of a model's code could leave its slots and locks behind, so the
    reader of its stream looks at the flag between two chunks and closes the stream in order.
    """
    interrupt = Interrupt()

    def note(number: int, frame: FrameType | None) -> None:
        if interrupt.requested:
            signal.default_int_handler(number, frame)
        interrupt.requested = True

    before: Any = signal.signal(signal.SIGINT, note)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def waiting(text: str) -> Iterator[Status]:
    """A spinner on stderr while nothing can be shown; nothing where stderr is no terminal."""
    with Console(stderr=True, markup=False, emoji=False).status(text) as status:
        yield status


def show_share(status: Status, text: str, share: float | None) -> None:
    """Update the spinner's line."""
    status.update(text if share is None else f"{text} {share:.0%}")

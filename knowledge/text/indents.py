"""What the indents of neighbouring lines say: where a paragraph or an entry begins.

Two styles break lines by width. In one the first line of a paragraph is indented, in the other
(bibliographies, lists of names) the lines after the first. In verse every other line may be
indented. What the indents leave open is decided by the words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from knowledge.text.wrapping import CLOSERS, is_cjk, width

DEEPEST = 8  # columns; a line farther right is centred, a signature or a column
LEAST_VERSES = 4
LONGEST_ADDRESS = 40  # columns of "Dear Ms Berg,"
_SENTENCE_END = tuple(".!?。！？…")
_CAPITAL = re.compile(r"[\"'“‘(]?[A-Z\u00c0-\u00de]")


@dataclass(frozen=True)
class Indent:
    """Of a line: its columns beyond the leftmost neighbour, and what the indents say of it."""

    columns: int = 0
    anew: bool = False
    goes_on: bool = False


FLAT = Indent()


def lead(blanks: str) -> int:
    """The columns of the white space before a line."""
    return width(blanks.expandtabs(DEEPEST))


def indents_of(leads: Sequence[int], texts: Sequence[str]) -> list[Indent]:
    """For each of some neighbours what its indent says; `leads` are the columns before them."""
    least = min(leads)
    columns = [one - least if one - least <= DEEPEST else 0 for one in leads]
    if not any(columns):
        return [FLAT] * len(leads)
    steps = [after - before for before, after in pairwise(columns)]
    ended = [text.rstrip(CLOSERS).endswith(_SENTENCE_END) for text in texts]
    rises = [at for at, step in enumerate(steps, 1) if step > 0]
    falls = [at for at, step in enumerate(steps, 1) if step < 0]
    anew: set[int] = set()
    goes_on: set[int] = set()
    if _is_verse(columns, texts, ended):
        anew = {*rises, *falls}
    elif rises and falls:
        first_lines = sum(ended[at - 1] for at in rises) + (columns[0] > 0)
        entries = sum(ended[at - 1] for at in falls) + (columns[0] == 0)
        if first_lines > entries:
            anew = set(rises)
            goes_on = set(falls) if len(falls) > 1 else set()
        elif entries > first_lines and all(ended[at - 1] for at in falls):
            anew = set(falls)
    elif rises and _is_address(texts[rises[0] - 1], texts[rises[0]]):
        anew = set(rises)
    return [Indent(one, at in anew, at in goes_on) for at, one in enumerate(columns)]


def _is_verse(columns: Sequence[int], texts: Sequence[str], ended: Sequence[bool]) -> bool:
    """Whether every other line is indented, and all have a capital, or Chinese ones one length."""
    if len(texts) < LEAST_VERSES or not all(
        (one > 0) != (other > 0) for one, other in pairwise(columns)
    ):
        return False
    if all(map(is_cjk, texts)):
        return len(set(map(len, texts))) == 1
    return all(map(_CAPITAL.match, texts)) and 2 * sum(ended) < len(texts)


def _is_address(line: str, after: str) -> bool:
    """Whether a letter begins: "Dear Ms Berg," and its first paragraph."""
    return (
        line.endswith((",", "，"))
        and width(line) <= LONGEST_ADDRESS
        and not re.search("[,，]", line[:-1])
        and _CAPITAL.match(after) is not None
    )

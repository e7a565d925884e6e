"""Cuts a text into blocks by its lines: paragraphs, list items and headings.

A line break inside a Latin sentence, as mails and PDFs have it, ends no block. Knows nothing of
sentences. Every look at a line is bounded or linear, whatever the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from knowledge.text.lines import (
    BULLET,
    CHAPTER,
    FIELD,
    MARKDOWN,
    NUMBERED,
    TextLine,
    item_text,
    lines_of,
)
from knowledge.text.spans import Span
from knowledge.text.wrapping import (
    CLOSERS,
    END_MARKS,
    is_cjk,
    is_finished,
    soft_ends,
    wrapped_items,
)

LONGEST_HEADING = 30  # characters of a Chinese heading; a longer line without end is a wrapped one
LONGEST_LATIN_HEADING = 70

_COMMAS = "，,、；;-–—"


@dataclass(frozen=True)
class Block:
    """A run of lines that belong together, without the white space around them."""

    span: Span
    heading: bool


def blocks(text: str, start: int, end: int) -> list[Block]:
    """The blocks of `text[start:end]` in order."""
    lines = lines_of(text, start, end)
    soft = _soft(lines)
    found: list[Block] = []
    run: list[TextLine] = []
    for at, line in enumerate(lines):
        if run and not (soft[at - 1] or _continues(run[-1], line)):
            found.append(_block(run, line))
            run = []
        run.append(line)
    if run:
        found.append(_block(run, None))
    return found


def soft_line_ends(text: str) -> list[tuple[int, int, bool]]:
    """What of a text is no part of its lines: from where, to where, and whether a sentence runs on.

    That is a line's end which a sentence runs through, with the marks of a quoted mail behind it;
    and such marks elsewhere.
    """
    lines = lines_of(text, 0, len(text))
    found: list[tuple[int, int, bool]] = []
    before: TextLine | None = None
    for line, soft in zip(lines, [False, *_soft(lines)], strict=False):
        if before is not None and soft:
            found.append((before.end, line.start, True))
        elif line.mark < line.start:
            found.append((line.mark, line.start, False))
        before = line
    return found


def _soft(lines: list[TextLine]) -> list[bool]:
    """For each line whether its sentence runs on, as far as the lines alone show it."""
    soft: list[bool] = []
    run: list[TextLine] = []
    for at, line in enumerate(lines):
        run.append(line)
        following = lines[at + 1] if at + 1 < len(lines) else None
        alone = MARKDOWN.match(line.text) or _is_chapter(line.text)
        if following is None or following.apart or alone or following.anew:
            ends = soft_ends([one.text for one in run], [one.indent.columns for one in run])
            soft += [
                end or (after.indent.goes_on and not is_finished(one.text))
                for end, (one, after) in zip(ends, pairwise(run), strict=True)
            ]
            soft.append(False)
            run = []
    return [one or item for one, item in zip(soft, _in_items(lines), strict=True)]


def _in_items(lines: list[TextLine]) -> list[bool]:
    """For each line whether its list item runs on into the next line."""
    found: list[bool] = []
    section: list[TextLine] = []
    for at, line in enumerate(lines):
        section.append(line)
        if at + 1 == len(lines) or lines[at + 1].apart:
            items = [item_text(one) for one in section]
            found += wrapped_items(
                [one.text for one in section], [one.lead for one in section], items
            )
            found.append(False)
            section = []
    return found


def _continues(before: TextLine, line: TextLine) -> bool:
    """Whether a sentence may run on from one line into the next."""
    if line.apart or MARKDOWN.match(before.text) or line.anew:
        return False
    last = before.text.rstrip(CLOSERS)[-1:] or before.text[-1]
    if last in _COMMAS:
        return True
    if is_cjk(before.text):
        return last not in END_MARKS and len(before.text) > LONGEST_HEADING
    if FIELD.match(before.text) and len(before.text) <= LONGEST_LATIN_HEADING:
        return not line.text[0].isupper()  # "Name: Ada" and a sentence below it
    return last not in ":：" and not _is_chapter(before.text)


def _is_chapter(text: str) -> bool:
    return bool(CHAPTER.match(text)) and len(text) <= LONGEST_LATIN_HEADING


def _block(run: list[TextLine], following: TextLine | None) -> Block:
    span = Span(run[0].start, run[-1].end)
    return Block(span, len(run) == 1 and following is not None and _heads(run[0], following))


def _heads(line: TextLine, following: TextLine) -> bool:
    """Whether a line on its own is the heading of what follows: short, and without end mark."""
    if MARKDOWN.match(line.text):
        return True
    cjk = is_cjk(line.text)
    longest = LONGEST_HEADING if cjk else LONGEST_LATIN_HEADING
    last = line.text.rstrip(CLOSERS)[-1:]
    if len(line.text) > longest or not last or last in END_MARKS or last in _COMMAS:
        return False
    if BULLET.match(line.text) or FIELD.match(line.text):
        return False
    if CHAPTER.match(line.text):
        return True
    alone = line.apart and following.apart
    return alone or (cjk and not NUMBERED.match(line.text))

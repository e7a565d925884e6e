"""Cuts a text into blocks by its lines: paragraphs, list items and headings.

A line break inside a Latin sentence, as mails and PDFs have it, ends no block. Knows nothing of
sentences. Every look at a line is bounded or linear, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.text.spans import Span
from knowledge.text.wrapping import CLOSERS, END_MARKS, is_cjk, soft_ends

LONGEST_HEADING = 30  # characters of a Chinese heading; a longer line without end is a wrapped one
LONGEST_LATIN_HEADING = 70

_LINE = re.compile(r"[^\n\r\f\v\x85\u2028\u2029]*(?:\r\n|[\n\r\f\v\x85\u2028\u2029]|$)")
_MARKDOWN = re.compile(r"#{1,6}[ \t]")
_BULLET = re.compile(r"[-*+•·●○■◆▪–—][ \t\u3000]|[•●○■◆▪]")
_NUMBERED = re.compile(
    r"(?:\d{1,3}(?:\.\d{1,3}){0,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)、．）][ \t\u3000]?(?!\d)"
    r"|\||[（(](?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[)）]|[①-⑳]"
)
_CHAPTER = re.compile(
    r"第[0-9一二三四五六七八九十百千零〇]{1,6}[章节節回部卷篇编条條]"
    r"|[一二三四五六七八九十]{1,3}[、．.]|[（(][一二三四五六七八九十]{1,3}[)）]"
    r"|(?:Chapter|Part|Section|Appendix)\s+[\dIVXA-Z]"
)
_FIELD = re.compile(
    r"(?![a-z])[^\s:：，。,.!?！？；;]{1,20}(?: [^\s:：，。,.!?！？；;]{1,20}){0,3}[:：]"
)
_COMMAS = "，,、；;-–—"


@dataclass(frozen=True)
class Block:
    """A run of lines that belong together, without the white space around them."""

    span: Span
    heading: bool


@dataclass(frozen=True)
class _Line:
    """A line that is not blank; `apart` where a blank line or nothing stands before it."""

    text: str
    start: int
    apart: bool
    anew: bool  # it begins a list item, a field or a chapter

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def blocks(text: str, start: int, end: int) -> list[Block]:
    """The blocks of `text[start:end]` in order."""
    lines = list(_lines(text, start, end))
    soft = _soft(lines)
    found: list[Block] = []
    run: list[_Line] = []
    for at, line in enumerate(lines):
        if run and not (soft[at - 1] or _continues(run[-1], line)):
            found.append(_block(run, line))
            run = []
        run.append(line)
    if run:
        found.append(_block(run, None))
    return found


def soft_line_ends(text: str) -> list[tuple[int, int]]:
    """Where a sentence runs through a line's end: the end of the one line's text and the beginning
    of the next one's."""
    lines = list(_lines(text, 0, len(text)))
    return [
        (line.end, after.start)
        for line, after, soft in zip(lines, lines[1:], _soft(lines), strict=False)
        if soft
    ]


def _soft(lines: list[_Line]) -> list[bool]:
    """For each line whether its sentence runs on, as far as the lines alone show it."""
    soft: list[bool] = []
    run: list[str] = []
    for at, line in enumerate(lines):
        run.append(line.text)
        following = lines[at + 1] if at + 1 < len(lines) else None
        alone = _MARKDOWN.match(line.text) or _is_chapter(line.text)
        if following is None or following.apart or alone or following.anew:
            soft += [*soft_ends(run), False]
            run = []
    return soft


def _lines(text: str, start: int, end: int) -> Iterator[_Line]:
    apart = True
    for match in _LINE.finditer(text, start, end):
        raw = match.group()
        stripped = raw.strip()
        if stripped:
            start = match.start() + len(raw) - len(raw.lstrip())
            yield _Line(stripped, start, apart, _begins_anew(stripped))
            apart = False
        else:
            apart = True


def _continues(before: _Line, line: _Line) -> bool:
    """Whether a sentence may run on from one line into the next."""
    if line.apart or _MARKDOWN.match(before.text) or line.anew:
        return False
    last = before.text.rstrip(CLOSERS)[-1:] or before.text[-1]
    if last in _COMMAS:
        return True
    if is_cjk(before.text):
        return last not in END_MARKS and len(before.text) > LONGEST_HEADING
    if _FIELD.match(before.text) and len(before.text) <= LONGEST_LATIN_HEADING:
        return not line.text[0].isupper()  # "Name: Ada" and a sentence below it
    return last not in ":：" and not _is_chapter(before.text)


def _begins_anew(text: str) -> bool:
    return any(rule.match(text) for rule in (_MARKDOWN, _BULLET, _NUMBERED, _CHAPTER, _FIELD))


def _is_chapter(text: str) -> bool:
    return bool(_CHAPTER.match(text)) and len(text) <= LONGEST_LATIN_HEADING


def _block(run: list[_Line], following: _Line | None) -> Block:
    span = Span(run[0].start, run[-1].end)
    return Block(span, len(run) == 1 and following is not None and _heads(run[0], following))


def _heads(line: _Line, following: _Line) -> bool:
    """Whether a line on its own is the heading of what follows: short, and without end mark."""
    if _MARKDOWN.match(line.text):
        return True
    cjk = is_cjk(line.text)
    longest = LONGEST_HEADING if cjk else LONGEST_LATIN_HEADING
    last = line.text.rstrip(CLOSERS)[-1:]
    if len(line.text) > longest or not last or last in END_MARKS or last in _COMMAS:
        return False
    if _BULLET.match(line.text) or _FIELD.match(line.text):
        return False
    if _CHAPTER.match(line.text):
        return True
    alone = line.apart and following.apart
    return alone or (cjk and not _NUMBERED.match(line.text))

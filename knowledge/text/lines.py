"""The lines of a text: what each begins, and the marks of a quoted mail before it.

What looks like the number of an item may be a part of a sentence that goes on from the line before:
"by⏎J. Smith", "am⏎3. Mai 1990". Every look at a line is bounded or linear, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from knowledge.text.indents import FLAT, Indent, indents_of, lead
from knowledge.text.wrapping import NARROWEST, ends_open, is_cjk, is_finished, width

_LINE = re.compile(r"[^\n\r\f\v\x85\u2028\u2029]*(?:\r\n|[\n\r\f\v\x85\u2028\u2029]|$)")
MARKDOWN = re.compile(r"#{1,6}[ \t]")
BULLET = re.compile(r"[-*+•·●○■◆▪–—][ \t\u3000]|[•●○■◆▪]")
NUMBERED = re.compile(
    r"(?:\d{1,3}(?:\.\d{1,3}){0,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)、．）][ \t\u3000]?(?!\d)"
    r"|\||[（(](?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[)）]|[①-⑳]"
)
_ITEM = re.compile(rf"(?:{BULLET.pattern}|{NUMBERED.pattern})[ \t\u3000]*")
CHAPTER = re.compile(
    r"第[0-9一二三四五六七八九十百千零〇]{1,6}[章节節回部卷篇编条條]"
    r"|[一二三四五六七八九十]{1,3}[、．.]|[（(][一二三四五六七八九十]{1,3}[)）]"
    r"|(?:Chapter|Part|Section|Appendix)\s+[\dIVXA-Z]"
)
FIELD = re.compile(
    r"(?![a-z])[^\s:：，。,.!?！？；;]{1,20}(?: [^\s:：，。,.!?！？；;]{1,20}){0,3}[:：]"
)
_BEGINNINGS = (MARKDOWN, BULLET, NUMBERED, CHAPTER, FIELD)
QUOTE = re.compile(r"(?:>[ \t]?){1,20}")
# These are inside sentences as often as they begin an item.
_INITIAL = re.compile(r"[A-Z]\.[ \t]?(?:-?[A-Z]\.[ \t]?){0,3}(?:(?:de|van|von) )?[A-Z][a-z’']")
# Before a quoted mail: "On Mon, Feb 3, 2025 at 4:12 PM Ada⏎Moreno wrote:".
_WHEN = re.compile(r"(?:On|Am|Le)\s[^\n]{0,80}\d|[^\n]{0,20}\d年")
_WROTE = re.compile(r".{0,80}(?:wrote|writes|schrieb|写道|寫道)[:：]$")
_DATE = re.compile(
    r"[0-3]?\d\.[ \t]?(?:[Jj]anu?|[Jj]än|[Ff]eb|[Mm]är|[Mm]ar|[Aa]pr|[Mm]a[ij]|[Jj]un|[Jj]ul"
    r"|[Aa]ug|[Ss]ep|[Oo][kc]t|[Nn]ov|[Dd]e[zsc])[a-zä]{0,7}\.?(?:[ \t]+\d{1,4}|[ \t]+[a-z]|[,.]|$)"
)


@dataclass(frozen=True)
class TextLine:
    """A line that is not blank, without the marks of a quotation before it.

    `apart` where a blank line, another speaker or nothing stands before it, `anew` where it begins
    a list item, a field or a chapter, or its indent shows a paragraph. `mark` is where its marks of
    quotation begin, `lead` the columns before it.
    """

    text: str
    start: int
    apart: bool
    anew: bool
    mark: int
    lead: int = 0
    indent: Indent = FLAT

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def lines_of(text: str, start: int, end: int) -> list[TextLine]:
    """The lines of `text[start:end]`."""
    lines = list(_plain_lines(text, start, end))
    if ">" in text:
        lines = _unquoted(lines)
    return _indented(_inside_sentences(lines))


def _plain_lines(text: str, start: int, end: int) -> Iterator[TextLine]:
    apart = True
    for match in _LINE.finditer(text, start, end):
        raw = match.group()
        stripped = raw.strip()
        if stripped:
            blanks = len(raw) - len(raw.lstrip())
            begin = match.start() + blanks
            yield TextLine(stripped, begin, apart, begins_anew(stripped), begin, lead(raw[:blanks]))
        apart = not stripped


def begins_anew(text: str) -> bool:
    return any(rule.match(text) for rule in _BEGINNINGS)


def item_text(line: TextLine) -> int | None:
    """The column in which the text of a list item begins; None for another line."""
    match = _ITEM.match(line.text)
    return line.lead + width(match[0]) if match else None


def begins_with_date(text: str) -> bool:
    """Whether the number at its beginning is that of a day: "3. Mai 1990"."""
    return _DATE.match(text) is not None


def _unquoted(lines: Sequence[TextLine]) -> list[TextLine]:
    """The lines of a mail without the ">" before those that it quotes."""
    quoted = [line.text.startswith(">") for line in lines]
    found: list[TextLine] = []
    depth = 0
    apart = False
    for at, line in enumerate(lines):
        # The first line of a part of a text may have lost its mark.
        beside = (at > 0 and (quoted[at - 1] or at == 1)) or quoted[at + 1 : at + 2] == [True]
        beside = beside or (at > 0 and _WROTE.match(lines[at - 1].text) is not None)
        match = QUOTE.match(line.text) if quoted[at] and beside else None
        left = line.text[match.end() :].lstrip() if match else line.text
        if match and left[:1].isdecimal() and not _speaks(lines, at):
            match, left = None, line.text  # "> 5 mm"
        now = match[0].count(">") if match else 0
        apart = apart or line.apart or (now != depth and at > 0 and not (at == 1 and now))
        depth = now
        if left:
            begin = line.end - len(left)
            blanks = line.text[match.end() : len(line.text) - len(left)] if match else ""
            columns = lead(blanks) if match else line.lead
            found.append(TextLine(left, begin, apart, begins_anew(left), line.start, columns))
        apart = not left
    return found


def _speaks(lines: Sequence[TextLine], at: int) -> bool:
    """Whether a quoted line beside this one begins with a word."""
    near = (*lines[max(0, at - 1) : at], *lines[at + 1 : at + 2])
    words = (QUOTE.sub("", one.text, count=1) for one in near if one.text.startswith(">"))
    return any(one.lstrip()[:1].isalpha() for one in words)


def _inside_sentences(lines: list[TextLine]) -> list[TextLine]:
    """The lines; those that only look like an item begin nothing."""
    found = list(lines)
    begin = 0
    for at in range(1, len(lines) + 1):
        if at < len(lines) and not lines[at].apart:
            continue
        initials = [one for one in range(begin, at) if _INITIAL.match(lines[one].text)]
        dates = [one for one in range(begin, at) if _DATE.match(lines[one].text)]
        for alike in (initials, dates):
            # Two of them are a list, of persons or days.
            if len(alike) == 1 and alike[0] > begin and _runs_on(lines[alike[0] - 1].text):
                found[alike[0]] = replace(lines[alike[0]], anew=False)
        for before, one in pairwise(range(begin, at)):
            if _WHEN.match(lines[before].text) and _WROTE.match(lines[one].text):
                found[one] = replace(lines[one], anew=False)
        begin = at
    return found


def _indented(lines: list[TextLine]) -> list[TextLine]:
    """The lines with what their indents say, among those without a blank line between them."""
    found: list[TextLine] = []
    begin = 0
    for at in range(1, len(lines) + 1):
        if at < len(lines) and not lines[at].apart:
            continue
        run = lines[begin:at]
        indents = indents_of([one.lead for one in run], [one.text for one in run])
        found += [
            replace(one, indent=indent, anew=one.anew or indent.anew)
            for one, indent in zip(run, indents, strict=True)
        ]
        begin = at
    return found


def _runs_on(line: str) -> bool:
    """Whether the line is no heading and no end of a sentence."""
    if is_finished(line) or MARKDOWN.match(line):
        return False
    return ends_open(line) or width(line) >= NARROWEST[is_cjk(line)]

"""Tells a line end inside a sentence from one between lines that stand for themselves.

Plain text, mails and text from a PDF have lines broken by width; verse, lists and texts with one
fact a line do not. Only the lines themselves are looked at: no dictionary, no language model.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise

from knowledge.text.language import HAN

NARROWEST = {True: 24, False: 40}  # columns of a page, in Chinese and other lines
WIDE = {True: 50, False: 60}  # a single line as wide as this fills a page
ALIKE = 2  # characters: so far apart are the first marks of lines of one form
SLACK = 4  # columns that may be free at the end of a full Chinese line

END_MARKS = "。！？!?….:：；;"
CLOSERS = "”’」』）)】》\"'"
_CJK_END = re.compile(f"[{HAN}\u3000-\u303f\uff00-\uffef]$")
_FIRST_WORD = re.compile(r"[!-~\u00c0-\u024f]+")
_INNER = re.compile(r"[，、。；]|[,;](?=\s+\S)|[.!?](?=\s+\S)")
_OPEN, _CLOSE = "（(《“「『【[", "）)》”」』】]"
# No line that stands for itself ends, or begins, with these.
_ENDS_OPEN = re.compile(
    r"(?:[的和与及或在于是为将被把对从向由以，、]"
    r"|\b(?:a|an|the|of|in|on|at|to|for|from|by|with|and|or|but|as|that|which|who|is|are|was|were"
    r"|has|have|had|be|been|his|her|its|their|this|these|into|than|am|im|vom|bis|zum|den|seit)"
    r"|[,;–—-])$"
)
_BEGINS_INSIDE = re.compile(
    r"[的了们着过，。、；！？）》”」』】]|[a-z][a-z'’]*(?:\s|[,.;]|$)|[,.;)\]]|[年月日时分岁%]"
)
# A line with a verb is the beginning of a sentence rather than a heading.
_STATES = re.compile(
    r"[是了曾将被]|[^：:]{1,12}[：:].{10,40}[与和及就对把以于在].|担任|出生|毕业|成立|位于|加入|获得|来自|任职|收购|生于|创办|创立|就读"
    r"|\b(?:is|was|are|were|has|had|will|said|became|met|won|sold|bought|[a-z]{2,}ed)\b"
)
_DAY = re.compile(r"\b(?:on|from|since|until|till|to|the) [0-3]?\d(?:st|nd|rd|th)?(?: of)?$")
_MONTH = re.compile(
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r"\b(?! [A-Z])"  # "May Holm scored"
)
# A table, or code.
_TABLE = re.compile(r"\t|\s\|\s| {3}|\w,\w+,\w|[{}]$|\w\((?:[^()]*\)[;:]|\))$")


def width(line: str) -> int:
    """Columns; a wide character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


def is_cjk(line: str) -> bool:
    """Whether the line ends in Chinese."""
    return bool(_CJK_END.search(line))


def is_finished(line: str) -> bool:
    """Whether the line ends with a mark that ends a sentence or leads to something new."""
    return (line.rstrip(CLOSERS)[-1:] or line[-1:]) in END_MARKS


def ends_open(line: str) -> bool:
    """Whether its last word or mark shows that the line is not whole."""
    return bool(_ENDS_OPEN.search(line))


def soft_ends(lines: Sequence[str], indents: Sequence[int]) -> list[bool]:
    """For each line but the last: whether its sentence runs on into the next line.

    `lines` are stripped neighbours without a blank line between them, none of which begins a list
    item, a field or a heading of its own; `indents` are the columns that each is indented by.
    """
    if len(lines) < 2:
        return []
    for measure in (width, len):
        full = _full(lines, indents, measure)
        if full is not None:
            return [
                not is_finished(line) and (is_full or ends_open(line) or _splits_date(line, after))
                for (line, after), is_full in zip(pairwise(lines), full, strict=True)
            ]
    soft: list[bool] = []
    begin = 0
    for at, line in enumerate(lines):
        if is_finished(line) or at == len(lines) - 1:
            run = lines[begin : at + 1]
            # Broken anywhere: only a finished sentence that shows it inside is one.
            broken = is_finished(line) and _shows_breaks(run)
            soft += [broken] * (len(run) - 1) + [False]
            begin = at + 1
    return soft[:-1]


def wrapped_items(
    lines: Sequence[str], leads: Sequence[int], items: Sequence[int | None]
) -> list[bool]:
    """For each line but the last: whether its list item runs on into the next line.

    `lines` are neighbours without a blank line between them, `leads` the columns before each, and
    `items` those in which the text of an item begins. On a wide page a full line runs on into one
    that begins where that text does, unless the lines of the item are facts of one form.
    """
    ends = [False] * (len(lines) - 1)
    page = max(lead + width(line) for lead, line in zip(leads, lines, strict=True))
    begin = 0
    for at in range(1, len(lines) + 1):
        start = items[begin]
        if at < len(lines) and items[at] is None and leads[at] == start:
            continue
        own = lines[begin:at]
        if start is not None and page >= WIDE[is_cjk(own[0])] and not _are_facts(own):
            for place, (before, line) in enumerate(pairwise(own), begin):
                word = _FIRST_WORD.match(line)
                room = width(word.group()) + 1 if word else SLACK
                full = leads[place] + width(before) + room >= page
                ends[place] = full and not is_finished(before)
        begin = at
    return ends


def _are_facts(lines: Sequence[str]) -> bool:
    return any(map(_TABLE.search, lines)) or _are_parallel(lines)


def _full(
    lines: Sequence[str], indents: Sequence[int], measure: Callable[[str], int]
) -> list[bool] | None:
    """For each line but the last whether it fills the page; None where the lines show no page."""
    if _are_facts(lines):
        return None
    cjk = is_cjk(lines[0])
    narrowest, wide, slack = NARROWEST[cjk], WIDE[cjk], SLACK if cjk else 0
    if measure is len and cjk:
        narrowest, wide, slack = narrowest // 2, wide // 2, slack // 2
        indents = [columns // 2 for columns in indents]
    ends = [measure(line) + indent for line, indent in zip(lines, indents, strict=True)]
    page = max(ends)
    full = []
    for end, after in zip(ends, lines[1:], strict=False):
        word = _FIRST_WORD.match(after)
        following = measure(word.group()) + 1 if word else 0
        full.append(end + max(following, slack) >= page)
    alone = len(full) == 1 and page >= wide and is_finished(lines[1])
    several = len(full) > 1 and sum(full) > 1 and 3 * sum(full) >= 2 * len(full)
    return full if page >= narrowest and (several or (alone and full[0])) else None


def _are_parallel(lines: Sequence[str]) -> bool:
    """Whether the lines are like facts of one form: no mark inside any, or all at one place."""
    marks = [_INNER.search(line) for line in lines]
    places = [mark.start() for mark in marks if mark]
    if not places:
        return len(lines) > 2 and not is_finished(lines[-1])
    return len(places) == len(lines) and max(places) - min(places) <= ALIKE


def _shows_breaks(run: Sequence[str]) -> bool:
    if any(map(_TABLE.search, run)):
        return False
    return any(_runs_on(*pair) for pair in pairwise(run))


def _splits_date(line: str, after: str) -> bool:
    """Whether the line end is inside a date: "on 4⏎October"."""
    return bool(_DAY.search(line) and _MONTH.match(after))


def _runs_on(line: str, after: str) -> bool:
    opened = sum(line.count(mark) for mark in _OPEN) > sum(line.count(mark) for mark in _CLOSE)
    return bool(
        opened
        or _INNER.search(line)
        or _STATES.search(line)
        or _ENDS_OPEN.search(line)
        or _splits_date(line, after)
        or _BEGINS_INSIDE.match(after)
    )

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
# The same of lines with keys, where more than one value runs on
NARROWEST_FIELDS, VALUE_SLACK = 12, 2

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
_DAY = re.compile(r"\b[0-3]?\d(?:st|nd|rd|th)?(?: of)?$")
_MONTH = re.compile(
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
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


def wrapped_values(lines: Sequence[str], fields: Sequence[bool]) -> list[bool]:
    """For each line but the last: whether the value of its field runs on into the next line.

    `lines` are neighbours without a blank line between them; `fields` tells which of them begin
    with a key. Values run on where every line without a key follows a line as wide as the page,
    and a field follows one of them: "甲方：成都融汇信息⏎技术有限公司⏎乙方：…".
    """
    ends = [False] * (len(lines) - 1)
    inner = [at for at, field in enumerate(fields) if not field]
    between = any(fields[at + 1 : at + 2] == [True] for at in inner)
    if not between or not fields[0] or any(map(_TABLE.search, lines)):
        return ends
    page = max(map(width, lines))
    for at in inner:
        before, following = lines[at - 1], _first_word(lines[at], VALUE_SLACK)
        narrowest = NARROWEST_FIELDS if len(inner) > 1 else NARROWEST[is_cjk(before)]
        if is_finished(before) or width(before) + following < page or page < narrowest:
            return [False] * len(ends)
        ends[at - 1] = True
    return ends


def wrapped_items(
    lines: Sequence[str], leads: Sequence[int], items: Sequence[int | None]
) -> list[bool]:
    """For each line but the last: whether its list item runs on into the next line.

    `lines` are neighbours without a blank line between them, `leads` the columns before each, and
    `items` those in which the text of an item begins. A full line runs on into one that begins
    where that text does.
    """
    ends: list[bool] = []
    page = max(lead + width(line) for lead, line in zip(leads, lines, strict=True))
    start: int | None = None
    for at, (before, line) in enumerate(pairwise(lines)):
        start = items[at] if items[at] is not None else start if ends[-1:] == [True] else None
        full = leads[at] + width(before) + _first_word(line, VALUE_SLACK) >= page
        wide = page >= NARROWEST[is_cjk(before)]
        below = items[at + 1] is None and leads[at + 1] == start
        ends.append(below and full and wide and not is_finished(before))
    return ends


def _first_word(line: str, slack: int) -> int:
    """The columns that the first word of a line would have taken at the end of the line before."""
    word = _FIRST_WORD.match(line)
    return width(word.group()) + 1 if word else slack


def _full(
    lines: Sequence[str], indents: Sequence[int], measure: Callable[[str], int]
) -> list[bool] | None:
    """For each line but the last whether it fills the page; None where the lines show no page."""
    if any(map(_TABLE.search, lines)) or _are_parallel(lines):
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

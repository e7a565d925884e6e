"""Lines as they stand on the pages of a PDF → the paragraphs that they were broken from.

A PDF knows where glyphs stand, not which lines belong together. A line goes on in the next one only
where the first word of that had no room left before the margin. Where the margin is not known,
since no line shows that it was broken there, the words too must go on. Titles, items of a list,
rows of a table and lines of a form keep their lines.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from documents.pdf.blocks import MAX_ORDERED
from documents.pdf.layout import Line, Page
from documents.pdf.ligatures import without_forms
from documents.pdf.segments import WIDE, width
from knowledge.text.hyphens import Written
from knowledge.text.language import HAN, holds_han
from knowledge.text.lines import begins_with_date

FULL = 0.72  # of the column's width; a shorter line is the last one of its paragraph
SLACK = 2.2  # sizes that a Chinese line may lack: a mark that must not begin the next one, and room
INDENT = 0.9  # sizes that a first line begins later, if it does
OTHER_SIZE = 1.08  # letters that are larger by this are those of a title
WIDER = 1.25  # of the usual distance of lines; a wider one parts paragraphs
PROSE_WIDTH = 24  # narrow characters; lists and labels are narrower, and prose hardly is
GOES_ON_SHARE = 0.4  # of the unfinished lines at the margin: so many go on if any do
ALIKE = 0.15  # of a column's width: by as much, another column may be wider or narrower
FULL_SHARE = 0.75  # of the lines of a column of running text
ABOUT = 1.5  # the room that a word needs is only estimated
SYMMETRY = 1.3  # of the left margin: where the right one is as small, lines that reach it are full
SENTENCE_END = "。！？!?….：:；;"
CLOSERS = "”’」』）)】》\"'"
_ITEM = re.compile(
    r"[-*•·●○■◆▪–—]\s|[•●○■◆▪①-⑳]|(?:\d{1,3}(?:\.\d{1,3}){0,3}[.)、．）]|\[\d{1,3}\])\s?(?!\d)"
    r"|[（(](?:\d{1,3}|[一二三四五六七八九十]{1,3}|[a-z])[)）]|[一二三四五六七八九十]{1,3}、"
    r"|第[0-9一二三四五六七八九十百]{1,4}[章节節条條]"
)
# A line with the beginning of a further sentence in it, which ends without a mark.
_INNER_END = re.compile(r"[a-z]{3}[.!?][”’)\"']{0,2} +[“‘(\"']?[A-Z\d]")
_HYPHENATED = re.compile(r"([^\W\d_]+)[-\u2010\u00ad]$")
_KEY = re.compile(
    r"[^\W\d_a-z][\w'’&/().#-]*(?: [\w'’&/().#-]+){0,4}:(?:\s|$)"
    r"|[（(]?[^\W\d_][^，。、；！？：:\s]{0,11}[：:]|[^\W\d_](?:[ \u3000]{1,4}[^\W\d_]){1,5}[：:]"
)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line, where its column ends, and whether lines of the column are known to be broken there.

    `distance` is the usual one to the next line. `alone` says that there is more room above
    and below, `short` that the line leaves room before the margin.
    """

    line: Line
    margin: float
    column: float
    known: bool
    distance: float
    page: int
    alone: bool
    short: bool


def join_pages(pages: Sequence[Page]) -> str:
    """One text, paragraphs apart by a blank line, rows of a table each in a line.

    Text aside on a page follows the last paragraph that ends there.
    """
    pages = [
        replace(page, lines=[replace(one, text=without_forms(one.text)) for one in page.lines])
        for page in pages
    ]
    bodies = [replace(page, lines=[one for one in page.lines if not one.aside]) for page in pages]
    found = _paragraphs(bodies)
    for number, page in enumerate(pages):
        aside = Page([one for one in page.lines if one.aside])
        found += [(number, paragraph) for _, paragraph in _paragraphs([aside])]
    return "\n\n".join(paragraph for _, paragraph in sorted(found, key=lambda one: one[0]))


def _paragraphs(pages: Sequence[Page]) -> list[tuple[int, str]]:
    """The paragraphs, each with the number of the page that it ends on."""
    placed = list(_placed(pages))
    words = Counter(
        word.lower() for one in placed for word in re.findall(r"[^\W\d_-]+", one.line.text)
    )
    written = Written("\n".join(one.line.text for one in placed))
    paragraphs: list[str] = []
    ends: list[int] = []
    before: _Placed | None = None
    for one in placed:
        piece = one.line.text.strip(" \u3000")
        if before is not None and _are_rows(before, one):
            paragraphs[-1] += "\n" + one.line.text.rstrip()
        elif before is None or _begins(before, one):
            paragraphs.append(piece)
        else:
            paragraphs[-1] = _joined(paragraphs[-1], piece, words, written)
        ends[len(paragraphs) - 1 :] = [one.page]
        before = one
    return list(zip(ends, paragraphs, strict=True))


def _placed(pages: Sequence[Page]) -> Iterator[_Placed]:
    edges = [_edges(page) for page in pages]
    extent = max((right - left for left, right in edges), default=0.0)
    columns = [ends for page in pages for ends in _columns(page)]
    for number, (page, (left, _)) in enumerate(zip(pages, edges, strict=True)):
        margin = left + extent
        reaches = page.width > 0 and margin >= page.width - max(SYMMETRY * left, left + 20)
        for lines in _by_block(page):
            own = _right(lines)
            start = min(line.left for line in lines)
            # A list may stand at the right of a column.
            symmetric = reaches and (start < page.width / 3 or _are_full(margin, lines))
            known = _is_broken_at(own, lines)
            end = next((b for a, b in columns if abs(a - start) < 9 and own <= b + 9), None)
            in_column = end is not None
            if end is None:
                end = own if known and not symmetric else max(margin, own)
            distance = _usual_distance(lines)
            for at, line in enumerate(lines):
                yield _Placed(
                    line, end, end - start, known or symmetric or in_column, distance, number,
                    _is_alone(lines, at, distance), end - line.right > (1 - FULL) * (end - start),
                )  # fmt: skip


def _is_alone(lines: Sequence[Line], at: int, distance: float) -> bool:
    """Whether the distance to the lines above and below is larger than usual."""
    around = [lines[one].base for one in (at - 1, at, at + 1) if 0 <= one < len(lines)]
    limit = WIDER * max(distance, lines[at].size)
    return all(upper - lower > limit for upper, lower in pairwise(around))


def _by_block(page: Page) -> list[list[Line]]:
    blocks: dict[int, list[Line]] = defaultdict(list)
    for line in page.lines:
        blocks[line.block].append(line)
    return list(blocks.values())


def _columns(page: Page) -> Iterator[tuple[float, float]]:
    """Where blocks with something beside them begin and end, if their lines are broken there.

    The words of a column may not show it: each line of short sentences may end with one. Then those
    of a column as wide beside it do, if its own lines are full.
    """
    blocks = _by_block(page)[:MAX_ORDERED]
    boxes = [
        (
            min(line.left for line in lines), _right(lines),
            max(line.base for line in lines), min(line.base for line in lines),
        )
        for lines in blocks
    ]  # fmt: skip
    broken = [_is_broken_at(box[1], lines) for box, lines in zip(boxes, blocks, strict=True)]
    for (left, right, top, bottom), is_broken, lines in zip(boxes, broken, blocks, strict=True):
        beside = [
            (at, other)
            for at, other in enumerate(boxes)
            if (other[0] >= right or other[1] <= left) and other[3] <= top and bottom <= other[2]
        ]
        shown = any(
            broken[at] and abs(other[1] - other[0] - right + left) < ALIKE * (right - left)
            for at, other in beside
        )
        if beside and (is_broken or (shown and _are_full(right, lines))):
            yield left, right


def _are_full(margin: float, lines: Sequence[Line]) -> bool:
    """Whether nearly all lines have no room for the first word of the next."""
    full = sum(margin - line.right <= _needed(line, after) for line, after in pairwise(lines))
    return full >= FULL_SHARE * (len(lines) - 1)


def _edges(page: Page) -> tuple[float, float]:
    single = [line for line in page.lines if line.cells == 1] or page.lines
    return (min(line.left for line in single), _right(single)) if single else (0.0, 0.0)


def _right(lines: Sequence[Line]) -> float:
    """Where the lines end at most; of many, a few may stand out."""
    ends = sorted(line.right for line in lines)
    return ends[-1 - len(ends) // 20]


def _usual_distance(lines: Sequence[Line]) -> float:
    """That of most lines of one paragraph: the smaller ones of a block."""
    found = sorted(
        upper.base - lower.base for upper, lower in pairwise(lines) if upper.base > lower.base
    )
    return found[len(found) // 4] if found else 0.0


def _is_broken_at(margin: float, lines: Sequence[Line]) -> bool:
    """Whether some lines show by their words that they were broken there."""
    reaching = goes_on = 0
    for line, after in pairwise(lines):
        if margin - line.right <= _needed(line, after) and width(line.text) >= PROSE_WIDTH:
            inside = _goes_on(line.text, after.text)
            goes_on += inside
            reaching += inside or not _ends(line.text)
    return goes_on > 0 and goes_on >= GOES_ON_SHARE * reaching


def _goes_on(before: str, text: str) -> bool:
    """Whether the words say that the sentence was not at its end."""
    before, text = before.strip(), text.strip()
    if _ends(before) or _KEY.match(text) or _is_item(text) or "\t" in before + text:
        return False
    # A Chinese line may end or begin with a foreign name.
    if holds_han(text[:1]) or holds_han(before[-1:]) or (holds_han(before) and holds_han(text)):
        return re.search("[，。、；]", before) is not None and not before.endswith("；")
    if text[0].islower() or before.endswith((",", "-", "\u2010", "\u00ad")):
        return True
    return _INNER_END.search(before) is not None


def _is_item(text: str) -> bool:
    return _ITEM.match(text) is not None and not begins_with_date(text)


def _ends(text: str) -> bool:
    return text.rstrip().rstrip(CLOSERS).endswith(tuple(SENTENCE_END))


def _needed(line: Line, after: Line) -> float:
    """The room that the next line's first word would take, with the blank before it."""
    if WIDE.search(line.text.rstrip()[-1:]) or holds_han(after.text.strip()[:1]):
        latin = re.match(r"[!-~]*", after.text.strip())
        return line.size * max(SLACK, 0.55 * len(latin[0] if latin else ""))
    word = re.sub(f"[{HAN}].*", "", after.text.split(maxsplit=1)[0])
    share = (width(word) + 1) / max(width(after.text.strip()), 1)
    return max(share * (after.right - after.left), 0.3 * line.size)


def _are_rows(before: _Placed, one: _Placed) -> bool:
    """Whether the two are rows of one table."""
    last, line = before.line, one.line
    near = last.block == line.block or abs(last.left - line.left) < line.size
    return before.page == one.page and last.cells > 1 and line.cells > 1 and near


def _begins(before: _Placed, one: _Placed) -> bool:
    """Whether the line begins a paragraph, and does not go on with the one before."""
    line, last = one.line, before.line
    text = line.text.strip()
    if last.cells > 1 or line.cells > 1 or _is_item(text):
        return True
    if max(last.size, line.size) > OTHER_SIZE * min(last.size, line.size):
        return True
    if _stands_elsewhere(before, one):
        return True
    ended = _ends(last.text)
    if ended and (holds_han(last.text) != holds_han(text) or one.short):
        return True  # the other language has the word, or nothing speaks against a new paragraph
    if ended and (before.page, last.block) != (one.page, line.block):
        return True  # at the end of a page or a column
    if before.page != one.page and one.alone and one.short:
        return True
    room = before.margin - last.right
    needed = _needed(last, line)
    if not before.known:
        prose = width(last.text) >= PROSE_WIDTH
        return not (prose and _goes_on(last.text, text) and room <= needed)
    if _KEY.match(text) and (ended or _KEY.match(last.text.strip()) or room > needed):
        return True
    if _is_indented(before, one) and (ended or room > needed):
        return True
    return room > needed and not _may_go_on(before, text, room, needed)


def _stands_elsewhere(before: _Placed, one: _Placed) -> bool:
    """Whether there is a gap between the two, or they are no neighbours in the flow of the text."""
    last, line = before.line, one.line
    if before.page != one.page:
        return False
    if last.block != line.block:
        return not (line.left >= last.right and line.base > last.base)
    return last.base - line.base > WIDER * max(before.distance, last.size)


def _is_indented(before: _Placed, one: _Placed) -> bool:
    """Other than below an item, whose lines stand below its text."""
    if before.page != one.page or before.line.block != one.line.block:
        return False
    moved = one.line.left - before.line.left
    return moved > INDENT * one.line.size and not _is_item(before.line.text.strip())


def _may_go_on(before: _Placed, text: str, room: float, needed: float) -> bool:
    """Whether a line that left some room goes on all the same, as its words say."""
    last = before.line.text
    if room > (1 - FULL) * before.column or _ends(last) or _KEY.match(text):
        return False
    if holds_han(text[:1]) or WIDE.search(last.rstrip()[-1:]):
        return _goes_on(last, text) and room <= 2 * SLACK * before.line.size
    if text[0].islower() or last.rstrip().endswith(","):
        return True
    return room <= ABOUT * needed and _INNER_END.search(last) is not None


def _joined(paragraph: str, text: str, words: Counter[str], written: Written) -> str:
    """Both in one line, as they were before they were broken."""
    hyphenated = _HYPHENATED.search(paragraph[-80:])
    if hyphenated and text[0].islower():
        whole = (hyphenated[1] + re.split(r"[\W\d_]", text, maxsplit=1)[0]).lower()
        # Written with its hyphen elsewhere ("well-known"), it keeps it.
        keep = words[hyphenated[1].lower()] > 1 and words[whole] == 0
        return (paragraph if keep else paragraph[:-1]) + text
    if hyphenated and text[0].isupper():
        soft = paragraph.endswith("\u00ad")
        whole_name = soft or written.is_whole(
            hyphenated[1], re.split(r"[\W_]", text, maxsplit=1)[0]
        )
        if whole_name is not None:
            return (paragraph[:-1] if whole_name else paragraph) + text
    if WIDE.search(paragraph[-1]) or WIDE.search(text[0]):
        return paragraph + text
    return f"{paragraph} {text}"

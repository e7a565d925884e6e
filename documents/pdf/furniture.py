"""Running heads and page numbers of a PDF: which lines of its pages are not its text.

A line is taken for one only where all of this holds: it stands at the edge of a page and apart from
the text, at the same height on most pages, and is equal in every character, or differs by a number
that counts the pages along and is written as a page number. What is in doubt stays.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from itertools import pairwise

from documents.pdf.layout import Line, Page

LEAST_PAGES = 3  # two pages prove nothing
SHARE = 0.4  # of the pages; heads of left and right pages differ
APART = 1.25  # of the usual distance of two lines
USUAL_DISTANCE = 1.45  # of the size of letters, where no page has more than one line
MOST = 3  # a page's running heads are at most one of so many lines
SAME_HEIGHT = 3.0  # points
_NUMBER = re.compile(r"\d{1,5}")
# A number alone, or with what is written around the numbers of pages.
_ALONE = re.compile(
    r"[\s\-–—_.·•|/\[\]()（）<>~]*(?:第\s*)?(?:[Pp]age|PAGE|[Pp]\.?|[Pp]g\.?)?\s*\d{1,5}\s*页?"
    r"(?:\s*(?:of|/|／|，|,|\||共)?\s*共?\s*\d{1,5}\s*页?)?[\s\-–—_.·•|/\[\]()（）<>~]*"
)
# Beside a running head: set off by a mark, a wide gap, or a word for page.
_SET_OFF = re.compile(
    r"(?:\t|\s{2,}|\s*[|｜·•–—]\s*|\s*第\s*|.*\b(?:[Pp]age|PAGE|[Pp]\.|[Pp]g\.)\s*)$"
)
_SET_OFF_AFTER = re.compile(r"(?:\t|\s{2,}|\s*[|｜·•–—]\s*|\s*页)")


def without_furniture(pages: Sequence[Page]) -> list[Page]:
    """The pages without it. A running head stays where it stands first: it may be the title.

    The same holds for a watermark that is on most pages.
    """
    bodies = _without([[line for line in page.lines if not line.aside] for page in pages])
    asides = _without_repeats([[line for line in page.lines if line.aside] for page in pages])
    return [
        replace(page, lines=[*body, *aside])
        for page, body, aside in zip(pages, bodies, asides, strict=True)
    ]


def _without_repeats(pages: Sequence[list[Line]]) -> list[list[Line]]:
    groups: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, lines in enumerate(pages):
        for at, line in enumerate(lines):
            groups[_NUMBER.sub("0", line.text.strip())].append((number, at))
    gone = {
        place
        for places in groups.values()
        for same in _at_one_height(pages, places)
        for place in _furniture(pages, same)
    }
    return _left(pages, gone)


def _left(pages: Sequence[list[Line]], gone: Set[tuple[int, int]]) -> list[list[Line]]:
    return [
        [line for at, line in enumerate(lines) if (number, at) not in gone]
        for number, lines in enumerate(pages)
    ]


def _without(pages: Sequence[list[Line]]) -> list[list[Line]]:
    distance = _usual_distance(pages)
    numbers: set[tuple[int, int]] = set()
    heads: set[tuple[int, int]] = set()
    groups: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, lines in enumerate(pages):
        for at in _edges(lines):
            text = lines[at].text.strip()
            limit = min(distance, USUAL_DISTANCE) if _ALONE.fullmatch(text) else distance
            if _stands_apart(lines, at, limit):
                groups[_NUMBER.sub("0", text)].append((number, at))
    for places in groups.values():
        for same in _at_one_height(pages, places):
            alone = all(_ALONE.fullmatch(pages[page][at].text.strip()) for page, at in same)
            (numbers if alone else heads).update(_furniture(pages, same))
    return _left(pages, numbers if _are_too_many(pages, heads) else numbers | heads)


def _are_too_many(pages: Sequence[list[Line]], heads: set[tuple[int, int]]) -> bool:
    """Whether they are so much of a page that they are more likely its text: of a form, say."""
    counts = Counter(number for number, _ in heads)
    most = max(counts.values(), default=0)
    usual = statistics.median([len(lines) for lines in pages if lines] or [0])
    return MOST * most > usual


def _edges(lines: list[Line]) -> set[int]:
    """The two highest lines and the two lowest."""
    by_height = sorted(range(len(lines)), key=lambda at: -lines[at].base)
    return {*by_height[:2], *by_height[-2:]}


def _usual_distance(pages: Sequence[list[Line]]) -> float:
    gaps = [
        (upper.base - lower.base) / upper.size
        for lines in pages
        for upper, lower in pairwise(lines)
        if upper.block == lower.block and lower.base < upper.base
    ]
    return sorted(gaps)[len(gaps) // 4] if gaps else USUAL_DISTANCE


def _stands_apart(lines: list[Line], at: int, distance: float) -> bool:
    """Whether there is more room towards the text, or the letters have another size.

    A line above a running head, or below, belongs to the page's edge with it.
    """
    by_height = sorted(range(len(lines)), key=lambda one: -lines[one].base)
    place = by_height.index(at)
    upwards = (place >= len(lines) - 2 and place >= 2) or place == len(lines) - 1 > 0
    downwards = place < 2
    if len(lines) == 1:
        return True
    return (downwards and _leaves_room(lines, by_height, place, 1, distance)) or (
        upwards and _leaves_room(lines, by_height, place, -1, distance)
    )


def _leaves_room(
    lines: list[Line], by_height: list[int], place: int, way: int, distance: float
) -> bool:
    limit = 2 if way == 1 else len(lines) - 3
    while 0 <= place + way < len(lines):
        here, next_one = lines[by_height[place]], lines[by_height[place + way]]
        size = min(here.size, next_one.size)
        wide = abs(here.base - next_one.base) > APART * distance * size
        if wide or max(here.size, next_one.size) > 1.08 * size:
            edge = place + 1 if way == 1 else len(lines) - place
            # Of two lines set off from a single one, the two are more likely the text.
            return edge == 1 or edge < len(lines) - edge
        place += way
        if place == limit:
            break
    return False


def _at_one_height(
    pages: Sequence[list[Line]], places: Iterable[tuple[int, int]]
) -> list[list[tuple[int, int]]]:
    """The places, those of one height together."""
    groups: list[list[tuple[int, int]]] = []
    height = 0.0
    for number, at in sorted(places, key=lambda one: pages[one[0]][one[1]].base):
        base = pages[number][at].base
        if not groups or base - height > SAME_HEIGHT:
            groups.append([])
            height = base
        groups[-1].append((number, at))
    return [sorted(group) for group in groups]


def _furniture(pages: Sequence[list[Line]], places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of the places that go; a head's first one does not."""
    texts = [pages[number][at].text.strip() for number, at in places]
    least = max(LEAST_PAGES, SHARE * len(pages))
    equal: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for text, place in zip(texts, places, strict=True):
        equal[text].append(place)
    gone = [
        place
        for text, same in equal.items()
        if len(same) >= least
        for place in (same if _ALONE.fullmatch(text) else same[1:])
    ]
    for same in _counting_along(texts, places):
        alone = all(_ALONE.fullmatch(texts[places.index(place)]) for place in same)
        if len(same) >= (LEAST_PAGES if alone else least):
            gone += same if alone else same[1:]
    return gone


def _counting_along(
    texts: list[str], places: list[tuple[int, int]]
) -> Iterator[list[tuple[int, int]]]:
    """Those of the places that differ by the page's number alone, all else being equal."""
    numbers = [[int(one) for one in _NUMBER.findall(text)] for text in texts]
    for slot in range(max(map(len, numbers), default=0)):
        groups: dict[tuple[int, tuple[int, ...]], list[tuple[int, int]]] = defaultdict(list)
        for text, values, place in zip(texts, numbers, places, strict=True):
            if slot < len(values) and _is_page_number(text, slot):
                rest = (*values[:slot], *values[slot + 1 :])
                groups[values[slot] - place[0], rest].append(place)
        yield from (same for same in groups.values() if len({page for page, _ in same}) > 1)


def _is_page_number(text: str, slot: int) -> bool:
    if _ALONE.fullmatch(text):
        return True
    found = list(_NUMBER.finditer(text))[slot]
    before, after = text[: found.start()], text[found.end() :]
    if not after or re.fullmatch(r"\s*(?:of|/)\s*\d+|\s*页.*|\s*[-–—]", after):
        return _SET_OFF.search(before) is not None
    return not before and _SET_OFF_AFTER.match(after) is not None

"""Makes names of LAC's words: joins what it cuts too finely, drops what it only guesses.

Each rule was kept because it raised F1 on both halves of validation texts of two kinds
(encyclopaedia, microblog), never for one text's sake.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.base import Mention

NAMES = frozenset({"PER", "LOC", "ORG"})
LABELS = NAMES | {"TIME"}
NOUNS = frozenset({"n", "nz", "vn"})
# Below this LAC is wrong more often than right; names lose little recall and gain much precision.
CONFIDENCE = 0.5
SINGLE = 0.8  # a name of one character has to be surer

_DOTS = "·•・‧．"
_SITES = (
    "机场|车站|火车站|地铁站|码头|公园|广场|庄园|球场|体育场|体育馆|博物馆|美术馆|图书馆|教堂"
    "|遗址|水库|大桥|铁路|公路|隧道|大厦|酒店|剧院|城堡|要塞|校区|兵营|高地|水族馆"
)
# What ends a place that stands within the place before it: 北京 + 海淀公园, 四川省 + 资阳市.
_WITHIN = re.compile(
    f"(?:{_SITES}|大道|大陆|[省市县区州郡乡镇村街路道寺庙宫山湖岛河江港湾站馆塔桥])$"
)
_SITE = re.compile(f"(?:{_SITES}|半岛|群岛|山脉|盆地|平原|高原|海峡|监狱|基地|社区|街道)$")
_BODY = re.compile(
    "(?:大学|学院|中学|小学|公学|高中|医院|集团|协会|总会|学会|基金会|研究所|出版社|俱乐部|合唱团"
    "|乐团|乐队|法院|警察厅|自由军|工会|公会|旗舰店|影业|洋行)$"
)
_PART = re.compile("(?:[东西南北中]{1,2}部|一带|境内|地区|附近)$")
# Nouns to LAC, names to everybody: armies of a country or a dynasty, the bodies of the sky.
_ARMY = re.compile("[清宋俄日美苏英法德元明汉金辽淮湘晋魏蜀吴齐]军")
_SKY = frozenset({"地球", "月球", "火星", "金星", "木星", "土星", "水星", "太阳系", "银河系"})
# However foreign it sounds, no person is called so.
_NO_PERSON = re.compile("...+(?:河|山|湖|岛|州|省|县|市|镇|村|城堡|群岛|半岛)")
# Tags of words that may be names of any kind: brands, titles, whatever LAC has no class for.
_OPEN = frozenset({"nz", "nw"})
_TITLE = re.compile(r"《([^《》\n]{1,40})》")
_EMOTICON = re.compile(r"\[[^\[\]\n]{1,5}\]")


@dataclass(frozen=True)
class Word:
    """text[start:end] with LAC's tag; `confidence` in (0, 1]."""

    tag: str
    start: int
    end: int
    confidence: float


def to_mentions(text: str, words: Sequence[Word]) -> list[Mention]:
    """The names and times among the words of one piece of the text, in its order."""
    named = (_named(text, word) for word in words)
    trimmed = [word for word in (_trimmed(text, word) for word in named) if word.end > word.start]
    found = _with_heads(text, _joined_places(text, _joined_at_dots(text, trimmed)))
    found = [_without_part(text, word) for word in found if word.tag in LABELS]
    emoticons = [match.span() for match in _EMOTICON.finditer(text, *_span(words))]
    return [
        Mention(word.tag, word.start, word.end)
        for word in found
        if _trusted(word) and not any(a <= word.start and word.end <= b for a, b in emoticons)
    ]


def to_candidates(text: str, words: Sequence[Word]) -> list[Mention]:
    """What may be a name among the words of one piece: weak guesses, brands, titles in 《》."""
    titles = [
        Mention("WORK", title.start(1), title.end(1), sure=False)
        for title in _TITLE.finditer(text, *_span(words))
    ]
    trimmed = (_trimmed(text, word) for word in words)
    weak = [
        Mention(word.tag if word.tag in NAMES else "", word.start, word.end, sure=False)
        for word in trimmed
        if word.tag in NAMES | _OPEN and word.end - word.start > 1
    ]
    return [*titles, *weak]


def _span(words: Sequence[Word]) -> tuple[int, int]:
    return (words[0].start, words[-1].end) if words else (0, 0)


def _named(text: str, word: Word) -> Word:
    """The word with the tag that its very form gives it."""
    if word.tag not in NOUNS | {"PER"}:
        return word
    written = text[word.start : word.end]
    if word.tag == "PER":
        return replace(word, tag="LOC") if _NO_PERSON.fullmatch(written) else word
    if _ARMY.fullmatch(written):
        return replace(word, tag="ORG")
    return replace(word, tag="LOC") if written in _SKY else word


def _trimmed(text: str, word: Word) -> Word:
    """A name without marks and blanks at its edges; empty if it holds nothing else."""
    if word.tag not in LABELS:
        return word
    start, end = word.start, word.end
    while start < end and not text[start].isalnum():
        start += 1
    while start < end and not (text[end - 1].isalnum() or text[end - 1] in "）)》”"):
        end -= 1
    return replace(word, start=start, end=end)


def _joined_at_dots(text: str, words: Sequence[Word]) -> list[Word]:
    """马修 · 范恩 is one person, if either half looks like one."""
    joined: list[Word] = []
    for at, word in enumerate(words):
        dotted = len(joined) > 1 and text[joined[-1].start : joined[-1].end] in _DOTS
        if dotted and joined[-2].end == joined[-1].start and joined[-1].end == word.start:
            first = joined[-2]
            halves = (first.tag, word.tag)
            if "PER" in halves and all(tag in NAMES | NOUNS for tag in halves):
                sure = max(first.confidence, word.confidence)
                joined[-2:] = [Word("PER", first.start, word.end, sure)]
                continue
        joined.append(words[at])
    return joined


def _joined_places(text: str, words: Sequence[Word]) -> list[Word]:
    """北京 + 海淀公园 is one place; 江西 + 丰城 stay two, for nothing says how they belong."""
    joined: list[Word] = []
    for word in words:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.tag == word.tag == "LOC"
            and last.end == word.start
            and word.end - word.start > 1
            and _WITHIN.search(text[word.start : word.end])
        ):
            sure = max(last.confidence, word.confidence)
            joined[-1] = Word("LOC", last.start, word.end, sure)
        else:
            joined.append(word)
    return joined


def _with_heads(text: str, words: Sequence[Word]) -> list[Word]:
    """A name and the noun that says what it names: 巴黎圣拉扎尔 + 车站, 哈罗 + 公学."""
    joined: list[Word] = []
    for word in words:
        last = joined[-1] if joined else None
        if last is not None and word.tag in NOUNS and last.end == word.start:
            noun = text[word.start : word.end]
            if last.tag in NAMES and _SITE.search(noun):
                joined[-1] = replace(last, tag="LOC", end=word.end)
                continue
            if last.tag in ("LOC", "ORG") and _BODY.search(noun):
                joined[-1] = replace(last, tag="ORG", end=word.end)
                continue
        joined.append(word)
    return joined


def _without_part(text: str, word: Word) -> Word:
    """华北地区 is 华北, 墨西哥北部 is 墨西哥: the part of a place is no part of its name."""
    part = _PART.search(text[word.start : word.end]) if word.tag == "LOC" else None
    if part is None or part.start() < 2:
        return word
    return replace(word, end=word.start + part.start())


def _trusted(word: Word) -> bool:
    if word.tag in NAMES and word.end - word.start == 1:
        return word.tag != "ORG" and word.confidence > SINGLE
    return word.confidence >= CONFIDENCE

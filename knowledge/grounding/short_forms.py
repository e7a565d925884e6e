"""The usual short forms of a name that stand in a text without an introduction."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from knowledge.grounding.source import Source
from knowledge.text.language import HAN
from knowledge.text.spans import Span

_SUFFIX_EN = re.compile(
    r",? (?:Corporation|Corp\.?|Incorporated|Inc\.?|Limited|Ltd\.?|LLC|PLC|plc|GmbH|AG|S\.A\."
    r"|N\.V\.|Co\.?(?:,? Ltd\.?)?|Company|Group|Holdings?)$"
)
_SUFFIX_ZH = re.compile("(?:控股|科技|技术)?(?:股份|有限|责任|集团)*(?:公司|集团)$")
_ORGANISATION = re.compile(
    "(?:大学|学院|学校|中学|公司|集团|组织|委员会|银行|医院|研究院|研究所|科学院|工程院|协会|联合会"
    "|联盟|法院|出版社|电视台|交易所|基金会|图书馆|博物院|博物馆)$"
)
_SMALL = {"of", "the", "and", "for", "in", "on", "at", "de", "&"}
_WORD = re.compile(r"[A-Z][\w’'-]+")
_PERSON = re.compile(
    r"[A-Z][\w’'-]+(?: (?:[A-Z]\.|[A-Z][\w’'-]+|de|van|von|der|la|da)){0,2} ([A-Z][\w’'-]{2,})"
)
_NO_PERSON = set(
    "New San Santa Los Las Saint St North South East West Northern Southern Eastern Western Upper"
    " Lower Hong Great United Mount Lake Port Fort Cape Nova Royal National International World"
    " Central Black White Red Old The Prize City County State Island Islands River Sea Ocean"
    " Bay Valley Mountain Mountains Park Street Road Avenue Bridge Tower Castle Palace Church"
    " University College School Institute Academy Library Museum Hospital Bank Company Group"
    " Corporation Association Society Union League Party Club Council Committee Department"
    " Ministry Office Agency Court House Press Times Post Award Cup War Treaty Act Project"
    " Technologies Systems Software Motors Airlines Records Pictures Studios".split()
)
_TITLES = set("Mr Mrs Ms Miss Dr Prof Professor Sir Lady Lord President Judge Captain".split())
_FORENAME = re.compile(r"(?<![\w’'-])([A-Z](?:[\w’'-]*|\.))\s$")
# After a short form of two characters, so that 北大 is not found in 北大街 or 东北大学.
_GOES_ON = re.compile(
    r"[，。、；：！？,.;:!?\s（()）”’」》]|[的是在和与及于为将已也都]|教授|学生|毕业|校|$"
)
_STARTS = re.compile(r"[东西南河湖华江]$")


def is_latin(name: str) -> bool:
    return re.search(f"[{HAN}]", name) is None


def shortens(short: str, name: str) -> bool:
    """Whether it is made of characters of a Chinese name, in order, but is no piece of it.

    A piece is more often something else: 北京 of 北京大学.
    """
    rest = iter(name)
    return (
        2 <= len(short) < len(name)
        and re.fullmatch(f"[{HAN}]+", short) is not None
        and short not in name
        and all(char in rest for char in short)
    )


def short_forms(name: str, source: Source, own: Sequence[Span]) -> Iterator[str]:
    """Those that could stand in the text; whether they do, the caller looks up."""
    if is_latin(name):
        yield from _latin(name, source, own)
    else:
        yield from _chinese(name, source)


def _latin(name: str, source: Source, own: Sequence[Span]) -> Iterator[str]:
    if name.startswith("The "):
        yield name.removeprefix("The ")
    bare = _SUFFIX_EN.sub("", name)
    if bare != name and len(bare) > 2:
        yield bare
    words = [word for word in name.split() if word not in _SMALL]
    if len(words) >= 3 and all(_WORD.fullmatch(word) for word in words):
        yield "".join(word[0] for word in words)
    person = _PERSON.fullmatch(name)
    if person and bare == name and _NO_PERSON.isdisjoint(words):
        if _is_last_name(person[1], source, own):
            yield person[1]


def _is_last_name(last: str, source: Source, own: Sequence[Span]) -> bool:
    """Whether it stands alone somewhere, and nobody else bears it."""
    alone = False
    inside = {place.end for place in own}
    for place in source.locate(last)[1]:
        if place.end in inside:
            continue
        before = _FORENAME.search(source.text[max(0, place.start - 30) : place.start])
        behind = re.match(r"\s[A-Z]", source.text[place.end : place.end + 2])
        named = before and before[1] not in _TITLES
        if named and before and not _opens(source, place.start - len(before[0])):
            return False
        alone = alone or not (named or behind)
    return alone


def _opens(source: Source, at: int) -> bool:
    """Whether a sentence begins there: its first word has a capital without being a name."""
    return any(source.sentences[source.sentence_at(at)].start == near for near in (at, at + 1))


def _chinese(name: str, source: Source) -> Iterator[str]:
    if "·" in name:
        last = name.rsplit("·", 1)[1]
        if len(last) >= 2 and not re.search(
            f"[·・]{re.escape(last)}", source.text.replace(name, "")
        ):
            yield last
    bare = _SUFFIX_ZH.sub("", name)
    if bare != name and len(bare) >= 2 and not bare.endswith(("市", "省", "国")):
        yield bare
    if _ORGANISATION.search(name) and len(name) >= 4:
        yield from _contracted(name, source.text)


def _contracted(name: str, text: str) -> Iterator[str]:
    """北大, 中科院, 世卫组织: the first character of the first word, then of further ones."""
    chars = f"[{re.escape(name[2:])}]"
    for match in re.finditer(f"{re.escape(name[0])}({chars}{{1,4}})", text):
        if _STARTS.search(text[max(0, match.start() - 1) : match.start()]):
            continue
        for length in range(len(match[1]), 0, -1):
            short = name[0] + match[1][:length]
            whole = short[-1] in name[-2:] and shortens(short, name)
            if whole and (length > 1 or _GOES_ON.match(text, match.start() + 2)):
                yield short
                break

"""Finds the other names of an entity in a text, by rules that a reader can follow.

A name is another one where the text says so ("WHO" in brackets behind it, 简称“北大”, "also known
as") or where it is the usual short form: a company without its suffix, a person's last name, the
initials, 北大 of 北京大学. In doubt it is none. Knows nothing of models.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from knowledge.grounding.short_forms import is_latin, short_forms, shortens
from knowledge.grounding.source import Source
from knowledge.items import Located
from knowledge.text.language import HAN
from knowledge.text.spans import Span

_MANY = 50  # places of the name that are looked at
_REACH = 120  # characters behind and before it

_QUOTED = r"[“\"「『‘']([^“”\"「」『』‘’']{2,30})[”\"」』’']"
_SAYS_ZH = re.compile(
    r"\s*[，,、;；（(]?\s*(?:以下|下文|又|亦|也|后|曾)?"
    r"(?:简称|[以文]?下称|下文称|缩写|又名|又称|亦称|也称|别名|别称|俗称|原名|本名|旧称|曾用名|曾名|笔名|艺名|改名|更名|英文名|译名)"
    rf"(?:为|作|叫|是)?[:：]?\s*(?:{_QUOTED}|([{HAN}A-Za-z·]{{2,20}}?)(?=[，,。；;、）)（(：:\s或]|$))"
)
_PROPER = r"[A-Z][\w&’'-]*(?:\s(?:(?:of|the|and|de|van|von|for)\s)?[A-Z][\w&’'-]*){0,5}"
_SAYS_EN = re.compile(
    r"\s*[,(;]\s*(?:or\s|also\s|better\s|commonly\s|usually\s|formerly\s|originally\s|hereinafter\s)*"
    r"(?:known as|called|referred to as|abbreviated(?: as| to)?|a\.?k\.?a\.?|hereinafter|née"
    r"|born(?! (?:(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December)\b|(?:Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)day\b)))"
    rf"\s*:?\s+(?:the\s)?(?:{_QUOTED}|({_PROPER}))"
)
_BRACKETS = re.compile(r"\s*[（(]([^（()）]{1,80})[）)]")
_PARTS = re.compile(r"[，,、;；/]|\bor\b|或")
_LEAD = re.compile(
    r"\s*(?:英文|英语|英|法语|德语|日语|全称|全名|简称|即|又称|the|short|abbr\.?)[:：名为]*\s*"
)
_ACRONYM = re.compile(r"[A-Z][A-Z0-9&.-]{1,9}")
_FOREIGN = re.compile(r"[A-Z][A-Za-zÀ-ž .,’'&-]{2,60}")
_CHINESE = re.compile(f"[{HAN}·]{{2,15}}")
_BEFORE = re.compile(rf"(?:([A-Z][A-Z0-9&.-]{{1,9}})|({_PROPER})|([{HAN}]{{2,6}}))\s*[（(]\s*$")
_IN_NO_NAME = re.compile("[的是了在于为被和与及]")
_TITLES = {"CEO", "CFO", "COO", "CTO", "PHD", "MBA", "MD", "USA", "US", "UK", "EU", "PRC"}
_TITLES |= {"NYSE", "NASDAQ", "AMEX", "HKEX", "LSE", "ADR", "IPO"}
# What stands in brackets behind a name to say where it belongs, not how else it is called.
_PLACES = frozenset(
    "中国 日本 韩国 朝鲜 美国 英国 法国 德国 意大利 西班牙 葡萄牙 荷兰 比利时 瑞士 瑞典 挪威"
    " 芬兰 丹麦 奥地利 波兰 俄罗斯 苏联 乌克兰 印度 泰国 越南 新加坡 马来西亚 印尼 澳大利亚"
    " 新西兰 加拿大 墨西哥 巴西 阿根廷 智利 南非 埃及 土耳其 伊朗 以色列 香港 台湾 澳门 北京"
    " 上海 天津 重庆 广州 深圳 欧洲 亚洲 非洲 美洲 China Japan Korea America England Britain"
    " France Germany Italy Spain Portugal Netherlands Belgium Switzerland Sweden Norway"
    " Finland Denmark Austria Poland Russia Ukraine India Thailand Vietnam Singapore Malaysia"
    " Indonesia Australia Canada Mexico Brazil Argentina Chile Egypt Turkey Iran Israel Taiwan"
    " Beijing Shanghai Shenzhen London Paris Berlin Tokyo Europe Asia Africa".split()
)
_REMARK = re.compile("(?:首都|省会|总部|总统|主席|人|队|籍|国|省|市|县)$|[’']s$")


class Aliases:
    """The other names of entities in one text; each entity's are searched once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._found: dict[str, dict[str, list[Span]]] = {}

    def of(self, name: str) -> dict[str, list[Span]]:
        if name not in self._found:
            self._found[name] = find_aliases(name, self._source)
        return self._found[name]


def find_aliases(name: str, source: Source) -> dict[str, list[Span]]:
    """Each other name of `name` that the text holds, and where, in order of the text."""
    own = source.locate(name)[1]
    found: dict[str, list[Span]] = {}
    for alias in dict.fromkeys([*_introduced(name, source, own), *short_forms(name, source, own)]):
        if alias == name or len(alias) < 2:
            continue
        status, spans = source.locate(alias)
        apart = [span for span in spans if not _overlaps(span, own)]
        if status == "verbatim" and apart:
            found[alias] = apart
    return dict(sorted(found.items(), key=lambda one: one[1][0].start))


def stated_aliases(name: str, source: Source) -> frozenset[str]:
    """Those that the text gives as names of `name`, without the usual short forms.

    They hold beyond this text; "Curie" for Marie Curie does not.
    """
    return frozenset(_introduced(name, source, source.locate(name)[1]))


def located(aliases: dict[str, list[Span]]) -> tuple[Located, ...]:
    """Each alias where it stands first."""
    return tuple(
        Located(alias, spans[0].start, spans[0].end, "verbatim") for alias, spans in aliases.items()
    )


def _overlaps(span: Span, others: Sequence[Span]) -> bool:
    """Whether it does with one of the others, which are in order and apart."""
    before = bisect_left(others, span.end, key=lambda other: other.start)
    return before > 0 and others[before - 1].end > span.start


def _introduced(name: str, source: Source, own: Sequence[Span]) -> Iterator[str]:
    """The names that the text itself gives as others of `name`."""
    for place in own[:_MANY]:
        behind = source.text[place.end : place.end + _REACH]
        yield from _said(behind)
        brackets = _BRACKETS.match(behind)
        named = False
        for part in _PARTS.split(brackets[1]) if brackets else ():
            part = part[lead.end() if (lead := _LEAD.match(part)) else 0 :].strip(" “”\"'‘’《》")
            # Behind a name an acronym may be another one; a word more often says where it is.
            acronym = _ACRONYM.fullmatch(part) is not None
            if (acronym or not named) and _is_other_name(name, part):
                named = named or not acronym
                yield part
        if behind.lstrip()[:1] in tuple("）),，、"):
            yield from _before(name, source.text[max(0, place.start - _REACH) : place.start])


def _said(behind: str) -> Iterator[str]:
    """What a chain such as ，原名甲，又名乙 names."""
    at = 0
    while match := _SAYS_ZH.match(behind, at) or _SAYS_EN.match(behind, at):
        quoted, plain = match.groups()
        if quoted:
            yield quoted.strip()
        elif not _IN_NO_NAME.search(plain):
            yield plain.strip()
        at = match.end()


def _before(name: str, text: str) -> Iterator[str]:
    """What stands before the brackets that hold `name`."""
    match = _BEFORE.search(text)
    if match is None:
        return
    acronym, proper, chinese = match.groups()
    if acronym and _is_other_name(name, acronym):
        yield acronym
    elif proper and _ACRONYM.fullmatch(name):
        yield from _spelt_out(name, proper)
    elif proper and not is_latin(name):
        yield proper
    for length in range(len(chinese or ""), 1, -1):
        if shortens(chinese[-length:], name):
            yield chinese[-length:]
            break


def _spelt_out(acronym: str, proper: str) -> Iterator[str]:
    """The last words of `proper` whose initials are the acronym's."""
    words = [*re.finditer(r"[A-Z][\w’'-]*", proper)]
    last = words[-len(acronym) :]
    if "".join(word[0][0] for word in last) == acronym:
        yield proper[last[0].start() :]


def _is_other_name(name: str, part: str) -> bool:
    """Whether `part`, alone in brackets behind the name or before it, can only be that."""
    if part in _PLACES:
        return False
    if _ACRONYM.fullmatch(part):
        if is_latin(name):
            return _abbreviates(part, name)
        return len(name) >= 4 and part not in _TITLES
    if is_latin(name):
        return _CHINESE.fullmatch(part) is not None and not _REMARK.search(part)
    return shortens(part, name) or _FOREIGN.fullmatch(part) is not None


def _abbreviates(acronym: str, name: str) -> bool:
    """Whether its letters stand in the name in this order, the first one first."""
    letters = [char.lower() for char in acronym if char.isalpha()]
    rest = iter(name.lower())
    return name[:1].lower() == letters[0] and all(letter in rest for letter in letters)

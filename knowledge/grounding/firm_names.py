"""Names of firms with a place or a kind in brackets: 南江集团（香港）有限公司, Norbury (UK) Ltd.

Models often end such a name at its bracket, or take the bracket for a name of its
own. What the text says shows the whole name.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace

from knowledge.raw import RawEntity, RawFact, RawItem
from knowledge.text.language import HAN

_LONGEST = 24  # characters of a name before its bracket
SHORTEST = 2
# What a bracket in the name of a firm does not hold: who somebody is, or how something is called.
_NOTE = "(?!男|女|左|右|化名|时任|现任|曾任|原|前|又|即|下称|以下|简称|音)"
_PLACE = rf"{_NOTE}(?P<inside>[{HAN}·]{{1,11}}[^长监理席事生士师员人授者名）)])"
# Right behind the bracket, or behind a few words of the firm's trade, none of which is a verb.
_KIND = "分?公司|集团|银行|基金|中心|研究院|医院|学校|大学|分行|支行|事务所"
_FORM = "有限公司|有限责任公司|股份有限公司|合伙企业|分公司|事务所"
_TRADE = rf"(?:(?![与和及在是的于为由被将就任了着过向从对到入并])[{HAN}]){{0,8}}?"
# Before a bracket, inside it, and behind it; a kind of partnership may also end the name.
_FIRM = re.compile(
    rf"(?P<before>[{HAN}A-Za-z0-9·&]{{2,{_LONGEST}}})[（(]{_PLACE}[）)]"
    rf"(?P<after>(?:{_TRADE}(?:{_FORM})|{_KIND})(?:[（(](?:特殊普通合伙|普通合伙|有限合伙)[）)])?)"
)
_PARTNERSHIP = re.compile(
    rf"(?P<before>[{HAN}A-Za-z0-9·&]{{2,{_LONGEST}}}(?:事务所|企业|中心|基金))"
    r"[（(](?P<inside>特殊普通合伙|普通合伙|有限合伙)[）)](?P<after>)"
)
_CAPITALISED = r"[A-Z0-9&][^\W_]*(?:['’.&-][^\W_]+)*"
_ENGLISH = re.compile(
    rf"\b(?P<before>{_CAPITALISED}(?: (?:{_CAPITALISED}|&|and|of)){{0,5}}) "
    r"\((?P<inside>[A-Z][^\W\d_.]*(?:[ &-][A-Z][^\W\d_]*){0,2})\)"
    r"(?P<after>(?: (?:Holdings|Group|Services|Trading))? (?:Pte\.? |Pty\.? |Co\.,? )?"
    r"(?:Ltd|Limited|Inc|Incorporated|LLC|LLP|plc|PLC|Corp|Corporation|GmbH|AG|SA|BV|NV|AB|Oy)\b"
    r"(?:\.(?=[,;)]| [a-z]))?)"  # not the end of the sentence
)
_PAIRS = {"）": "（", ")": "(", "》": "《", "】": "【", "”": "“"}


class FirmNames:
    """The bracketed names of one text.

    `classes`: the class that means places and the one that means organisations (LOC, ORG), where
    the request has them.
    """

    def __init__(self, text: str, classes: Mapping[str, str] | None = None) -> None:
        self._text = text
        classes = classes or {}
        self._place, self._organisation = classes.get("LOC"), classes.get("ORG")
        found = (
            *_FIRM.finditer(text), *_PARTNERSHIP.finditer(text), *_ENGLISH.finditer(text)
        )  # fmt: skip
        self._firms = sorted(found, key=lambda firm: firm.start())
        self._starts = [firm.start() for firm in self._firms]
        self._names: dict[str, str] = {}

    def complete(self, item: RawItem) -> RawItem | None:
        """The item with each firm's name whole; None for an entity that is only a piece of one."""
        if isinstance(item, RawEntity):
            name = self._whole(item.text)
            if not name:
                return None
            # 山东 of 山东(海阳)核电有限公司 was read as a place.
            misread = item.label == self._place and self._organisation and self._is_firm(name)
            label = self._organisation if misread else item.label
            return replace(item, text=name, label=label or item.label)
        if isinstance(item, RawFact):
            entity, value = self._whole(item.entity), self._whole(item.value)
            return replace(item, entity=entity or item.entity, value=value or item.value)
        head, tail = self._whole(item.head), self._whole(item.tail)
        return replace(item, head=head or item.head, tail=tail or item.tail)

    def _is_firm(self, name: str) -> bool:
        return any(firm.group() == name for firm in self._firms)

    def _whole(self, name: str) -> str:
        """The whole name, where all places of `name` are in one; empty where none begins one."""
        if len(name) < SHORTEST or not self._firms:
            return _balanced(name)
        if name not in self._names:
            self._names[name] = self._found(name)
        return self._names[name]

    def _found(self, name: str) -> str:
        whole: str | None = None
        for place in re.finditer(re.escape(name), self._text):
            firm = self._at(*place.span())
            if firm is None:
                return _balanced(name)
            if not whole:
                begins = place.start() < firm.end("before")
                whole = self._text[place.start() : firm.end()] if begins else ""
        return _balanced(name) if whole is None else whole

    def _at(self, start: int, end: int) -> re.Match[str] | None:
        """The firm of whose name this is a piece that reaches the bracket."""
        at = bisect_right(self._starts, start)
        near = self._firms[max(0, at - 2) : at]
        return next((f for f in near if f.end("before") <= end <= f.end()), None)


def _balanced(name: str) -> str:
    """Without a bracket at an edge whose other half is outside of the name."""
    for close, opening in _PAIRS.items():
        surplus = name.count(opening) - name.count(close)
        if surplus > 0 and name[:1] == opening:
            name = name[1:]
        elif surplus > 0 and name[-1:] == opening:
            name = name[:-1]
        elif surplus < 0 and name[-1:] == close:
            name = name[:-1]
        elif surplus < 0 and name[:1] == close:
            name = name[1:]
    return name

"""What a value means where it is wholly a date or a quantity: ISO 8601, or a number and its unit.

Written here because the libraries guess: dateparser fills a missing day or month with today's and
loses how precise a date was, cn2an reads Chinese numbers only. In doubt there is no meaning.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from knowledge.text.numerals import CHINESE, DIGITS, ENGLISH, SCALES, chinese_number, english_number

_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_MONTH = "(?P<month>" + "|".join(f"{m[:3]}(?:{m[3:]}|\\.)?" if m != "may" else m for m in _MONTHS)
_MONTH = _MONTH.replace("sep(?:tember|\\.)?", "sep(?:t?\\.?|tember)") + ")"
_DAY = r"(?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th)?"
# The year before the first of each era that counts in the calendar of today.
_ERAS = {"民国": 1911, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
_IN_DIGITS = r"(?:(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})[日号]?)?)?"
_IN_CHINESE = (
    "(?:(?P<month>[一二三四五六七八九十]{1,2})月(?:(?P<day>[一二三四五六七八九十]{1,3})[日号]?)?)?"
)
_DATES = [
    re.compile(pattern)
    for pattern in (
        rf"{_DAY}(?: of)? {_MONTH},? (?P<year>\d{{4}})",
        rf"{_MONTH} {_DAY}, ?(?P<year>\d{{4}})",
        rf"{_MONTH},? (?:of )?(?P<year>\d{{4}})",
        r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})",
        rf"(?:公元)?(?P<year>\d{{4}})年{_IN_DIGITS}",
        rf"(?:公元)?(?P<year>[零〇一二三四五六七八九]{{4}})年{_IN_CHINESE}",
        rf"(?P<era>{'|'.join(_ERAS)})(?P<year>\d{{1,3}}|[元一二三四五六七八九十百]{{1,4}})年"
        f"(?:{_IN_DIGITS}|{_IN_CHINESE.replace('>', '_zh>')})",
    )
]

_ABOUT = (
    r"(?P<about>大约|大概|约|近|将近|逾|超过|不到|about|around|approximately|approx\.|roughly|nearly"
    r"|almost|over|more than|some|c\.|ca\.|~)? ?"
)
# Units that stand behind Chinese numerals or digits; names such as 三国演义 have none of these.
_UNIT_ZH = (
    "(?:平方|立方)?(?:公里|千米|厘米|毫米|分米|米|英里|里|海里)|公顷|亩|顷|公斤|千克|毫克|克|吨|斤|升"
    "|毫升|瓦|千瓦|兆瓦|度|摄氏度|℃|元|美元|欧元|英镑|日元|港元|人民币|元人民币|年|个月|天|周|星期|小时"
    "|分钟|秒|岁|人|名|位|个|座|所|家|栋|幢|间|层|件|部|本|册|卷|篇|首|种|项|次|届|张|条|艘|辆|架|台|套"
    "|户|支|株|棵|头|只|字|集|章|回|%|‰"
)
_UNIT_EN = (
    r"(?!(?:of|in|to|and|or|by|at|on|as|is|was|th|st|nd|rd|s|d|am|pm)\b)"
    r"[a-z°µ][a-z°/²³-]*(?: [a-z²³-]+){0,2}"
    r"|%|‰|°[CF]|°|[kMGTm]?(?:W|Wh|Hz|B|V|Pa)|km²|USD|EUR|GBP|RMB"
)
_WORD = rf"(?:{ENGLISH})(?![a-z])"  # "ten", and not that of "tennis"
_QUANTITY = re.compile(
    rf"{_ABOUT}(?P<money>US\$|HK\$|[$€£¥])?"
    rf"(?P<number>-?\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|-?\d+(?:\.\d+)?|[{CHINESE}]+"
    rf"|{_WORD}(?:(?: and |[ -]){_WORD})*)"
    rf"(?P<more>余|多)?(?P<scale>[百千万亿]+|(?: ?(?:{'|'.join(SCALES)})(?![a-z])))?"
    "(?P<still>余|多)?"
    rf"(?: ?(?P<unit>{_UNIT_ZH}|{_UNIT_EN}))?(?P<or_so>左右|上下|以上|以下| or so| or more)?"
)
_PERCENT = re.compile(rf"百分之(?P<number>[{CHINESE}]+|\d+(?:\.\d+)?)")
# Words that make another number or a date of what stands before them.
_NO_UNITS = frozenset(
    "bc bce ad ce half halves third thirds quarter quarters fourth fourths fifth fifths tenth"
    " tenths percentile dozen dozens score".split()
) | {*SCALES, *_MONTHS, *(month[:3] for month in _MONTHS)}
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_SPACED_DATE = re.compile(r"(?<=\d) (?=[年月日号])|(?<=[年月]) (?=\d)")
_YEAR = re.compile(r"\d{2,}年")  # 98年 or 618年: a year more often than so many of them
_LAST_YEAR = 2199
_BARE_YEAR = re.compile(r"1\d{3}|20\d{2}|21\d{2}")
_ASKS_WHEN = re.compile(
    r"日期|年份|年代|(?<!持续)(?<!运行)(?<!所需)时间|\b(?:date|year|since|inception)\b"
    r"|\b(?:founded|established|opened|closed|completed|born|died|start|end)$"
    r"|\b(?:start|end) (?:time|of)\b",
    re.IGNORECASE,
)
_LONGEST = 60  # characters of a value that is looked at
_TENS_ZH = {"百": 100, "千": 1000, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}
_TENS_ZH |= {"百亿": 10**10, "千亿": 10**11, "万亿": 10**12}


@dataclass(frozen=True)
class Meaning:
    """`date` in ISO 8601, as precise as the text is, or `number` with its `unit`.

    `approximate`: the text says about, nearly, more than.
    """

    date: str | None = None
    number: int | float | None = None
    unit: str | None = None
    approximate: bool = False

    def to_json(self) -> dict[str, Any]:
        fields = {"date": self.date, "number": self.number, "unit": self.unit}
        present = {name: value for name, value in fields.items() if value is not None}
        return present | ({"approximate": True} if self.approximate else {})


def meaning(text: str, label: str = "") -> Meaning | None:
    """What `text` means, None unless the whole of it is a date or a quantity.

    `label` is the relation or key that it is the value of: "2012" is a year if that asks for one.
    """
    if len(text) > _LONGEST:
        return None
    plain = _plain(text)
    about = re.match(_ABOUT, plain)
    rest = plain[about.end() :] if about else plain
    if when := _date(rest.lower()):
        return Meaning(date=when, approximate=bool(about and about["about"]))
    if _BARE_YEAR.fullmatch(rest) and _ASKS_WHEN.search(label):
        return Meaning(date=rest, approximate=bool(about and about["about"]))
    return _quantity(plain)


def _plain(text: str) -> str:
    """In one width, with one kind of minus and blank; what is raised stays so ("km²", "10⁶")."""
    forms = [char if char in _RAISED else unicodedata.normalize("NFKC", char) for char in text]
    return _SPACED_DATE.sub("", " ".join("".join(forms).replace("−", "-").split()))


def _date(text: str) -> str | None:
    for pattern in _DATES:
        if match := pattern.fullmatch(text):
            found = match.groupdict()
            parts = [found.get(name) or found.get(f"{name}_zh") for name in ("month", "day")]
            return _iso(_year(found["year"], found.get("era")), [_part(part) for part in parts])
    return None


def _year(text: str, era: str | None) -> int:
    if era is None:
        return int("".join(str(DIGITS.get(char, char)) for char in text))
    return _ERAS[era] + (1 if text == "元" else _part(text) or 0)


def _part(text: str | None) -> int | None:
    """A month or a day: digits, Chinese numerals, or a month's name."""
    if text is None:
        return None
    if text.isdecimal():
        return int(text)
    if text[0] in CHINESE:
        return chinese_number(text) or 0
    return [month[:3] for month in _MONTHS].index(text[:3]) + 1


def _iso(year: int, parts: list[int | None]) -> str | None:
    month, day = parts
    if year > _LAST_YEAR:
        return None  # 5000年 is how long it lasted
    try:
        whole = date(year, 1 if month is None else month, 1 if day is None else day).isoformat()
    except ValueError:
        return None  # there is no such day
    return whole[: 4 if month is None else 7 if day is None else 10]


def _quantity(text: str) -> Meaning | None:
    if part := _PERCENT.fullmatch(text):
        known = _number(part["number"], "")
        return None if known is None else Meaning(number=known, unit="%")
    # "More than 300": the first letter of a sentence, and not that of "US$".
    match = _QUANTITY.fullmatch(text[:1].lower() + text[1:] if text[1:2].islower() else text)
    if match is None:
        return None
    number = _number(match["number"], (match["scale"] or "").strip())
    unit = match["money"] or match["unit"]
    if number is None or (match["money"] and match["unit"]):
        return None
    if _YEAR.fullmatch(text) or (unit and unit.lower().split()[0] in _NO_UNITS):
        return None
    loose = any(match[name] for name in ("about", "more", "still", "or_so"))
    return Meaning(number=number, unit=unit, approximate=loose)


def _number(text: str, scale: str) -> int | float | None:
    known: int | Decimal | None
    if text[0] in CHINESE:
        known = chinese_number(text)
    elif text[0].isalpha():
        known = english_number(text)
    else:
        known = Decimal(text.replace(",", ""))
    by = SCALES.get(scale) or _TENS_ZH.get(scale) if scale else 1
    if known is None or by is None:
        return None
    value = Decimal(known) * by
    return int(value) if value == value.to_integral_value() else float(value)

"""The classes of entities that everybody knows, under the names that people give them.

A user's `schema` may say PER, person or 人物 and means the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from knowledge.text.spans import Lang

# Short name → other names of it; lower case, one blank.
_NAMES: dict[str, str] = {
    "PER": "per,person,persons,people,person name,human,人物,人,人名,姓名",
    "LOC": "loc,location,locations,place,places,gpe,geopolitical entity,地点,地名,位置,地区,地方",
    "ORG": "org,organisation,organisations,organization,organizations,institution"
    ",机构,组织,组织机构,机构名",
    "TIME": "time,date,dates,times,时间,日期",
    "WORK": "work,works,work of art,creative work,作品",
    "PRODUCT": "product,products,产品,商品",
    "EVENT": "event,events,事件,活动",
    "MISC": "misc,miscellaneous,other,其他,其它",
}
# Kinds of the above.
_NARROWER: dict[str, str] = {
    "LOC": "city,cities,country,countries,state,province,river,mountain"
    ",城市,国家,省份,景点,河流,山脉",
    "ORG": "company,companies,university,universities,school,party,political party,team,band"
    ",government,hospital,bank,公司,企业,大学,学校,政府,球队,医院,银行,团体,政党,乐队",
}
_BROADER = {name: label for label, names in _NARROWER.items() for name in names.split(",")}
_BY_NAME = {name: label for label, names in _NAMES.items() for name in names.split(",")}

# What a short name means: a model may not know it.
_NOTES: dict[Lang, dict[str, str]] = {
    "zh": {
        "PER": "人的姓名",
        "LOC": "国家、城市、山河、场所",
        "ORG": "公司、学校、政府部门、球队、团体",
        "TIME": "日期、年份、时段",
        "WORK": "书、文章、影视、歌曲",
        "PRODUCT": "商品、软件、设备",
        "EVENT": "有名称的赛事、会议、战争",
        "MISC": "其他专有名称",
    },
    "en": {
        "PER": "names of people",
        "LOC": "countries, cities, rivers, venues",
        "ORG": "companies, schools, parties, teams, authorities",
        "TIME": "dates, years, periods",
        "WORK": "books, films, songs, articles",
        "PRODUCT": "goods, software, devices",
        "EVENT": "named events: wars, matches, conferences",
        "MISC": "other proper names",
    },
}


def common_label(name: str) -> str | None:
    """The short name of what a class name means, or None: "人物" → "PER"."""
    return _BY_NAME.get(_plain(name))


def broad_label(name: str) -> str | None:
    """The short name of what a class name means or is a kind of: "company" → "ORG"."""
    return common_label(name) or _BROADER.get(_plain(name))


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").split())


def classes_by_label(names: Iterable[str]) -> dict[str, str]:
    """Short name → the class name that means it; none where another class competes."""
    found: dict[str, list[str]] = {}
    competing: set[str] = set()
    for name in names:
        label = common_label(name)
        if label is not None:
            found.setdefault(label, []).append(name)
        elif broader := _BROADER.get(_plain(name)):
            competing.add(broader)
    return {
        label: classes[0]
        for label, classes in found.items()
        if len(classes) == 1 and label not in competing
    }


def explained(labels: Mapping[str, str], lang: Lang) -> dict[str, str]:
    """The labels, with a description of each short name to which the user gave none."""
    notes = _NOTES[lang]
    return {name: note or notes.get(name, "") for name, note in labels.items()}

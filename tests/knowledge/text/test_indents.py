"""Hard-wrapped text whose lines are indented: what goes on is one, what begins anew stays apart."""

from __future__ import annotations

import textwrap
import time

import pytest

from knowledge.grounding.source import Source
from knowledge.text.cleaning import cleaned
from knowledge.text.document import Document
from knowledge.text.normalising import fold
from knowledge.text.wrapping import width

GOES_ON = [
    (
        "Nordvik Steel was founded in 1901 by Nils\n    Berg, who had been "
        "a smith in Hamar, and by\n"
        "    his brother Ole. It closed in 1988.",
        ["Nordvik Steel was founded in 1901 by Nils Berg, who had been a smith in Hamar, and by "
         "his brother Ole. It closed in 1988."],
    ),
    (
        "The chair of the society is Beth\n  Rivers, who came from Hull.",
        ["The chair of the society is Beth Rivers, who came from Hull."],
    ),
    (
        "In 1990 the museum was given to the University\n        of Kerrow by the heirs of Tom\n"
        "        Achterberg.",
        ["In 1990 the museum was given to the University of Kerrow by the "
         "heirs of Tom Achterberg."],
    ),
    (
        "Moreno, Ada. The pumps of the northern counties, their\n    makers "
        "and users. Leeds: Helix\n"
        "    Press, 1990.\n"
        "Lee, Bob. A history of the town of Hull, its harbour and its\n    docks. York: Norr\n"
        "    Books, 1992.",
        ["Moreno, Ada. The pumps of the northern counties, their makers and users. Leeds: Helix "
         "Press, 1990.",
         "Lee, Bob. A history of the town of Hull, its harbour and its docks. York: Norr Books, "
         "1992."],
    ),
    (
        "    The yard was sold in May to Nordvik\n    Steel, which closed it in June and sent\n"
        "    the men home.",
        ["The yard was sold in May to Nordvik Steel, which closed it in "
         "June and sent the men home."],
    ),
    (
        "\tThe yard was sold in May to Nordvik\n\tSteel, which closed it in June.",
        ["The yard was sold in May to Nordvik Steel, which closed it in June."],
    ),
    (
        "   The yard was sold in May to Nordvik\nSteel, which closed it "
        "in June and sent the\nmen home.\n"
        "   The mayor of the town, Ida\nBerg, wrote to the owners.",
        ["The yard was sold in May to Nordvik Steel, which closed it in "
         "June and sent the men home.",
         "The mayor of the town, Ida Berg, wrote to the owners."],
    ),
    (
        "  The yard was sold in May to Nordvik Steel, and\nclosed in June, said the mayor of\n"
        "  The mayor of the town, Ida\nBerg, wrote to the owners.",
        ["The yard was sold in May to Nordvik Steel, and closed in June, said the mayor of",
         "The mayor of the town, Ida Berg, wrote to the owners."],
    ),
    (
        "　　陈国栋生于一九五〇年，曾在东江机床\n厂工作，后任厂长。\n　　李秀兰是他的妻子，"
        "在南江师范大\n学教书。",
        ["陈国栋生于一九五〇年，曾在东江机床厂工作，后任厂长。",
         "李秀兰是他的妻子，在南江师范大学教书。"],
    ),
    (
        "　　陈国栋生于一九五〇年，曾在东江机床\n　　厂工作，后任厂长。",
        ["陈国栋生于一九五〇年，曾在东江机床厂工作，后任厂长。"],
    ),
    (
        "陈国栋生于一九五〇年，曾在东江机床\n　　厂工作，后来担任这家工厂的厂\n　　长。",
        ["陈国栋生于一九五〇年，曾在东江机床厂工作，后来担任这家工厂的厂长。"],
    ),
    (
        "　　南江大桥由省路桥集团承建，二〇一九年动工，二〇二\n　　二年建成，"
        "总投资九亿元，总工程师是欧阳\n"
        "　　娜娜。",
        ["南江大桥由省路桥集团承建，二〇一九年动工，二〇二二年建成，总投资九亿元，"
         "总工程师是欧阳娜娜。"],
    ),
    (
        "    南江大桥全长一千二百米，由省路桥\n集团承建。\n    北江隧道由华新公司承建，"
        "去年通\n车。",
        ["南江大桥全长一千二百米，由省路桥集团承建。", "北江隧道由华新公司承建，去年通车。"],
    ),
    (
        "> The yard was sold to Nordvik\n>   Steel in May, and closed.",
        ["The yard was sold to Nordvik Steel in May, and closed."],
    ),
    (
        ">   She met the mayor, Ida\n> Berg, in the harbour of Hamar.\n"
        ">   Then she wrote to Nordvik\n"
        "> Steel about the boats.",
        ["She met the mayor, Ida Berg, in the harbour of Hamar.",
         "Then she wrote to Nordvik Steel about the boats."],
    ),
    (
        "> 　　陈国栋曾任东江机床\n> 厂厂长，后来退休。\n> 　　李秀兰在南江师范大\n> 学教书。",
        ["陈国栋曾任东江机床厂厂长，后来退休。", "李秀兰在南江师范大学教书。"],
    ),
    (
        "  > The yard was sold to Nordvik\n  > Steel in May.",
        ["The yard was sold to Nordvik Steel in May."],
    ),
    (
        "1. The yard was sold in May to Nordvik\n   Steel.\n2. The mayor, "
        "Ida\n   Berg, wrote to them.",
        ["1. The yard was sold in May to Nordvik Steel.", "2. The mayor, Ida Berg, wrote to them."],
    ),
    ("From: Ida\n\n> On Monday the owner of the yard, Nils\n>    Berg, "
     "met the mayor of Hamar, Beth\n>    Rivers.",
     ["From: Ida",
      "On Monday the owner of the yard, Nils Berg, met the mayor of Hamar, Beth Rivers."]),
    (">> 　　李秀兰现任南江师范大学\n>> 教授，著有《大\n>> 桥》。",
     ["李秀兰现任南江师范大学教授，著有《大桥》。"]),
    ("   (a) the yard at Hamar, which belongs to Nordvik\n       Steel, "
     "is to be closed;\n   (b) the men are to be paid by the Skarv\n"
     "       Group.",
     ["(a) the yard at Hamar, which belongs to Nordvik Steel, is to be closed;",
      "(b) the men are to be paid by the Skarv Group."]),
    ("    She was born at Kerrow on the 3rd of May 1901, a daughter "
     "of Tom\nAchterberg. At the age of ten she came to the school of "
     "the\nUniversity of Hull.\n    In 1920 she joined Nordvik\nSteel "
     "as a clerk.",
     ["She was born at Kerrow on the 3rd of May 1901, a daughter of Tom "
      "Achterberg. At the age of ten she came to the school of the University "
      "of Hull.",
      "In 1920 she joined Nordvik Steel as a clerk."]),
    ("BERG, Nils, smith, founder of Nordvik\n     Steel, born at Hamar.\n"
     "MOE, Ida, owner of the Skarv\n     Group, born at Oslo.\nRIVERS, "
     "Beth, auditor, of Kingston\n     upon Hull.",
     ["BERG, Nils, smith, founder of Nordvik Steel, born at Hamar.",
      "MOE, Ida, owner of the Skarv Group, born at Oslo.",
      "RIVERS, Beth, auditor, of Kingston upon Hull."]),
    ("　　一九八八年，东江机床厂被华新\n公司收购。\n　　两年以后，厂长陈国\n栋退休。",
     ["一九八八年，东江机床厂被华新公司收购。",
      "两年以后，厂长陈国栋退休。"]),
    ("  The board\n  met in Hamar and chose Beth\n  Rivers.",
     ["The board met in Hamar and chose Beth Rivers."]),
    ("* The yard at Hamar was sold to Nordvik\n  Steel in May.\n* The "
     "mayor of the town is Ida\n  Berg.",
     ["* The yard at Hamar was sold to Nordvik Steel in May.",
      "* The mayor of the town is Ida Berg."]),
    ("Poems\n\n    I wander thro' each charter'd street,\n      Near "
     "where the charter'd Thames does flow,\n    And mark in every face "
     "I meet\n      Marks of weakness, marks of woe.",
     ["Poems",
      "I wander thro' each charter'd street,",
      "Near where the charter'd Thames does flow,",
      "And mark in every face I meet",
      "Marks of weakness, marks of woe."]),
    ("Oslo\n  Ida Moe\nHamar\n  Nils Berg\n  Ole Berg",
     ["Oslo",
      "Ida Moe",
      "Hamar",
      "Nils Berg",
      "Ole Berg"]),
    ("> Hi Ida,\n>\n>   the yard was sold to Nordvik\n> Steel.\n>   "
     "I am sorry, said Beth\n> Rivers.",
     ["Hi Ida,",
      "the yard was sold to Nordvik Steel.",
      "I am sorry, said Beth Rivers."]),
    ("while True:\n    read()\n    if done:\n        break",
     ["while True:",
      "read()",
      "if done:",
      "break"]),
]  # fmt: skip

STAYS_APART = [
    "def area(side):\n    double = side * 2\n    return double * side",
    "if (a > b) {\n    swap(a, b);\n    count += 1;\n}",
    "Tyger Tyger, burning bright,\n  In the forests of the night;\n"
    "What immortal hand or eye,\n  Could frame thy fearful symmetry?",
    "Roses are red\n  Violets are blue\nSugar is sweet\n  And so are you",
    "Members of the board\n    Ada Moreno\n    Bob Lee\n    Cy Young",
    "Members of the board:\n    Ada Moreno, chair\n    Bob Lee, treasurer\n    Cy Young, auditor",
    "- Ada Moreno\n  - Bob Lee\n  - Cy Young",
    "成员：\n　　陈国栋\n　　李秀兰\n　　王强",
    "　　陈国栋，1950年生\n　　李秀兰，1962年生\n　　王强，1970年生",
    "各位代表：\n　　现在开会。",
    "　　床前明月光\n　　疑是地上霜\n　　举头望明月\n　　低头思故乡",
    "Dear Ida,\n    The yard was sold.",
    "Company profile\n    Helix Labs makes pumps.",
    "公司简介\n　　华东纺织机械厂成立于1950年，生产机器。",
    "  Name: Ada Moreno\n  Employer: Helix Labs",
    "  Ada Moreno works at Helix\n  Bob Lee lives in Leeds\n  Cy Young is in Hull",
    "name: Kex\non:\n  push:\n    branches: [main]\n  pull_request:\n"
    "jobs:\n  test:\n    runs-on: ubuntu",
    '{\n  "name": "Ada",\n  "city": "Leeds",\n  "tags": [\n    "a",\n    "b"\n  ]\n}',
    "Board\n  Ada Moreno\n  Bob Lee\nStaff\n  Cy Young\n  Dora Hill",
    "Ada Moreno\n    17 Harbour Street\n    5003 Bergen\n    Norway",
    "Nordvik Steel AS\n        Harbour Street 17\n        5003 Bergen",
    "Yours sincerely,\n        Ida Berg\n        Chair of the board",
    "Ingredients\n   200 g lentils\n   1 onion\n   2 carrots",
    "   Because I could not stop for Death,\n     He kindly stopped "
    "for me;\n   The carriage held but just ourselves\n     And Immortality.",
    "for x in names:\n    if x:\n        print(x)\n    else:\n        skip(x)\nprint(done)",
    '#include <stdio.h>\nint main(void) {\n    printf("hi");\n    return 0;\n}',
    "白日依山尽，\n　　黄河入海流。\n欲穷千里目，\n　　更上一层楼。",
    "会议议程\n　　一、开幕\n　　二、选举\n　　三、闭幕",
    "目录\n　　前言\n　　正文\n　　后记",
    "此致\n　　敬礼\n　　　　　　　　　陈国栋\n　　　　　　　　　二〇二四年五月三日",
    "　　陈国栋，男，厂长\n　　李秀兰，女，会计\n　　王建国，男，监事",
    "ADA\n    Where is the yard?\nBOB\n    In Hamar.\nADA\n    Who owns it?",
    "Term\n    A word.\nPhrase\n    Some words.",
    "Founders\n  Nils Berg, smith\n  Ole Berg, clerk\nOwners\n  Skarv "
    "Group, Bergen\n  Ida Moe, Oslo",
    "  Ada Moreno joined Helix Labs in 2012.\n  Bob Lee joined Norr "
    "Steel in 2013.\n  Cy Young joined Skarv in 2014.",
    "total 8\n  drwx a\n  drwx b",
    "Oslo     709037\n  centre  1048\nBergen   291940\n  centre  1070",
    "SELECT name\n    FROM people\n    WHERE city = 'Leeds'",
]


def lines(text: str) -> list[str]:
    return [line.strip() for line in cleaned(text).split("\n") if line.strip()]


@pytest.mark.parametrize(("text", "read"), GOES_ON)
def test_a_line_that_is_indented_goes_on(text: str, read: list[str]) -> None:
    assert lines(text) == read


@pytest.mark.parametrize("text", [*(text for text, _ in GOES_ON), *STAYS_APART])
def test_what_is_read_has_the_characters_of_the_text(text: str) -> None:
    read, sent = (fold(one)[0].replace(">", "") for one in (cleaned(text), text))
    assert read == sent


@pytest.mark.parametrize("text", STAYS_APART)
def test_indented_lines_that_stand_for_themselves(text: str) -> None:
    assert cleaned(text) == text


@pytest.mark.parametrize(
    ("text", "name", "sent"),
    [
        (GOES_ON[0][0], "Nils Berg", "Nils\n    Berg"),
        (GOES_ON[6][0], "Ida Berg", "Ida\nBerg"),
        (GOES_ON[10][0], "东江机床厂", "东江机床\n　　厂"),
        (GOES_ON[13][0], "Nordvik Steel", "Nordvik\n>   Steel"),
    ],
)
def test_offsets_count_in_the_text_as_sent(text: str, name: str, sent: str) -> None:
    _, places = Source(Document(text)).locate(name)
    assert [text[one.start : one.end] for one in places] == [sent]


EN = [
    "The trust that runs the marine station at Kerrow was founded in 1987 by Imogen Vale and her "
    "deputy, Tom Achterberg, who had both taught at the University of Hull. It has thirty members.",
    "In May the board of Nordvik Steel sold its yard at Hamar to the Skarv Group, a firm from "
    "Bergen that belongs to Ida Moe and her sons. The price was not told.",
    "Beth Rivers, the auditor of the group, left after a dispute about the accounts of 2019, and "
    "now works for Helix Labs in Leeds, where she writes a column for the Morning Herald.",
]
ZH = [
    "东江机床厂由陈国栋和他的兄弟陈国梁在一九五〇年创办，起初只做小型水泵，"
    "后来为上海的造船公司生产钢板，"
    "一九八八年被华新公司收购。",
    "李秀兰毕业于南江师范大学中文系，曾任南江日报记者，二〇〇三年出版长篇小说《大桥》，"
    "获得江南文学奖。",
    "南江大桥全长一千二百米，由省路桥集团承建，总工程师欧阳娜娜是浙江绍兴人，"
    "大桥于二〇二二年建成通车。",
]


def set_in(text: str, wide: int, first: str, rest: str) -> str:
    if text.isascii():
        return textwrap.fill(text, wide, initial_indent=first, subsequent_indent=rest)
    found, line = [], first
    for char in text:
        if width(line) >= wide and char not in "，。、；》":
            found.append(line)
            line = rest
        line += char
    return "\n".join([*found, line])


def end_sentences_only(read: list[str], paragraphs: list[str]) -> bool:
    """Whether the lines give the paragraphs, and are cut between sentences only."""
    whole = list(paragraphs)
    for line in read:
        if not whole or not whole[0].startswith(line) or line[-1] not in ".。":
            return False
        whole[0] = whole[0][len(line) :].lstrip()
        whole = whole if whole[0] else whole[1:]
    return not whole


@pytest.mark.parametrize("mark", ["", "> "])
@pytest.mark.parametrize(("first", "rest"), [(1, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize("blanks", ["  ", "   ", "    ", "        ", "\u3000\u3000"])
@pytest.mark.parametrize("paragraphs", [EN, ZH], ids=["en", "zh"])
def test_paragraphs_of_every_width_are_whole(
    paragraphs: list[str], blanks: str, first: int, rest: int, mark: str
) -> None:
    for wide in (36, 46, 60, 72):
        for count in (1, 2, 3):
            text = "\n".join(
                mark + line
                for one in paragraphs[:count]
                for line in set_in(one, wide, blanks * first, blanks * rest).split("\n")
            )
            assert end_sentences_only(lines(text), paragraphs[:count]), text


@pytest.mark.parametrize("unit", ["a\n b\n", "  陈\n国\n", ">  a\n> b\n", " \u3000", "A\n  B.\n"])
def test_the_time_is_linear(unit: str) -> None:
    began = time.process_time()
    cleaned(unit * (100_000 // len(unit)))
    assert time.process_time() - began < 2

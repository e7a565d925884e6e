"""Words whose letters stand apart, or that a line end divides."""

from __future__ import annotations

import time

import pytest

from knowledge.grounding.source import Source
from knowledge.text.cleaning import cleaned
from knowledge.text.document import Document
from knowledge.text.normalising import fold

WHOLE = [
    ("M a r t a   K l e i n was born in Graz.", "Marta Klein was born in Graz."),
    ("The chair, M a r t a   K l e i n , resigned.", "The chair, Marta Klein, resigned."),
    ("In 1901 S i e m e n s built the line to Hamar.", "In 1901 Siemens built the line to Hamar."),
    ("It was sold to N O R D V I K   S T E E L in May.", "It was sold to NORDVIK STEEL in May."),
    ("B e t h  R i v e r s\nauditor", "Beth Rivers\nauditor"),
    ("O l e   B e r g   and   I d a   M o e met.", "Ole Berg and Ida Moe met."),
    ("T h e   y a r d   w a s   s o l d   t o   N o r d v i k .", "The yard was sold to Nordvik."),
    ("他在中 国 科 学 院工作。", "他在中国科学院工作。"),
    ("陈国栋毕业于 北 京 大 学 ，后任教师。", "陈国栋毕业于北京大学，后任教师。"),
    ("厂长 陈 国 栋 说，工厂已经停产。", "厂长陈国栋说，工厂已经停产。"),
    ("他毕业于北京　大学，后来去了上海。", "他毕业于北京大学，后来去了上海。"),
    ("陈　伟是东江机床厂的厂长。", "陈伟是东江机床厂的厂长。"),
    ("会议由李　娜主持，王　强参加。", "会议由李娜主持，王强参加。"),
    ("《人 民 日 报》一九五〇年报道了此事。", "《人民日报》一九五〇年报道了此事。"),
    ("He was born in Buda-\npest and lived there.", "He was born in Budapest and lived there."),
    ("The bridge at Trond\u00ad\nheim was closed.", "The bridge at Trondheim was closed."),
    (
        "The house of Saxe-Coburg was old. Many of the Saxe-\nCoburg family went to Lisbon.",
        "The house of Saxe-Coburg was old. Many of the Saxe-Coburg family went to Lisbon.",
    ),
    (
        "MacDonald built the yard. In May the owner, Mac-\nDonald, sold it.",
        "MacDonald built the yard. In May the owner, MacDonald, sold it.",
    ),
    ("The owner of the yard was Mac\u00ad\nDonald, a smith.",
     "The owner of the yard was MacDonald, a smith."),
    (
        "The philosopher Jean-\nPaul Moreau lived in Lyon.",
        "The philosopher Jean-Paul Moreau lived in Lyon.",
    ),
    (
        "NORDVIK STEEL was sold. The men of NORD-\nVIK STEEL went home.",
        "NORDVIK STEEL was sold. The men of NORDVIK STEEL went home.",
    ),
    (
        "The well-known firm was sold. It is well-\nknown in Hull.",
        "The well-known firm was sold. It is well-known in Hull.",
    ),
    ("The painter J o h a n n   B e r g, born in 1840, died in Hull.",
     "The painter Johann Berg, born in 1840, died in Hull."),
    ("It was called V e r e i n i g t e   W e r k e A G until 1950.",
     "It was called Vereinigte Werke AG until 1950."),
    ("Herr M ü l l e r sold it to Frau S c h ä f e r.",
     "Herr Müller sold it to Frau Schäfer."),
    ("R E P O R T\nThe yard was sold.",
     "REPORT\nThe yard was sold."),
    ("A N N U A L   R E P O R T   1 9 9 0",
     "ANNUAL REPORT 1990"),
    ("I n   1 9 0 1   N i l s   B e r g   f o u n d e d   i t .",
     "In 1901 Nils Berg founded it."),
    ("M  a  r  t  a    K  l  e  i  n was born in Graz.",
     "Marta Klein was born in Graz."),
    ("She met O l e B e r g in Oslo.",
     "She met Ole Berg in Oslo."),
    ("我们采访了上 海 交 通 大 学的李教授。",
     "我们采访了上海交通大学的李教授。"),
    ("他是中　国　科　学　院院士，住在北京。",
     "他是中国科学院院士，住在北京。"),
    ("The Phil-\nharmonic played. The Philharmonic is old.",
     "The Philharmonic played. The Philharmonic is old."),
    ("Nord-\nrhein is a Land.",
     "Nordrhein is a Land."),
    ("The Baden-\nPowell family lived there.",
     "The Baden-Powell family lived there."),
    ("Ole McGregor came. It was Mc-\nGregor who sold it.",
     "Ole McGregor came. It was McGregor who sold it."),
    ("He is a co-\noperative man; the cooperative is old.",
     "He is a cooperative man; the cooperative is old."),
    ("The Leeds-\nBradford line and the Leeds-Bradford road.",
     "The Leeds-Bradford line and the Leeds-Bradford road."),
    ("Rio Tinto-\nZinc was sold to Norr.",
     "Rio Tinto-Zinc was sold to Norr."),
    ("Die Firma wurde von K a r l   B r a n d t gegründet.",
     "Die Firma wurde von Karl Brandt gegründet."),
    ("E L I Z A B E T H   R I V E R S was the first auditor.",
     "ELIZABETH RIVERS was the first auditor."),
    ("The word t r u s t   d e e d is printed wide.",
     "The word trust deed is printed wide."),
    ("In L o n d o n and P a r i s it was sold.",
     "In London and Paris it was sold."),
    ("本刊主编是欧 阳 修 文，副主编是李娜。",
     "本刊主编是欧阳修文，副主编是李娜。"),
    ("大会在人 民 大 会 堂举行。",
     "大会在人民大会堂举行。"),
    ("他把书献给了王　芳。",
     "他把书献给了王芳。"),
    ("工程由华新　公司承建，去年完工。",
     "工程由华新公司承建，去年完工。"),
    ("It is the Liech-\ntenstein branch of Norr.",
     "It is the Liechtenstein branch of Norr."),
    ("Mont-\nSaint-Michel is an island.",
     "Mont-Saint-Michel is an island."),
    ("He lives in Wies-\nbaden, not in Baden-\nBaden; Baden-Baden is far.",
     "He lives in Wiesbaden, not in Baden-Baden; Baden-Baden is far."),
    ("O'Neill and MacArthur met. General Mac-\nArthur left.",
     "O'Neill and MacArthur met. General MacArthur left."),
    ("The Skarv-\nGroup, or Skarv Group, was sold.",
     "The Skarv-Group, or Skarv Group, was sold."),
    ("她在南江　师范大学教书。", "她在南江师范大学教书。"),
    ("此事由东江　日报报道。", "此事由东江日报报道。"),
    ("奖金给了张　伟。", "奖金给了张伟。"),
    ("工程由华新　集团公司承建。", "工程由华新集团公司承建。"),
    ("他被送到南江　人民医院。", "他被送到南江人民医院。"),
]  # fmt: skip

APART = [
    "姓名　职务\n陈国栋　厂长\n李娜　监事",
    "第一章　绪论",
    "第一章　绪论\n陈国栋是厂长。",
    "董事会成员\n陈国栋　董事长\n李秀兰　财务总监",
    "出席：陈国栋　李秀兰　王建国",
    "Vitamin A B C D and E are in it.",
    "The options are A B C D E F.",
    "The notes C D E F G are played.",
    "He got an A in maths.",
    "Let a b c be the sides.",
    "上 中 下 三册",
    "主编　陈国栋",
    "图一　南江大桥",
    "He chose plan B   C or D.",
    "北京　上海　广州",
    "一　二　三",
    "获奖的是陈国栋　李秀兰。",
    "出席会议的是陈国栋　李秀兰，会议由王强主持。",
    "公司总部设在浙江　绍兴。",
    "他去过的地方是北京　上海。",
    "奖品归了欧阳娜娜　王芳。",
    "代表团由陈国栋　李秀兰组成。",
    "他从南江　北江两地来。",
    "答案：A C D B A",
    "选 A C D 三项。",
    "血型 A B O 三种。",
    "各科成绩：语文 九 十 分",
    "甲　乙　丙三人到场。",
    "The teams P Q R S T U V met.",
    "Row A B C   Row D E F",
    "主席　陈国栋\n秘书　李娜",
    "联系人：王　芳　电话：555",
    "东 南 西 北 四个方向，各有一门。",
    "n o t e s",
    "S O S was sent.",
    "He has B A and M A degrees.",
    "张伟　李娜　王强，三人同行。",
    "鲁迅　著",
    "The formula is a b c d e f g.",
    "品名：黑麦面包　配料：黑麦粉、水、海盐　净含量：450克　生产商：谢尔盖面包坊。",
    "金栗区划沿革\n1952年　析樊川县置金栗县，治所老渡口\n1959年　并入樊川县",
    "第十世　承泽　光绪二十九年生　配：严氏　子：国桢、国栋。",
    "1. 白鹭屿灯塔　建于1908年，铁铸圆塔，高14.2米。",
    "父亲腿伤未愈，他不肯去省城。兄 仲明 手书　一九八六年九月十二日",
    "书名：我在冥府做会计　作者：半勺桂花糖，站点：青雀中文网。",
    "乘员 3 人，一门 20 mm 机关炮。",
    "评委　李娜，主席　王强。",
    "五月三日　星期五，会议在上海召开。",
    "李秀兰 女 汉族，一九六二年生。",
    "陈国栋　男　汉族，一九五〇年生。",
    "选项 A B C D 中只有一个正确。",
    "出席会议的有陈国栋　李秀兰　王建国。",
    "出席会议的有陈国栋　李秀兰。",
    "摘要　本文研究了大桥的历史，分为三部分。",
    "关键词　大桥　历史",
    "图三　大桥的全景，摄于一九九〇年。",
    "甲　我来了。\n乙　你好。",
    "姓名　职务　备注\n李娜　监事　兼职，一九九〇年起",
    "问　你是谁？",
    "The grades were A B A C B D.",
    "x y z are the axes.",
    "Plan A   Plan B   Plan C",
    "A B C D   A C B D   B A D C",
    "评委：张 王 李 赵，共四人。",
    "第二章　北江隧道，二〇一九年",
    "N E S W",
    "The players were K M P T and S.",
    "I O U",
    "   a   b   c\n   1   2   3",
    "X   Y   Z",
    "二〇二四年五月三日　星期五",
    "作者　陈国栋，上海人。",
    "H 2 O",
]


@pytest.mark.parametrize(("text", "read"), WHOLE)
def test_letters_that_stand_apart_are_words(text: str, read: str) -> None:
    assert cleaned(text) == read


@pytest.mark.parametrize("text", APART)
def test_words_and_single_letters_stay(text: str) -> None:
    assert cleaned(text) == text


@pytest.mark.parametrize("text", [*(text for text, _ in WHOLE), *APART])
def test_what_is_read_has_the_characters_of_the_text(text: str) -> None:
    read, sent = (fold(one)[0].replace("-", "") for one in (cleaned(text), text))
    assert read == sent


@pytest.mark.parametrize(
    ("text", "name", "sent"),
    [
        (WHOLE[0][0], "Marta Klein", "M a r t a   K l e i n"),
        (WHOLE[7][0], "中国科学院", "中 国 科 学 院"),
        (WHOLE[10][0], "北京大学", "北京　大学"),
        (WHOLE[14][0], "Budapest", "Buda-\npest"),
        (WHOLE[15][0], "Trondheim", "Trond\u00ad\nheim"),
        (WHOLE[19][0], "Jean-Paul Moreau", "Jean-\nPaul Moreau"),
    ],
)
def test_offsets_count_in_the_text_as_sent(text: str, name: str, sent: str) -> None:
    _, places = Source(Document(text)).locate(name)
    assert [text[one.start : one.end] for one in places] == [sent]


@pytest.mark.parametrize(
    "unit",
    ["a b ", "A b c d e  ", "陈 国 栋，", "陈\u3000国，", "a-\nb ", "M   ", "王 伟 ", "A-b-"],
)
def test_the_time_is_linear(unit: str) -> None:
    began = time.process_time()
    cleaned(unit * (100_000 // len(unit)))
    assert time.process_time() - began < 2

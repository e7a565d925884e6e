"""What models read: words whole, whatever keeps their characters apart in the text as sent."""

from __future__ import annotations

import pytest

from knowledge.grounding.source import Source
from knowledge.text.blocks import blocks
from knowledge.text.cleaning import cleaned
from knowledge.text.document import Document
from knowledge.text.sentences import sentences

WRAPPED = [
    ("陈国\n栋是东江\n机床厂厂长，后到北大\n进修。", "陈国栋是东江机床厂厂长，后到北大进修。"),
    ("陈国\r\n栋生于五十年代，曾在北京大\r\n学读书。", "陈国栋生于五十年代，曾在北京大学读书。"),
    ("林秋白毕业于南江\n师范大学。", "林秋白毕业于南江师范大学。"),
    ("据《南江\n日报》报道，大桥已经通车。", "据《南江日报》报道，大桥已经通车。"),
    ("大会将于10月9\n日在南江市举行。", "大会将于10月9日在南江市举行。"),
    (
        "南江大桥全长一千二百米，由省路桥集团承建，工程总投\n资九亿元，二〇一九年三月动工，二〇二二年国庆节前建成\n通车",
        "南江大桥全长一千二百米，由省路桥集团承建，工程总投资九亿元，二〇一九年三月动工，二〇二二年国庆节前建成通车",
    ),
    ("Ada\nMoreno joined Helix\nLabs in\nLeeds.", "Ada Moreno joined Helix Labs in Leeds."),
    ("Ada Moreno joined Helix\r\nLabs last May.", "Ada Moreno joined Helix Labs last May."),
    ("The plant was sold to Norr\nSteel for an undisclosed sum.",
     "The plant was sold to Norr Steel for an undisclosed sum."),
    ("Its chief exec-\nutive is leaving.", "Its chief executive is leaving."),
    ("It is a New York-\nbased firm.", "It is a New York-based firm."),
    ("He was a well-\nknown painter.", "He was a well-known painter."),
    ("The Anglo-\nAmerican firm was sold.", "The Anglo-American firm was sold."),
    ("She ruled in 1990-\n1995, and was loved.", "She ruled in 1990-1995, and was loved."),
    (
        "We met Dr Imogen Vale, who runs the marine station of the\n"
        "University of Kerrow, and her deputy, Tom Achterberg. The\n"
        "station opened in 1987 and has employed thirty people since",
        "We met Dr Imogen Vale, who runs the marine station of the "
        "University of Kerrow, and her deputy, Tom Achterberg. The "
        "station opened in 1987 and has employed thirty people since",
    ),
    ("The report was written in Leeds by\nJ. Smith and his brother.",
     "The report was written in Leeds by J. Smith and his brother."),
    ("It was printed in the year 1901 by\nA. B. Norton, whose shop stood in the\nsquare.",
     "It was printed in the year 1901 by A. B. Norton, whose shop stood in the square."),
    ("We wish to thank our chairman, Professor\nG. Olsen, for all that he gave to the society.",
     "We wish to thank our chairman, Professor G. Olsen, for all that he gave to the society."),
    ("Das Haus wurde am\n12. Oktober 1923 von der Familie Berg gekauft.",
     "Das Haus wurde am 12. Oktober 1923 von der Familie Berg gekauft."),
    ("Die Sitzung dauerte bis zum\n3. Mai und endete ohne Beschluss.",
     "Die Sitzung dauerte bis zum 3. Mai und endete ohne Beschluss."),
    ("Kontrakten ble undertegnet i Bergen den\n3. mai 1990 og gjelder for alle parter.",
     "Kontrakten ble undertegnet i Bergen den 3. mai 1990 og gjelder for alle parter."),
    ("The firm has raised a total of about\n12.5 million dollars.",
     "The firm has raised a total of about 12.5 million dollars."),
    ("甲方：星海公司与乙方陈国栋双方一致同意在广\n州市设立分公司。",
     "甲方：星海公司与乙方陈国栋双方一致同意在广州市设立分公司。"),
    ("承租方：陈国栋先生及其家属自愿承租位于南江市人民\n路的房屋。",
     "承租方：陈国栋先生及其家属自愿承租位于南江市人民路的房屋。"),
    ("事由：南江机床厂与华新公司就共同开发新产品事宜在宁\n波签订协议。",
     "事由：南江机床厂与华新公司就共同开发新产品事宜在宁波签订协议。"),
    (
        "They were counted in June at Port\nTalbot and again in Weston Super\nMare on 3\nMay.",
        "They were counted in June at Port Talbot and again in Weston Super Mare on 3 May.",
    ),
]  # fmt: skip

APART = [
    "董事：张伟明\n李建国\n监事：王小红\n陈大伟\n经理：刘洋",
    "姓名：王小明\n高级工程师\n姓名：李小红\n产品经理\n姓名：赵刚",
    "供应商：北京中科软件有限公司\n上海远景能源科技有限公司\n联系人：刘洋",
    "Chair: Maria Santos\nJohn Smith\nSecretary: Paul Roe\nAnn Lee\nTreasurer: Joe",
    "Name: Ada Moreno\n14 Harbour Street\nName: Ben Okafor\n9 Mill Lane, Hull\nName: Cy Lee",
    "- Nordvik Steel AS, Harbour Street 14, Hamar\n  Telephone 62 00 00 00, founded 1911\n- None",
    "1. Ada Moreno, Chief Executive Officer, Lisbon\n   Ben Okafor, Chief Financial Officer\n2. No",
    "• 成都融汇信息技术有限公司，法定代表人张伟\n  北京中科软件有限公司，法定代表人李强\n• 其他",
    "Oslo Ladies beat Bergen on Sunday by 3\nMay Holm scored twice",
    "- Ada Moreno\n  Helix Labs\n  40 Alder Street, second floor, Leeds\n- Joan Pryce\n  Ardley",
    "项目：滨江花园\n已完工\n负责人：陈国栋",
    "出席：陈国栋\n林秋白\n周小舟\n缺席：何以安",
    "From: Ada Moreno\nSubject: holidays\nDear all\nwe are closed",
    "Present: Ada Moreno\nJoan Pryce\nHugo Vale\nAbsent: Tom Hallam",
    "公司简介\n华东纺织机械厂成立于1950年，生产机器。",
    "苹果\n香蕉\n梨",
    "陈国栋，1950年生\n李秀兰，1962年生\n王强，1970年生",
    "关于召开大会的报告\n张三\n2024年5月\n各位代表：现在开会。",
    "春眠不觉晓\n处处闻啼鸟\n夜来风雨声\n花落知多少",
    "姓名：陈国栋\n职务：厂长\n单位：华东纺织机械厂",
    "一、工作总结\n二、明年计划",
    "- 南江大桥\n- 北江隧道",
    "Ada Moreno works at Helix\nBob Lee lives in Leeds",
    "Roses are red\nViolets are blue\nSugar is sweet",
    "张伟毕业于清华大学计算机系\n李娜毕业于北京大学中文系\n王芳毕业于复旦大学新闻系",
    "陈国栋，1950年生于上海市区\n李秀兰，1962年生于北京市区\n王小强，1970年生于广州市区",
    "Ada Moreno was born in Leeds and lives in York now\n"
    "Bob Lee was born in York and works in Hull at last\n"
    "Cy Young was born in Hull and lives in Leeds again",
    "Company profile\nHelix Labs makes pumps.",
    "Name: Ada Moreno\nEmployer: Helix Labs",
    "name\tcity\nAda\tLeeds\nBob\tYork",
    "id,name,city\n1,Ada,Leeds\n2,Bob,York",
    "Board of directors\nJ. Smith",
    "Written in Leeds by\nJ. Smith\nK. Brown\nA. Moreno",
    "Agenda\n3. Mai: Sitzung\n4. Mai: Ausflug",
    "地址：南江市中山路一号院三号楼二单元五〇一室\n本合同一式两份。",
    "Length\n> 5 mm\n> 6 mm",
    "1. Wash the lentils\n2. Boil them",
    "第一段到此为止。\n第二段从这里开始。",
    "One sentence.\nAnother one.",
]


ITEMS = [
    (
        "For the fair:\n- Ada Moreno brings the two large tents and the chairs from Helix\n  Labs\n"
        "- Joan Pryce paints the signs",
        "For the fair:\n- Ada Moreno brings the two large tents and the chairs from Helix Labs\n"
        "- Joan Pryce paints the signs",
    ),
    (
        "1. 展台由南江机床厂销售科的陈国栋和技术科的林秋白负责布\n   置。\n2. 其余的人十点到。",
        "1. 展台由南江机床厂销售科的陈国栋和技术科的林秋白负责布置。\n2. 其余的人十点到。",
    ),
]


@pytest.mark.parametrize(("text", "read"), ITEMS)
def test_a_list_item_may_have_two_lines(text: str, read: str) -> None:
    assert cleaned(text) == read


@pytest.mark.parametrize(("text", "read"), WRAPPED)
def test_a_line_end_inside_a_sentence_cuts_nothing(text: str, read: str) -> None:
    assert cleaned(text) == read
    assert len(blocks(text, 0, len(text))) == 1


QUOTED = [
    (
        "Good.\n\nOn Tue, Mar 4, 2025 at 9:30 AM Ada\nMoreno wrote:\n> We open at nine.",
        "Good.\n\nOn Tue, Mar 4, 2025 at 9:30 AM Ada Moreno wrote:\nWe open at nine.",
    ),
    (
        "> The yard at Hamar was sold to Nordvik\n> Steel in May.",
        "The yard at Hamar was sold to Nordvik Steel in May.",
    ),
    (
        "> > Skarv was founded by Nils\n> > Berg in 1901.\n> I thought that it was\n> Ole.\nNo.",
        "Skarv was founded by Nils Berg in 1901.\nI thought that it was Ole.\nNo.",
    ),
    ("Ida wrote:\n> One sentence.\n>\n> Another one.", "Ida wrote:\nOne sentence.\n\nAnother one."),
    (">陈国栋是东江\n>机床厂厂长。", "陈国栋是东江机床厂厂长。"),
    ("> Name: Ada Moreno\n> Employer: Helix Labs", "Name: Ada Moreno\nEmployer: Helix Labs"),
    ("The yard was sold to Nordvik\n> Steel in May.", "The yard was sold to Nordvik Steel in May."),
]


@pytest.mark.parametrize(("text", "read"), QUOTED)
def test_the_marks_of_a_quoted_mail_are_not_read(text: str, read: str) -> None:
    assert cleaned(text) == read
    said = [text[one.start : one.end] for one in sentences(text)]
    assert not any(one.startswith(">") for one in said)


def test_a_name_is_found_across_the_mark_of_a_quotation() -> None:
    text = "Ida wrote:\n> The yard was sold to Nordvik\n> Steel in May."
    status, places = Source(Document(text)).locate("Nordvik Steel")
    assert status == "normalised"
    assert [text[one.start : one.end] for one in places] == ["Nordvik\n> Steel"]


@pytest.mark.parametrize("text", APART)
def test_lines_that_stand_for_themselves_stay_apart(text: str) -> None:
    assert cleaned(text) == text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Ada\u00a0Moreno joined Helix\u202fLabs", "Ada Moreno joined Helix Labs"),
        ("\ufeffAda Mo\u200breno", "Ada Moreno"),
        ("Mani\u00adfesto of Ada\u2060 Moreno", "Manifesto of Ada Moreno"),
        (
            "Helix Labs 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
            "Helix Labs 🏴",
        ),
        ("陈\u200b国栋在\u200d北京", "陈国栋在北京"),
        ("\u202aAda\u202c", "Ada"),
        ("☎\ufe0f 12", "☎ 12"),
    ],
)
def test_what_nobody_sees_is_not_read(text: str, read: str) -> None:
    assert cleaned(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("陈 国 栋 是 华 东 纺 织 机 械 厂 的 厂 长 。", "陈国栋是华东纺织机械厂的厂长。"),
        ("陈\u3000国\u3000栋\u3000在\u3000北\u3000京。", "陈国栋在北京。"),
        ("二 〇 二 四 年 5 月 ， 他 来 了", "二〇二四年5月，他来了"),
        ("H e l i x  L a b s was founded", "Helix Labs was founded"),
    ],
)
def test_characters_that_stand_apart_are_words(text: str, read: str) -> None:
    assert cleaned(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "甲 乙 丙",
        "张伟 9 8 7 6",
        "Scores: 1 2 3 4 5",
        "a b c d",
        "成员：张 王 李 赵 陈 周",
        "options A B C D E",
        "王 伟 到了。",
        "x = a b",
        "北京 上海 广州 深圳 天津",
    ],
)
def test_lists_of_single_characters_stay(text: str) -> None:
    assert cleaned(text) == text


def test_an_ordinary_text_is_read_as_it_is() -> None:
    text = "Ada Moreno (b. 1950) joined Helix Labs.\n\n林秋白毕业于南江师范大学，现为教师。"
    assert cleaned(text) == text


@pytest.mark.parametrize(
    "unit",
    [
        "a\n",
        "中\n",
        "a b ",
        "陈 ",
        "（\n",
        "> a\n",
        "> ",
        ">\n",
        "J. Smi\n",
        "\u200b",
        "a  b c d e",
    ],
)
def test_the_time_is_linear(unit: str) -> None:
    assert cleaned(unit * 50_000)


@pytest.mark.parametrize(
    ("end", "whole"),
    [
        ("its new wing in Copen-\nhagen on Monday", "Copenhagen on"),
        ("moved to Read-\ning in 2004 and stayed", "Reading in"),
        ("an office in Trond\u00ad\r\nheim since 2004", "Trondheim since"),
        ("the Phila-\ndelphia Orchestra under", "Philadelphia Orchestra"),
        ("a visit to Stratford-\nupon-Avon in May", "Stratford-upon-Avon"),
        ("an Anglo-\nSaxon manuscript from", "Anglo-Saxon"),
        ("a Chinese-\nowned company bought", "Chinese-owned"),
        ("the London-\nbased company bought", "London-based"),
        ("born in Aix-\nen-Provence and raised", "Aix-en-Provence"),
        ("Self-\nemployed workers paid", "Self-employed"),
    ],
)
def test_a_divided_name_is_whole_and_a_compound_keeps_its_hyphen(end: str, whole: str) -> None:
    text = f"The report says that the group opened {end} and then it went on for a while."
    assert whole in cleaned(text)

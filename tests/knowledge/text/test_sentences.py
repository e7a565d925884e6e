from __future__ import annotations

import time

import pytest

from knowledge.text.sentences import pieces, sentences


def cut(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("他来了。她走了！为什么？", ["他来了。", "她走了！", "为什么？"]),
        ("鲁迅说：“你好。”他走了。", ["鲁迅说：“你好。”", "他走了。"]),
        ("他说：“我来了。我走了！”然后离开。", ["他说：“我来了。", "我走了！”", "然后离开。"]),
        ("“你来了吗？”他问。她点头。", ["“你来了吗？”他问。", "她点头。"]),
        ("甲说：“你好。”乙说：“好。”", ["甲说：“你好。”", "乙说：“好。”"]),
        ('他走了。"你好。"她笑了。', ["他走了。", '"你好。"', "她笑了。"]),
        ("他……走了。真的吗？！是的。", ["他……走了。", "真的吗？！", "是的。"]),
        ("“我……”他停下了。", ["“我……”", "他停下了。"]),
        ("《你好！李焕英》上映了。票房很高。", ["《你好！李焕英》上映了。", "票房很高。"]),
        ("价格为3.5元.他买了!她没买", ["价格为3.5元.", "他买了!", "她没买"]),
        ("（1）第一条；（2）第二条。", ["（1）第一条；（2）第二条。"]),
        ("no mark at all", ["no mark at all"]),
        ("  \n ", []),
    ],
)
def test_chinese_sentences(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Lee met J. Smith. He left.", ["Dr. Lee met J. Smith.", "He left."]),
        ("He came at 5 p.m. on Friday. Fine.", ["He came at 5 p.m. on Friday.", "Fine."]),
        ("He came at 5 p.m. She left.", ["He came at 5 p.m.", "She left."]),
        ("The U.S. Army, e.g. the 3rd, won. Yes.", ["The U.S. Army, e.g. the 3rd, won.", "Yes."]),
        ("It is in the U.S. The firm sells.", ["It is in the U.S.", "The firm sells."]),
        ("Apple Inc. was there. See No. 5 now.", ["Apple Inc. was there.", "See No. 5 now."]),
        ("It cost 3.5 million. Really!", ["It cost 3.5 million.", "Really!"]),
        ('He said "I am here." Then he left.', ['He said "I am here."', "Then he left."]),
        ('He said "Go." "No," she said.', ['He said "Go."', '"No," she said.']),
        ("See https://a.b/c.d?e=f. It works.", ["See https://a.b/c.d?e=f.", "It works."]),
        ("It works... or not. Go on...", ["It works... or not.", "Go on..."]),
        ("He is at Yahoo! and left. iPhone sold.", ["He is at Yahoo! and left.", "iPhone sold."]),
        ("It began in 1976.[3] He left.", ["It began in 1976.[3]", "He left."]),
        ("1. One thing. 2. Another thing.", ["1. One thing.", "2. Another thing."]),
    ],
)  # fmt: skip
def test_english_sentences(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("标题\n\n  正文第一句。第二句", ["标题", "正文第一句。", "第二句"]),
        ("He met Steve\nJobs there.\nThen left.", ["He met Steve\nJobs there.", "Then left."]),
        ("- first item\n- second\n  line\n\nEnd.", ["- first item", "- second\n  line", "End."]),
        ("| a | b |\n| c | d |", ["| a | b |", "| c | d |"]),
        ("姓名：张三\n年龄：5岁", ["姓名：张三", "年龄：5岁"]),
        ("Name: Ada\nBorn: London\nShe wrote.", ["Name: Ada", "Born: London", "She wrote."]),
        (
            "甲在这一行写了很长很长的一段话而且到了行末还是没有结束于是只好换行了，还要再长一\n点。完。",
            [
                "甲在这一行写了很长很长的一段话而且到了行末还是没有结束于是只好换行了，还要再长一\n点。",
                "完。",
            ],
        ),
    ],
)
def test_lines(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("华为\n\n一、简介\n成立于1987年。\n二、产品\n手机。", ["华为", "一、简介", "二、产品"]),
        ("# Apple\n\nApple sells.\n\nHistory\n\nIt began.", ["# Apple", "History"]),
        ("第三章 归来\n他回来了。\n（一）\n好。", ["第三章 归来", "（一）"]),
        ("He met Steve\nJobs there.\n\nHe left.", []),
        ("- one\n- two\n\n他来了。", []),
        ("只有一行", []),
    ],
)  # fmt: skip
def test_headings(text: str, headings: list[str]) -> None:
    found = [text[p.span.start : p.span.end] for p in pieces(text) if p.heading]
    assert found == headings


def test_offsets_count_in_the_whole_text() -> None:
    text = "实体：甲\n😀甲生于乙。\r\n\r\n 丙来了。"
    spans = sentences(text, 5)
    assert [text[span.start : span.end] for span in spans] == ["😀甲生于乙。", "丙来了。"]
    assert cut("甲来了。乙来了。丙")[:2] == [
        "甲来了。乙来了。丙"[s.start : s.end] for s in sentences("甲来了。乙来了。丙", 0, 8)
    ]


HOSTILE = [
    *'.a "“?\n1《-#—…:，一、\r！A;',
    "1.",
    "A. ",
    "a\n",
    "！”说",
    "。”",
    '"。',
    "a: ",
    "1.\n",
    "《a",
]


@pytest.mark.parametrize("part", HOSTILE)
def test_the_time_is_linear_on_hostile_text(part: str) -> None:
    began = time.process_time()
    pieces(part * (100_000 // len(part)))
    assert time.process_time() - began < 3  # on a slow machine; a square would take minutes

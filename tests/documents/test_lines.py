"""From lines to paragraphs, on lines as PDFs have them."""

from __future__ import annotations

import pytest

from documents.pdf.furniture import without_furniture
from documents.pdf.layout import Line, Page
from documents.pdf.lines import join_pages
from documents.pdf.segments import width

FULL = "This is a line of text that goes as far as the margin lets it go, and"
SIZE = 10.0
PITCH = 14.0
LEFT = 50.0
END = LEFT + width(FULL) * SIZE / 2
WIDTH = LEFT + END


def page(text: str, top: float = 800.0, cells: int = 1) -> Page:
    """The lines of a page as a typewriter sets them; an empty one leaves room."""
    lines = []
    for number, line in enumerate(text.split("\n")):
        left = LEFT + SIZE * (len(line) - len(line.lstrip()))
        right = left + width(line.strip()) * SIZE / 2
        if line:
            base = top - PITCH * number
            lines.append(Line(line.strip(), left, right, base, SIZE, line.count("\t") + cells))
    return Page(lines, WIDTH)


def joined(*lines: str) -> list[str]:
    return join_pages([page("\n".join(lines))]).split("\n\n")


def test_chinese_lines_are_joined_without_blanks() -> None:
    lines = ["鲁迅，原名周树人，一八八一年出生于浙江", "绍兴，是中国现代文学的奠基人。"]
    assert joined(*lines) == ["".join(lines)]
    lines[0] = "鲁迅，原名周树人，浙江绍兴人，一八八一年出生于江南浙江省的绍兴城"
    assert joined(*lines) == ["".join(lines)]


def test_english_lines_are_joined_by_a_blank() -> None:
    assert joined(FULL, FULL, "here it ends.") == [f"{FULL} {FULL} here it ends."]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["the interna-", "tionalisation went on"], "the internationalisation went on"),
        (["the interna\u00ad", "tionalisation went on"], "the internationalisation went on"),
        (["in the Anglo-", "Saxon world"], "in the Anglo- Saxon world"),
        (["a well known well-", "known man"], "a well known well-known man"),
        (["pages 12-", "13 say so"], "pages 12- 13 say so"),
    ],
)
def test_hyphens(lines: list[str], words: str) -> None:
    before, after = lines
    begin = FULL[: len(FULL) - len(before) - 1]
    assert joined(FULL, f"{begin} {before}", f"{after} and more") == [
        f"{FULL} {begin} {words} and more"
    ]


@pytest.mark.parametrize(
    ("elsewhere", "before", "after", "whole"),
    [
        ("The MacDonald yard", "of Mac-", "Donald", "of MacDonald and"),
        ("The Saxe-Coburg house", "of Saxe-", "Coburg", "of Saxe-Coburg and"),
        ("A note", "of Mac\u00ad", "Donald", "of MacDonald and"),
        ("NORDVIK STEEL", "of NORD-", "VIK", "of NORDVIK and"),
    ],
)
def test_a_capital_behind_a_hyphen(elsewhere: str, before: str, after: str, whole: str) -> None:
    begin = FULL[: len(FULL) - len(before) - 1]
    (text,) = joined(f"{elsewhere}{FULL[len(elsewhere) :]}", f"{begin} {before}", f"{after} and so")
    assert whole in text


@pytest.mark.parametrize("item", ["• one", "1. one", "(2) one", "③ one", "第二章 绪论", "一、绪论"])
def test_items_and_headings_begin_anew(item: str) -> None:
    assert joined(FULL, item) == [FULL, item]


@pytest.mark.parametrize("line", ["3. Mai 1990 in Leipzig.", "12. oktober samme år."])
def test_a_date_begins_no_item(line: str) -> None:
    assert joined(FULL, FULL, line) == [f"{FULL} {FULL} {line}"]


def test_a_short_line_ends_its_paragraph() -> None:
    assert joined("Title", FULL, "end.", FULL, "end.") == ["Title", f"{FULL} end.", f"{FULL} end."]
    chinese = "鲁迅出生于浙江绍兴一个没落的家庭里，后来去了日本留学"
    assert joined(chinese, "学医。", chinese) == [chinese + "学医。", chinese]


def test_an_indented_line_begins_anew() -> None:
    chinese = "鲁迅出生于浙江绍兴一个没落的家庭里，后来他去了东洋的日本国留学。"
    assert joined(chinese, "  " + chinese) == [chinese, chinese]
    assert joined(f"{FULL[:-5]}.", f"  {FULL[:-6]}") == [f"{FULL[:-5]}.", FULL[:-6]]


def test_the_lines_below_an_item_belong_to_it() -> None:
    assert joined(f"• {FULL[:-2]}", "  here it ends.") == [f"• {FULL[:-2]} here it ends."]


@pytest.mark.parametrize(
    "lines",
    [
        ["合同编号：HT-2024-0057", "甲方：星海科技股份有限公司", "乙方：陈国栋", "住所：上海市"],
        ["姓 名：王芳", "性 别：女", "出生日期：一九八三年五月"],
        ["Name: Greta Olsen", "Address: 17 Harbour Street, Bergen", "Phone: +47 555"],
        ["Members of the board", "Nils Berg, chair", "Ida Moe, treasurer", "Pavel Novak, auditor"],
        ["床前明月光，", "疑是地上霜。", "举头望明月，", "低头思故乡。"],
        ["董事会成员", "陈国栋 董事长", "李秀兰 财务总监", "王建国 总经理"],
        ["Annual Report", FULL],
        [f"Employer: {FULL[:-12]}", "Position: head of the legal department"],
        ["In 2022 the yard built 6 ships.", "The largest of them went to Malmo.", "Work stopped."],
    ],
)  # fmt: skip
@pytest.mark.parametrize("width", [WIDTH, 2 * WIDTH, 0.0])
def test_forms_lists_and_titles_keep_their_lines(lines: list[str], width: float) -> None:
    whole = page("\n".join(lines))
    assert join_pages([Page(whole.lines, width)]).split("\n\n") == lines


def test_more_room_between_lines_or_larger_letters_begin_anew() -> None:
    first, second = f"{FULL[:-5]}.", FULL[:-4]
    assert joined(FULL, first, "", second, "end.") == [f"{FULL} {first}", f"{second} end."]
    title = Line(FULL, LEFT, END, 828.0, 1.4 * SIZE)
    assert join_pages([Page([title, *page(first).lines], WIDTH)]) == f"{FULL}\n\n{first}"


def test_rows_of_a_table_are_lines_of_one_paragraph() -> None:
    assert joined("Staff", "Name\tYear", "Nils\t1501", FULL) == [
        "Staff",
        "Name\tYear\nNils\t1501",
        FULL,
    ]


def test_a_chinese_line_may_end_and_begin_with_a_foreign_name() -> None:
    lines = ["项目组决定用奥罗拉系统记账，改由Karim", "Haddad负责部署，服务器放在苏州，由他维护。"]
    assert joined(*lines) == [" ".join(lines)]


def test_the_other_language_begins_anew() -> None:
    assert joined(FULL[:-5] + ".", "鲁迅生于浙江绍兴。") == [FULL[:-5] + ".", "鲁迅生于浙江绍兴。"]


def test_ligatures_and_radicals() -> None:
    assert joined("⼀⽉的上海，⼈们⾛过⻓安街⻔。") == ["一月的上海，人们走过长安街门。"]
    assert joined("The oﬃcial oﬃce found ﬁve ﬂowers.") == [
        "The official office found five flowers."
    ]


def read(*pages: str) -> str:
    return join_pages(without_furniture([page(text) for text in pages]))


def test_page_numbers_and_running_heads() -> None:
    pages = [
        f"Annals of Science\n\n{FULL}\n{word} page.\n\n- {n} -" for n, word in enumerate("abcd")
    ]
    text = read(*pages)
    assert text.count("Annals of Science") == 1
    assert "- " not in text
    assert [f"{word} page." in text for word in "abcd"] == [True] * 4
    assert "- 0 -" in read(*pages[:2])  # two pages prove nothing


@pytest.mark.parametrize(
    "head",
    ["{}", "Page {} of 9", "第 {} 页 共 9 页", "Annals of Science | {}", "Annals of Science\t{}",
     "{}\tAnnals of Science", "Annals of Science - Page {}", "文学史　第{}页"],
)  # fmt: skip
def test_heads_that_count_the_pages_along(head: str) -> None:
    pages = [f"{head.format(n + 3)}\n\n{FULL}\nand {word}." for n, word in enumerate("abcd")]
    text = read(*pages)
    assert [head.format(n + 3) in text.split("\n\n") for n in (1, 2, 3)] == [False] * 3
    assert text.count(FULL) == 4


@pytest.mark.parametrize(
    "pages",
    [
        [f"Invoice No. {n}\n\nCustomer: {name}\n\nTotal: EUR {n}.50"
         for n, name in ((1001, "Olga"), (1002, "Pavel"), (1003, "Rita"), (1004, "Sami"))],
        [f"Room {n}" for n in (101, 102, 103)],
        [f"Chapter {n}\n\n{FULL} {n}." for n in (1, 2, 3, 4)],
        [f"In {year} the yard built {n} ships.\nWork stopped for {n} days."
         for year, n in ((2021, 4), (2022, 6), (2023, 5))],
        [f"Report {word}\n\nTo whom it may concern\nNils Berg" for word in "abcd"],
        [f"本证书\n持有人\n\n{name}" for name in ("王芳", "李强", "陈明")],
        [f"Certificate\nof merit\n\n{name}" for name in ("Olga", "Pavel", "Rita", "Sami")],
        [f"Nils {word}\nThank you for your order." for word in "abcd"],
        [f"Report\t{year}\n\n{FULL[5:]} {year}" for year in (2019, 2021, 2022)],
    ],
)  # fmt: skip
def test_lines_of_the_text_are_no_running_heads(pages: list[str]) -> None:
    text = read(*pages)
    expected = [line for one in pages for line in one.splitlines() if line]
    assert [line for line in text.splitlines() if line] == expected


def test_a_watermark_stays_where_it_stands_first() -> None:
    mark = Line("DRAFT", 60.0, 300.0, 20.0, 80.0, block=9, aside=True)
    lines = [f"{word} {FULL}" for word in ("one", "two", "three", "four")]
    pages = [Page([*page(f"{line}\n{line}").lines, mark], WIDTH) for line in lines]
    whole = join_pages(without_furniture(pages))
    assert whole.count("DRAFT") == 1
    assert " ".join(whole.replace("DRAFT", "").split()) == " ".join(f"{one} {one}" for one in lines)
    two = join_pages(without_furniture(pages[:2]))
    assert two.split("\n\n")[-1] == "DRAFT"  # behind a sentence that goes on over the page
    assert f"{lines[0]} {lines[0]} {lines[1]}" in two


def test_text_that_stands_aside_moves_no_margin() -> None:
    aside = Line("DRAFT", -300.0, 900.0, 420.0, 80.0, block=1, aside=True)
    body = page(f"{FULL}\n{FULL}\nhere it ends.").lines
    assert join_pages([Page([*body, aside], WIDTH)]) == f"{FULL} {FULL} here it ends.\n\nDRAFT"


def test_pages_that_hold_a_running_head_alone_are_empty() -> None:
    body = f"Annals of Science\n\n{FULL}\nhere it ends."
    pages = [page(f"{body}\n{word}") for word in "abc"]
    left = without_furniture([*pages, page("Annals of Science"), page("Annals of Science")])
    assert [len(one.lines) for one in left] == [4, 3, 3, 0, 0]


@pytest.mark.parametrize(
    "lines", [["{}"], ["{}", "Speaker"], ["{}", "", "Course: Sailing", "", "Grade: A"]]
)
def test_what_is_much_of_a_page_is_no_running_head(lines: list[str]) -> None:
    pages = ["\n".join(lines).format(name) for name in ("Olga", "Pavel", "Rita", "Sami")]
    assert read(*pages).count("\n\n") == 4 * len([line for line in lines if line]) - 1


def test_a_sentence_goes_on_over_the_page() -> None:
    lines = [f"{word} {FULL}" for word in ("one", "two", "three", "four", "five", "six")]
    pages = [f"{lines[2 * n]}\n{lines[2 * n + 1]}\n\n{n + 7}" for n in (0, 1, 2)]
    assert read(*pages) == " ".join(lines)


def test_no_lines_are_no_text() -> None:
    assert join_pages([Page([]), Page([])]) == ""

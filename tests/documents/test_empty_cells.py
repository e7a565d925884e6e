"""Rows of a table whose cells wrap, and of which some are empty."""

from __future__ import annotations

from io import BytesIO

import pytest
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

from documents.pdf.glyphs import Piece
from documents.pdf.layout import lines_of
from documents.pdf.reader import read_pdf

SIZE = 10.0
PITCH = 12.0

Rows = list[list[str]]

# A row of cells; "/" begins a new line of the cell.
TABLES: dict[str, Rows] = {
    "middle": [["Name", "Born", "Office"], ["Beth/Rivers", "", "auditor"],
               ["Carl/Moe", "1950", "chair"]],
    "middle, Chinese": [["姓名", "出生", "职务"], ["李娜", "", "监事"],
                        ["陈国栋", "1950", "董事/长"]],
    "middle, Chinese, wrapped": [["姓名", "出生", "职务"], ["欧阳/娜娜", "", "独立/监事"],
                                 ["陈国栋", "1950年", "董事长"]],
    "middle of two wrapped cells": [["Name", "Born", "Office"],
                                    ["Beth/Rivers", "", "deputy/auditor"],
                                    ["Carl Moe", "1950", "chair"]],
    "first": [["Town", "Year", "Yard"], ["Oslo", "1901", "Nordvik/Steel"],
              ["", "1905", "Hamar/Works"]],
    "first, Chinese": [["城市", "年份", "工厂"], ["上海", "1901", "东江/机床厂"],
                       ["", "1905", "华新/公司"]],
    "last": [["Name", "Office", "Note"], ["Beth/Rivers", "auditor", ""],
             ["Carl/Moe", "chair", "since 1990"]],
    "last, Chinese": [["姓名", "职务", "备注"], ["欧阳/娜娜", "监事", ""],
                      ["陈国栋", "董事/长", "兼职"]],
    "two beside each other": [["Name", "Born", "Died", "Place"],
                              ["Beth/Rivers", "", "", "Hull"],
                              ["Carl/Moe", "1901", "1980", "Leeds"]],
    "two, Chinese": [["姓名", "生年", "卒年", "籍贯"], ["欧阳/修文", "", "", "江西/庐陵"],
                     ["陈国栋", "1901", "1980", "浙江"]],
    "first and third": [["Name", "Born", "Died", "Place"], ["", "1901", "", "Kingston/upon Hull"],
                        ["Carl/Moe", "1902", "1980", "Leeds"]],
    "three lines": [["Name", "Born", "Office"], ["Beth Ann/Rivers/Stone", "", "head of/the audit"],
                    ["Carl Moe", "1950", "chair"]],
    "every row wraps": [["Name", "Born", "Office"], ["Beth/Rivers", "", "chief/auditor"],
                        ["Carl/Moe", "1950", "vice/chair"], ["Dora/Hill", "1961", ""]],
    "the head wraps": [["Full/name", "Year of/birth", "Office"], ["Beth/Rivers", "", "auditor"],
                       ["Carl Moe", "1950", "chair"]],
    "the only full row is the head": [["Name", "Born", "Office"], ["Beth/Rivers", "", "auditor"],
                                      ["Carl/Moe", "", "chair"]],
    "the last row": [["Name", "Born", "Office"], ["Carl/Moe", "1950", "chair"],
                     ["Beth/Rivers", "", "auditor"]],
}  # fmt: skip


def drawn(rows: Rows, gap: float, centred: bool, top: float = 700.0) -> list[Piece]:
    pieces = []
    y = top
    for row in rows:
        tallest = max(cell.count("/") for cell in row)
        for column, cell in enumerate(row):
            down = PITCH * (tallest - cell.count("/")) / 2 if centred else 0.0
            for number, text in enumerate(cell.split("/") if cell else []):
                left = 50.0 + 110 * column
                wide = SIZE * (len(text) + sum(char > "\u2e80" for char in text)) / 2
                pieces.append(Piece(text, left, left + wide, y - down - PITCH * number, SIZE))
        y -= PITCH * tallest + gap
    return pieces


def as_text(rows: Rows) -> list[str]:
    chinese = not rows[0][0].isascii()
    blank = "" if chinese else " "
    return ["\t".join(cell.replace("/", blank) for cell in row).rstrip() for row in rows]


@pytest.mark.parametrize("by_column", [False, True])
@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("gap", [15.0, 18.0, 26.0])
@pytest.mark.parametrize("name", TABLES)
def test_an_empty_cell_tears_no_row(name: str, gap: float, centred: bool, by_column: bool) -> None:
    pieces = drawn(TABLES[name], gap, centred)
    if by_column:
        pieces.sort(key=lambda piece: piece.left)
    assert [line.text for line in lines_of(pieces)] == as_text(TABLES[name])


@pytest.mark.parametrize("name", TABLES)
def test_rows_as_close_as_lines_that_were_drawn_cell_by_cell(name: str) -> None:
    pieces = drawn(TABLES[name], PITCH + 0.5, centred=False)
    assert [line.text for line in lines_of(pieces)] == as_text(TABLES[name])


WIDTHS = [70, 60, 85, 80]
REAL: list[Rows] = [
    [["Name", "Born", "Office", "Note"],
     ["Elizabeth Anne Rivers", "", "auditor", "left the board in May"],
     ["Carl Moe", "1950", "chair of the northern branch", ""],
     ["", "1961", "clerk", "not yet named by the board"],
     ["Dora Hill", "", "", "seat empty since last summer"]],
    [["Product", "Maker", "Price", "Since"],
     ["Soil sensor for wet ground", "Helix Labs", "", "2012"], ["Pump", "", "40", "2015"],
     ["Pressure valve, large", "Norr Steel of Hamar", "55", ""]],
    [["Event", "Place", "Date", "Chair"],
     ["General meeting of the members", "Hamar", "3 May 1990", "Ida Moe"],
     ["Meeting of the board", "", "4 May 1990", "Nils Berg and Ole Berg"],
     ["Dinner", "Grand Hotel, Oslo", "", "Ida Moe"]],
    [["姓名", "出生年月", "职务", "备注"],
     ["欧阳娜娜", "", "独立监事兼审计委员会主任", "二〇二〇年起任职"],
     ["陈国栋", "1950年", "董事长", ""], ["", "1961年", "财务总监兼董事会秘书", "尚未公布姓名"],
     ["李秀兰", "", "", "因病离职，职位空缺至今"]],
]  # fmt: skip
ABOVE = {
    True: "The members of the board of Nordvik Steel, who met in Hamar in the spring of the year, "
    "took note of the table below and approved the accounts of the yard.",
    False: "东江机床厂董事会于二〇二〇年三月在上海召开会议，会议审议通过了下列人员名单，"
    "并决定于当年五月向全体股东公布。",
}


@pytest.mark.parametrize(
    ("padding", "place"),
    [(0, "TOP"), (1, "TOP"), *((n, at) for n in (2, 3, 6) for at in ("TOP", "MIDDLE", "BOTTOM"))],
)
@pytest.mark.parametrize("rows", REAL)
def test_tables_of_a_file(rows: Rows, padding: int, place: str) -> None:
    english = rows[0][0].isascii()
    if english:
        style = ParagraphStyle("en", fontName="Helvetica", fontSize=10, leading=12)
    else:
        pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
        style = ParagraphStyle("zh", fontName="STSong-Light", leading=13, wordWrap="CJK")
    look = [
        ("VALIGN", (0, 0), (-1, -1), place),
        ("TOPPADDING", (0, 0), (-1, -1), padding),
        ("BOTTOMPADDING", (0, 0), (-1, -1), padding),
    ]
    cells = [[Paragraph(cell, style) if cell else "" for cell in row] for row in rows]
    table = Table(cells, colWidths=WIDTHS, style=look)
    paragraph = Paragraph(ABOVE[english], style)
    out = BytesIO()
    SimpleDocTemplate(out).build([paragraph, Spacer(1, 9), table, Spacer(1, 9), paragraph])
    expected = "\n".join("\t".join(row).rstrip() for row in rows)
    text = read_pdf(out.getvalue()).text
    assert text == "\n\n".join([ABOVE[english], expected, ABOVE[english]])


TIGHT: list[Rows] = [
    [["City", "People", "Founded"], ["Oslo", "709037", "1048"], ["Bergen", "291940", ""],
     ["Hamar", "", "1849"], ["Vardo", "1875", "1789"]],
    [["Name", "Office", "Town"], ["Nils Berg", "Chair", "Hamar"], ["Ida Moe", "Clerk", "Oslo"],
     ["Per Moe", "Auditor", "Hull"], ["Ole Berg", "Member", "Oslo"]],
    [["Name", "Office", "Town"], ["Nils Berg", "Chair", "Hamar"], ["Ida Moe", "Clerk", "Oslo"],
     ["Per Moe", "Auditor", ""], ["Ole Berg", "", "Oslo"]],
    [["姓名", "职务", "城市"], ["李娜", "监事", "上海"], ["陈国栋", "厂长", "北京"],
     ["王强", "会计", "南京"], ["张伟", "出纳", "上海"]],
]  # fmt: skip


@pytest.mark.parametrize("group", [2, 4])
@pytest.mark.parametrize("rows", TIGHT)
def test_groups_of_close_rows_stay_rows(rows: Rows, group: int) -> None:
    pieces = [
        one
        for number, row in enumerate(rows)
        for one in drawn([row], 0.0, False, 700 - PITCH * number - 12 * ((number - 1) // group))
    ]
    assert [line.text for line in lines_of(pieces)] == as_text(rows)

"""Pages of two columns: the lines of each are one paragraph."""

from __future__ import annotations

import textwrap
from io import BytesIO

import pytest
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import BaseDocTemplate, Frame, FrameBreak, PageTemplate, Paragraph

from documents.pdf.glyphs import Piece
from documents.pdf.layout import Page, lines_of
from documents.pdf.lines import join_pages
from documents.pdf.reader import read_pdf

SIZE = 10.0
PITCH = 12.0
SHORTEST = 33
LONG = (
    "Nordvik Steel was founded in Hamar by Nils Berg, who had been a smith, and by his brother "
    "Ole. The two of them built small boats for the lake at first, and later the plates for the "
    "large ships of the company in Oslo, which bought the yard in 1931 and closed it in 1988."
)
CHINESE = (
    "东江机床厂由陈国栋和他的兄弟在一九五〇年创办，起初只做小型水泵，后来为上海的造船公司生产钢板，"
    "一九八八年被华新公司收购，两年以后停产，厂房改建为博物馆。"
)

LEFT = {
    "one sentence again and again": "The yard builds boats. " * 9,
    "another one": "Ida Berg sells old maps. " * 8,
    "two in turn": "It rained. The boats lay in the harbour. " * 6,
    "very short": "He came. She left. It rained. " * 7,
    "short, with names": "Nils Berg left Hamar. Ole stayed there. Ida Moe came from Oslo. " * 3,
    "one long and many short": "It was cold. " * 6 + LONG[:90] + ". " + "It was late. " * 5,
    "questions": "Who built it? Who sold it? Nobody knows. " * 5,
    "with a number": "In 1990 it closed. In 1991 it opened. In 1992 it was sold. " * 4,
    "one long sentence": "the boats of the yard and the men of the town " * 6 + "went.",
    "long sentences again": (LONG[:88] + ". ") * 3,
    "names at the ends of lines": "Ida Moe lives in Oslo. Per Moe lives in Hamar. "
    "Nils Berg died in Bergen. " * 4,
    "firms": "Nordvik Steel sold Hamar Works. Skarv Group bought Norr Steel. " * 4,
    "a sentence as long as a line": "Marie Curie was born in Warsaw. " * 7,
    "what was said": "Yes, said Ida Moe. No, said Nils Berg. Perhaps, said Ole Berg. " * 4,
    "quotations": '"It is late," he said. "It is cold," Ida said. ' * 5,
    "Chinese, one sentence": "工厂生产水泵。" * 20,
    "Chinese, in turn": "陈国栋是厂长。李秀兰是会计。" * 9,
    "Chinese, short and long": "他来了。她走了。" * 7 + CHINESE[:40] + "。",
}


def set_in(text: str, wide: int) -> list[str]:
    if text.isascii():
        return textwrap.wrap(text.strip(), wide)
    return [text[at : at + wide // 2] for at in range(0, len(text), wide // 2)]


def width_of(text: str) -> float:
    return SIZE * (len(text) + sum(char > "\u2e80" for char in text)) / 2


def column(lines: list[str], left: float) -> list[Piece]:
    return [
        Piece(text, left, left + width_of(text), 700 - PITCH * row, SIZE)
        for row, text in enumerate(lines)
    ]


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("wide", [36, 38, 40, 42, 44, 46, 50, 54])
@pytest.mark.parametrize("name", LEFT)
def test_each_column_is_one_paragraph(name: str, wide: int, swapped: bool) -> None:
    text = LEFT[name]
    other = LONG if text.isascii() else CHINESE
    texts = [other, text] if swapped else [text, other]
    pieces = [
        piece
        for number, one in enumerate(texts)
        for piece in column(set_in(one, wide), 50.0 + number * (wide * SIZE / 2 + 30))
    ]
    page = Page(lines_of(pieces), 100 + wide * SIZE + 30)
    assert whole_columns(join_pages([page]).split("\n\n")) == [one.strip() for one in texts]


def whole_columns(paragraphs: list[str]) -> list[str]:
    """With a short last line, which may as well be a paragraph of its own after a full stop."""
    found: list[str] = []
    last = 0
    for one in paragraphs:
        if found and last == 0 and len(one) < SHORTEST and found[-1][-1] in ".?。":
            found[-1] += (" " if one.isascii() else "") + one
            last = 1
        else:
            found.append(one)
            last = 0
    return found


LISTS = [
    ["Nils Berg, chair of the board, Hamar", "Ida Moe, treasurer, of Oslo", "Per Moe, auditor",
     "Beth Rivers, deputy chair, Hull", "Tom Achterberg, first clerk",
     "Ole Berg, member, from Oslo"],
    ["Nils Berg sold the yard in 1931.", "Ida Moe left the board in May.", "Ole died.",
     "Per Moe was born in Hamar in 1901.", "Skarv Group bought the yard.",
     "The yard was closed in 1988."],
    ["In 2022 the yard built six ships.", "The largest went to Malmo.", "Work stopped in May.",
     "In 2023 it built nine ships.", "The smallest went to Hamar.", "Work went on in May."],
    ["Name: Greta Olsen from Hamar", "Address: 17 Harbour Street, Bergen", "Telephone: 555 120 471",
     "Born: 1950 in Oslo, Norway", "Employer: Nordvik Steel of Hamar", "Office: head of the yard"],
]  # fmt: skip


@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize("facts", LISTS)
def test_lines_of_a_list_beside_a_column_stay_apart(facts: list[str], right: bool) -> None:
    prose = set_in(LONG, 40)
    columns = [prose, facts] if right else [facts, prose]
    pieces = [one for n, lines in enumerate(columns) for one in column(lines, 50.0 + 230 * n)]
    paragraphs = join_pages([Page(lines_of(pieces), 530)]).split("\n\n")
    assert paragraphs == ([LONG, *facts] if right else [*facts, LONG])


@pytest.mark.parametrize("size", [9, 10, 11])
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(
    "name", ["names at the ends of lines", "firms", "a sentence as long as a line"]
)
def test_two_columns_of_a_file(name: str, swapped: bool, size: int) -> None:
    style = ParagraphStyle("en", fontName="Helvetica", fontSize=size, leading=1.25 * size)
    texts = [LONG, LEFT[name].strip()] if swapped else [LEFT[name].strip(), LONG]
    frames = [Frame(left, 60, 230, 700) for left in (60, 305)]
    out = BytesIO()
    document = BaseDocTemplate(out)
    document.addPageTemplates(PageTemplate(frames=frames))
    document.build([Paragraph(texts[0], style), FrameBreak(), Paragraph(texts[1], style)])
    read = read_pdf(out.getvalue()).text
    assert read is not None
    assert whole_columns(read.split("\n\n")) == texts

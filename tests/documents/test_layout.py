"""From pieces of text with their places to the lines of a page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from documents.pdf.glyphs import Piece
from documents.pdf.layout import lines_of

SIZE = 10.0


def drawn(text: str, x: float = 50.0, y: float = 700.0, size: float = SIZE) -> Piece:
    """Text whose narrow characters are half as wide as its size."""
    wide = sum(char > "\u2e80" for char in text)
    return Piece(text, x, x + size * (len(text) + wide) / 2, y, size)


def one_by_one(parts: list[str], gap: float, y: float = 700.0) -> list[Piece]:
    pieces: list[Piece] = []
    x = 50.0
    for part in parts:
        pieces.append(drawn(part, x, y))
        x = pieces[-1].right + gap
    return pieces


def texts(*pieces: Piece) -> list[str]:
    return [line.text for line in lines_of(pieces)]


def test_words_that_are_drawn_one_by_one() -> None:
    words = one_by_one("Aldus Manutius founded the Aldine Press.".split(), 2.5)
    assert texts(*words) == ["Aldus Manutius founded the Aldine Press."]
    assert texts(*reversed(words)) == ["Aldus Manutius founded the Aldine Press."]


@pytest.mark.parametrize("spacing", [0.0, 3.0, 6.0])
def test_letters_that_are_drawn_one_by_one(spacing: float) -> None:
    pieces: list[Piece] = []
    x = 50.0
    for char in "Aldus Manutius founded it":
        if char != " ":
            pieces.append(drawn(char, x))
        x += SIZE / 2 + spacing
    assert texts(*pieces) == ["Aldus Manutius founded it"]
    assert texts(*one_by_one(list("陈国栋是厂长"), spacing)) == ["陈国栋是厂长"]


def test_numbers_beside_each_other_are_not_one() -> None:
    assert texts(*one_by_one(["1", "2", "3", "4", "5", "6"], 3.0)) == ["1 2 3 4 5 6"]


def test_letters_drawn_twice_for_bold_print_are_there_once() -> None:
    assert texts(drawn("Title"), drawn("Title", 50.3)) == ["Title"]


def test_indices_and_powers_stay_in_their_line() -> None:
    line = [drawn("H"), drawn("2", 55.0, 697.0, 6.0), drawn("O and mc", 58.0)]
    power = drawn("2", line[-1].right, 704.0, 6.0)
    assert texts(*line, power) == ["H2O and mc²"]


@pytest.mark.parametrize(
    ("before", "mark", "after", "expected"),
    [
        ("sold in 2001", "3", " to Oslo", "sold in 2001 ³ to Oslo"),
        ("Nordvision AS", "12", ", of Bergen", "Nordvision AS ¹², of Bergen"),
        ("closed in 1999.", "4, 5", "", "closed in 1999. ⁴, ⁵"),
        ("成立于2001", "2", "年", "成立于2001 ²年"),
        ("华东机床厂", "1", "成立", "华东机床厂 ¹成立"),
        ("an area of 40 km", "2", " of land", "an area of 40 km² of land"),
        ("some 10", "6", " cells", "some 10⁶ cells"),
        ("a mass of 10", "–27", " kg", "a mass of 10⁻²⁷ kg"),
        ("a share of R", "2", "", "a share of R²"),
    ],
)
@pytest.mark.parametrize("size", [5.0, 8.5, SIZE])
def test_raised_digits_are_no_part_of_a_number(
    before: str, mark: str, after: str, expected: str, size: float
) -> None:
    line = [drawn(before)]
    line.append(drawn(mark, line[-1].right, 703.5, size))
    line += [drawn(after, line[-1].right)] if after else []
    assert texts(*line) == [expected]


@pytest.mark.parametrize(
    ("before", "mark", "expected"),
    [
        ("sold in 1999", "a", "sold in 1999 a to Oslo"),
        ("sold in 1999", "†", "sold in 1999 † to Oslo"),
        ("the 19", "th", "the 19th to Oslo"),
        ("Nordvision", "a", "Nordvisiona to Oslo"),
    ],
)
def test_a_raised_letter_is_no_part_of_a_number(before: str, mark: str, expected: str) -> None:
    line = [drawn(before)]
    line.append(drawn(mark, line[-1].right, 703.5, 6.0))
    line.append(drawn(" to Oslo", line[-1].right))
    assert texts(*line) == [expected]


def test_the_mark_before_a_footnote_stands_in_its_line() -> None:
    mark = drawn("3", 50, 703, 6)
    assert texts(mark, drawn(" Annual report.", mark.right)) == ["³ Annual report."]


def turned_by(angle: int, text: str, size: float = 80.0) -> Piece:
    return replace(drawn(text, 100, 300, size), angle=angle)


BODY = [f"{word} line of the report, which goes on" for word in ("One", "Two", "Three", "Four")]


@pytest.mark.parametrize(
    "mark",
    [
        [turned_by(45, "DRAFT")], [turned_by(30, "机密")], [turned_by(315, "Nicht verteilen")],
        [turned_by(90, "arXiv:0001", SIZE)], [drawn("COPY", 60, 670, 80)],
        [drawn(char, 60 + 60 * n, 665, 60) for n, char in enumerate("机密")],
    ],
)  # fmt: skip
@pytest.mark.parametrize("first", [True, False])
def test_text_across_the_lines_stands_aside(mark: list[Piece], first: bool) -> None:
    body = [drawn(text, 50, 700 - 14 * row) for row, text in enumerate(BODY)]
    lines = lines_of([*mark, *body] if first else [*body, *mark])
    assert [line.text for line in lines if not line.aside] == BODY
    told = "".join(one.text for one in mark)
    assert [line.text.replace(" ", "").replace("\t", "") for line in lines if line.aside] == [
        told.replace(" ", "")
    ]


def test_a_large_title_and_a_first_letter_are_no_watermark() -> None:
    body = [drawn(text, 90, 700 - 14 * row) for row, text in enumerate(BODY)]
    title, letter = drawn("Report", 50, 730, 40), drawn("O", 50, 686, 36)
    assert not any(line.aside for line in lines_of([title, letter, *body]))


ROWS = (["City", "People", "Founded"], ["Oslo", "709037", "1048"], ["Bergen", "291940", "1070"],
        ["Trondheim", "212660", "997"])  # fmt: skip


@pytest.mark.parametrize("pitch", [14.0, 20.0])
def test_rows_of_a_table_whatever_was_drawn_first(pitch: float) -> None:
    cells = [
        [drawn(text, 50.0 + 100 * column, 700 - pitch * row) for column, text in enumerate(cells)]
        for row, cells in enumerate(ROWS)
    ]
    expected = ["\t".join(row) for row in ROWS]
    assert texts(*(cell for row in cells for cell in row)) == expected
    assert texts(*(row[column] for column in range(3) for row in cells)) == expected


@pytest.mark.parametrize("shift", [0.0, 6.0])
def test_a_cell_of_several_lines_is_one_cell(shift: float) -> None:
    row = [
        drawn("Nils Berg", 50, 700 - shift), drawn("chair", 150, 700 - shift),
        drawn("Has sailed around the", 250, 700), drawn("world twice", 250, 688),
        drawn("Ida Moe", 50, 660), drawn("treasurer", 150, 660), drawn("Lawyer", 250, 660),
    ]  # fmt: skip
    assert texts(*row) == [
        "Nils Berg\tchair\tHas sailed around the world twice",
        "Ida Moe\ttreasurer\tLawyer",
    ]


@pytest.mark.parametrize(
    "cells", [["Oslo", "1048", "7090", "4540", "1901"], ["上海", "北京", "南京", "广州", "天津"]]
)
def test_cells_with_even_gaps_are_cells(cells: list[str]) -> None:
    assert texts(*(drawn(text, 50.0 + 80 * n) for n, text in enumerate(cells))) == [
        "\t".join(cells)
    ]


GAPS = (
    ["Nils Berg", "1901", "", "Oslo"], ["Ida Moe", "", "1990", "Bergen"],
    ["", "1922", "1999", "Vardo"], ["Per Moe", "", "", "Hamar"],
)  # fmt: skip


@pytest.mark.parametrize("head", [True, False])
@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("by_column", [True, False])
def test_an_empty_cell_keeps_the_others_in_their_columns(
    head: bool, right: bool, by_column: bool
) -> None:
    rows = [["Name", "Born", "Died", "Place"]] * head + [*GAPS]
    cells = []
    for row, texts_of in enumerate(rows):
        for column, text in enumerate(texts_of):
            piece = drawn(text, 50.0 + 100 * column, 700.0 - 20 * row)
            moved = 60 - (piece.right - piece.left) if right else 0
            cells.append(
                (column, replace(piece, left=piece.left + moved, right=piece.right + moved))
            )
    if by_column:
        cells.sort(key=lambda cell: cell[0])
    pieces = [piece for _, piece in cells if piece.text]
    expected = ["\t".join(row).rstrip() for row in rows]
    assert texts(*pieces) == expected


def test_a_cell_over_two_columns_moves_no_other() -> None:
    pieces = [
        drawn(text, 50 + 100 * column, 700 - 20 * row)
        for row, cells in enumerate(ROWS) for column, text in enumerate(cells)
    ]  # fmt: skip
    wide = [drawn("Bodo", 50, 620), drawn("not counted in the year", 150, 620)]
    assert texts(*pieces, *wide)[-1] == "Bodo\tnot counted in the year"


def test_a_number_of_a_table_is_no_number_of_a_heading() -> None:
    assert texts(drawn("12.5"), drawn("million", 150)) == ["12.5\tmillion"]
    assert texts(drawn("12.5"), drawn("7.25", 150), drawn("Oslo", 250)) == ["12.5\t7.25\tOslo"]
    assert texts(drawn("2.1"), drawn("Results", 150)) == ["2.1 Results"]


def test_lines_beside_each_other_are_rows_if_no_word_says_otherwise() -> None:
    left = ["Nordvision AS", "Harbour Street 17", "5003 Bergen"]
    right = ["Invoice No. 4711", "Date: 3 May 2024"]
    pieces = [
        drawn(text, x, 700 - 12 * row)
        for x, lines in ((50, left), (300, right))
        for row, text in enumerate(lines)
    ]
    assert texts(*pieces) == [f"{left[0]}\t{right[0]}", f"{left[1]}\t{right[1]}", left[2]]


def test_lines_of_a_cell_go_on_below_rows_of_one_line() -> None:
    pieces = [
        drawn("Nils Berg", 50, 720), drawn("chair", 200, 720),
        drawn("Greta Olsen of the", 50, 700), drawn("northern branch", 50, 688),
        drawn("secretary", 200, 700), drawn("All were elected.", 50, 660),
    ]  # fmt: skip
    assert texts(*pieces) == [
        "Nils Berg\tchair", "Greta Olsen of the northern branch\tsecretary", "All were elected.",
    ]  # fmt: skip


def test_a_label_and_its_value_are_no_cells() -> None:
    assert texts(drawn("Name:"), drawn("Greta Olsen", 150)) == ["Name: Greta Olsen"]
    assert texts(drawn("姓名："), drawn("王芳", 150)) == ["姓名：王芳"]
    assert texts(drawn("1."), drawn("One", 90)) == ["1. One"]


def test_columns_of_prose_stay_apart() -> None:
    left = [f"{word} left column with its words" for word in ("one", "two", "three", "four")]
    right = [line.replace("left", "right") for line in left]
    pieces = [
        drawn(line, x, 700 - 12 * row)
        for x, lines in ((50, left), (300, right))
        for row, line in enumerate(lines)
    ]
    assert texts(*pieces) == left + right


def test_what_stands_higher_comes_first() -> None:
    title = drawn("Title", 50, 760, 16)
    assert texts(drawn("first"), drawn("second", 50, 686), title) == ["Title", "first", "second"]


def test_text_from_top_to_bottom() -> None:
    columns = (("陈国栋是厂长", 100.0), ("一九八三年到", 80.0), ("北京进修。", 60.0))
    pieces = [drawn(char, x, 700 - SIZE * n) for text, x in columns for n, char in enumerate(text)]
    assert texts(*pieces) == ["陈国栋是厂长一九八三年到北京进修。"]

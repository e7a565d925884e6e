"""Text files and tables: encodings, delimiters, columns, and what is refused."""

from __future__ import annotations

import pytest

from documents import document, tables
from documents.reading import read
from errors import InputError, TextlessDocument, TooLarge, UnreadableDocument, UnsupportedMedia

TEXT = "鲁迅，原名周树人，生于浙江绍兴。\nMarie Curie – née Skłodowska."


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("gb18030", "GB18030"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "B.MD", "鲁迅.1.txt"])
def test_encodings(name: str, codec: str, encoding: str) -> None:
    found = read(name, TEXT.encode(codec))
    assert (found.text, found.encoding) == (TEXT, encoding)
    assert found.to_json() == {"text": TEXT, "characters": len(TEXT), "encoding": encoding}


def test_utf16_of_either_order() -> None:
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert read("a.txt", mark + TEXT.encode(codec)).text == TEXT


@pytest.mark.parametrize("text", ["鲁迅生", "狂人日记", "他生于绍兴。"])
def test_short_chinese_files(text: str) -> None:
    found = read("a.txt", text.encode("gbk"))
    assert (found.text, found.encoding) == (text, "GB18030")


@pytest.mark.parametrize(
    "data",
    [
        "Curie’s work, née Skłodowska".replace("ł", "l").encode("cp1252"),
        "Señor".encode("cp1252"),
        "Лев Толстой родился в Ясной Поляне.".encode("cp1251"),
        "東京は日本の首都である。".encode("cp932"),
        "魯迅，原名周樹人，一八八一年出生於浙江紹興。".encode("big5"),
        b"\xff\xfea",
        b"\x00\x01\x02",
        b"GIF89a\x01\x00\x01\x00",
    ],
)
def test_other_bytes_are_refused_with_a_remedy(data: bytes) -> None:
    with pytest.raises(UnreadableDocument, match="UTF-8") as caught:
        read("a.txt", data)
    assert (caught.value.field, caught.value.status) == ("file", 422)


def test_line_ends_and_the_edges() -> None:
    assert read("a.txt", b"\n\r\n one\r\ntwo\rthree \n\n").text == "one\ntwo\nthree"


@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv"])
def test_nothing_is_no_text(name: str, data: bytes) -> None:
    with pytest.raises(TextlessDocument):
        read(name, data)


def test_too_many_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_CHARACTERS", 3)
    assert read("a.txt", "鲁迅。\n".encode()).text == "鲁迅。"
    with pytest.raises(TooLarge, match="a part"):
        read("a.txt", "鲁迅生。".encode())


@pytest.mark.parametrize("name", ["a", "", ".", "a.doc", "a.pdf.exe", "txt"])
def test_other_endings_are_refused(name: str) -> None:
    with pytest.raises(UnsupportedMedia, match=r"\.docx") as caught:
        read(name, b"text")
    assert caught.value.field == "file"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_a_column_by_name_or_number(mark: str) -> None:
    rows = [["name", "about"], ["鲁迅", '"He said ""呐喊""\nand, then; left."'], ["x", " "], ["y"]]
    data = "\n".join(mark.join(row) for row in rows).encode("gbk")
    expected = '"He said "呐喊"\nand, then; left.'[1:]
    for column in ("about", " about ", "2"):
        found = read("a.csv", data, column)
        assert (found.text, found.encoding) == (expected, "GB18030")
    assert read("a.csv", data, "1").text == "鲁迅\nx\ny"


def test_without_a_column_the_columns_are_listed() -> None:
    data = b"\na,,a,b  c,3\n1,2,3,4,5\n"
    found = read("t.csv", data)
    assert found.text is None
    assert found.columns == ("a", "#2", "a #3", "b c", "3")
    assert found.to_json()["text"] is None
    texts = [read("t.csv", data, column).text for column in found.columns]
    assert texts == ["1", "2", "3", "4", "5"]


def test_a_table_of_one_column_needs_no_choice() -> None:
    assert read("t.csv", "text\n一\n\n二\n".encode()).text == "一\n二"
    assert read("t.tsv", "text\n一,二\n".encode()).text == "一,二"


@pytest.mark.parametrize("column", ["c", "0", "3", "-1", "²", "9" * 5000])
def test_a_column_that_is_not_there(column: str) -> None:
    with pytest.raises(InputError, match="choose one of a, b, or a number from 1 to 2") as caught:
        read("t.csv", b"a,b\n1,2", column)
    assert caught.value.field == "column"


def test_only_tables_have_columns() -> None:
    with pytest.raises(InputError) as caught:
        read("a.txt", b"text", "1")
    assert caught.value.field == "column"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'a,b\n1,"open', "cannot be read"),
        (b"a," * 1001, "1,000 columns"),
    ],
)
def test_broken_tables(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableDocument, match=message):
        read("t.csv", data, "2")


def test_a_cell_as_long_as_a_book() -> None:
    assert read("t.csv", b"a,b\n1," + b"x" * 900_000, "2").text == "x" * 900_000


@pytest.mark.parametrize("mark", [";", "\t", ",", "|", "^"])
@pytest.mark.parametrize("line", ["sep={}\n", "SEP={}\r\n", '"sep={}"\n', "\ufeffsep={}\n"])
def test_the_line_by_which_excel_states_the_delimiter(line: str, mark: str) -> None:
    table = line.format(mark) + f"name{mark}about\nLu Xun{mark}one\n"
    found = read("t.csv", table.encode(), "about")
    assert (found.columns, found.text) == (("name", "about"), "one")


@pytest.mark.parametrize(
    ("rows", "lost"),
    [
        (['1,"one', "2,two", "3,three"], "2"),
        (["1,one", '2,"two" and more', "3,three"], "3"),
        (["1,one", '2,"two', '3,"three"'], "3"),
        (["1,one", '2,"two', '3,"and\nthree"', "4,four"], "3"),
        (['1,"one', '2,"two', '3,"three', "4,four"], "2, 3, 4"),
    ],
)
def test_a_stray_quotation_mark_costs_one_row(rows: list[str], lost: str) -> None:
    found = read("t.csv", "\n".join(["a,b", *rows]).encode(), "b")
    numbers = {"one", "two", "three", "four"}
    expected = [row for row in rows if row.count('"') % 2 == 0 and "more" not in row]
    words = (found.text or "").replace("and\n", "").splitlines()
    assert words == [next(one for one in numbers if one in row) for row in expected]
    [warning] = found.warnings
    assert f"line {lost} " in warning
    assert found.to_json()["warnings"] == (warning,)


def test_marks_inside_a_cell_are_none() -> None:
    assert read("t.csv", b'a,b\n1,a 5" pipe\n2,x', "b").text == 'a 5" pipe\nx'


def test_quotation_marks_without_end_take_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "REREAD", 10_000)
    found = read("t.csv", b"a,b\n0,first\n" + b'1,"open\n' * 5000, "b")
    assert (found.text, len(found.warnings)) == ("first", 1)


@pytest.mark.parametrize("data", [b"a,b\n1,", b"a,b", b",,\n,,"])
def test_a_table_without_text_in_the_column(data: bytes) -> None:
    with pytest.raises(TextlessDocument):
        read("t.csv", data, "2")

"""PDF and Word files, made by other programs' writers or by hand, read in the process apart."""

from __future__ import annotations

import os
import signal
import time
import zlib
from pathlib import Path

import pytest

from documents import sandbox as apart
from documents.reading import read
from documents.sandbox import read_apart
from errors import (
    Busy,
    DeadlineExceeded,
    ProtectedDocument,
    TextlessDocument,
    TooLarge,
    UnreadableDocument,
)
from tests.documents import making

TEXTS = b"BT /F1 12 Tf (abc) Tj ET\n"
OPERATORS = b"BT /F1 12 Tf (a) Tj ET\n"


def test_a_pdf_in_two_languages() -> None:
    page = ["鲁迅生平", making.CHINESE, making.CHINESE, "Marie Curie", making.ENGLISH, "End."]
    found = read("a.pdf", making.pdf(page))
    assert found.text == "\n\n".join(page)
    assert found.to_json() == {"text": found.text, "characters": len(found.text), "pages": 1}


def test_running_heads_are_left_out() -> None:
    pages = [[making.CHINESE.replace("鲁迅", name), name + "的故事到此为止。"] for name in
             ("周树人", "老舍", "巴金", "茅盾")]  # fmt: skip
    text = read("a.pdf", making.pdf(*pages, head="现代文学史")).text
    assert text == "\n\n".join(["现代文学史", *(text for page in pages for text in page)])


def test_pages_without_text_are_told() -> None:
    found = read("a.pdf", making.drawn_pdf(True, False, True))
    assert (found.pages, found.textless_pages) == (3, (2,))
    with pytest.raises(TextlessDocument, match="OCR") as caught:
        read("a.pdf", making.drawn_pdf(False, False))
    assert (caught.value.code, caught.value.field) == ("textless_document", "file")


def test_protected_pdfs() -> None:
    with pytest.raises(ProtectedDocument, match="without password"):
        read("a.pdf", making.pdf(["Secret."], password="user"))


@pytest.mark.parametrize("strength", [40, 128])
def test_pdfs_without_a_password_to_open_them(strength: int) -> None:
    data = making.pdf(["Open."], password="", strength=strength)
    assert read("a.pdf", data).text == "Open."


def test_what_was_filled_into_a_form() -> None:
    assert read("a.pdf", making.form_pdf()).text == "\n\n".join(
        ["Name: Greta Olsen", "Member: ☑", "Country: Sweden", "Remarks: First line.",
         "Second line.", "Password:", "By post\t☐"]
    )  # fmt: skip


def test_pages_in_fonts_without_characters_are_refused() -> None:
    with pytest.raises(TextlessDocument, match="fonts") as caught:
        read("a.pdf", making.mute_pdf(False))
    assert caught.value.field == "file"
    found = read("a.pdf", making.mute_pdf(False, True, False))
    assert (found.text, found.textless_pages) == ("Lu Xun was born.", (1, 3))


def test_chinese_letters_drawn_one_by_one() -> None:
    """Their font is not in the file, and need not be on the machine."""
    line = "陈国栋是华东纺织机械厂的厂长，电话11223344。"
    assert read("a.pdf", making.spelt_pdf(line)).text == line


FILES = Path(__file__).parent / "files"


@pytest.mark.parametrize("name", sorted(path.stem for path in FILES.glob("*.pdf")))
def test_files_of_other_producers(name: str) -> None:
    expected = (FILES / f"{name}.txt").read_text(encoding="utf-8").strip()
    assert read("a.pdf", (FILES / f"{name}.pdf").read_bytes()).text == expected


def test_pages_that_only_repeat_a_running_head_are_told() -> None:
    pages = [["Body of page one."], [], ["Body of page three."], ["Body of page four."]]
    found = read("a.pdf", making.pdf(*pages, head="Annals of Science"))
    assert found.textless_pages == (2,)
    assert found.text and [line in found.text for page in pages for line in page] == [True] * 3


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Lu Xun was born.",
        b"%PDF-1.7\n",
        b"%PDF-1.4\n" + b"obj <<" * 1000,
        making.drawn_pdf(True)[:400],
        making.word(),
        b"%PDF-1.7\n<</Type/Catalog/A " + b"<</A " * 5000 + b">>\nstartxref\n9\n%%EOF",
    ],
)
def test_damaged_pdfs(data: bytes) -> None:
    with pytest.raises(UnreadableDocument) as caught:
        read("a.pdf", data)
    assert (caught.value.code, caught.value.field) == ("unreadable_document", "file")


@pytest.mark.parametrize(
    "data",
    [
        making.raw_pdf(
            zlib.compress(b"BT /F1 12 Tf (abc) Tj ET\n" * 8_000_000), b"/Filter/FlateDecode"
        ),
        making.raw_pdf(OPERATORS, pages=501),
        making.raw_pdf(b"BT /F1 12 Tf" + b" 0 9 Td (%s) Tj" % (b"ab" * 15_000) * 34 + b" ET"),
    ],
)
def test_pdfs_that_are_too_much(data: bytes) -> None:
    with pytest.raises(TooLarge) as caught:
        read("a.pdf", data)
    assert caught.value.field == "file"


def test_a_stream_of_blanks_without_end_does_no_harm() -> None:
    packed = zlib.compress(zlib.compress(b" " * 200_000_000))
    with pytest.raises(TextlessDocument):
        read("a.pdf", making.raw_pdf(packed, b"/Filter[/FlateDecode/FlateDecode]"))


def test_a_pdf_that_takes_too_long_is_given_up() -> None:
    data = making.raw_pdf(zlib.compress(OPERATORS * 100_000), b"/Filter/FlateDecode", pages=20)
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded, match="within 1 seconds"):
        read_apart("pdf", data, seconds=1)
    assert time.monotonic() - began < 5
    with pytest.raises(ChildProcessError):  # nothing is left running
        os.waitpid(-1, os.WNOHANG)


def test_other_files_wait_for_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "WAIT_SECONDS", 0.1)
    places = [apart._places.acquire(blocking=False) for _ in range(2)]
    assert places == [True, True]
    with pytest.raises(Busy) as caught:
        read("a.pdf", making.drawn_pdf(True))
    assert caught.value.retry_after
    apart._places.release(2)
    for _ in range(3):  # also what failed gives its place back
        with pytest.raises(UnreadableDocument):
            read("a.pdf", b"")
    assert read("a.pdf", making.drawn_pdf(True)).text == "Lu Xun was born."


def test_the_process_knows_no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\nexec kill -{signal.SIGKILL:d} $$\n")
    spy.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(spy))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    with pytest.raises(TooLarge, match="memory"):
        read("a.pdf", b"%PDF-")
    seen = (tmp_path / "seen").read_text()
    assert "PYTHONUTF8=1" in seen
    assert "canary" not in seen


def test_a_word_file_in_its_order() -> None:
    assert read("a.docx", making.word()).text == (
        "鲁迅生平\n\n鲁迅生于浙江绍兴。\n\n书名\t年份\n呐喊 小说集\t1923\n\n"
        "After the table,\ta tab\nand a line."
    )


def test_what_word_hides_in_its_xml() -> None:
    run = "<w:r><w:t>{}</w:t></w:r>"
    xml = (
        "<w:document W><w:body><w:p>"
        + run.format("kept ")
        + f'<w:ins w:id="1">{run.format("inserted ")}</w:ins>'
        + '<w:del w:id="2"><w:r><w:delText>deleted</w:delText></w:r></w:del>'
        + f"<w:sdt><w:sdtContent>{run.format('controlled')}</w:sdtContent></w:sdt>"
        + "<w:r><w:instrText>PAGE</w:instrText><w:noBreakHyphen/></w:r>"
        + "<w:ruby><w:rt><w:r><w:t>xùn</w:t></w:r></w:rt>"
        + f"<w:rubyBase>{run.format('迅')}</w:rubyBase></w:ruby>"
        + f"<w:r><w:drawing><w:txbxContent><w:p>{run.format('boxed')}</w:p></w:txbxContent>"
        + "</w:drawing></w:r></w:p>"
        + f"<w:sdt><w:sdtContent><w:p>{run.format('block')}</w:p></w:sdtContent></w:sdt>"
        + "<w:p/></w:body></w:document>"
    )
    assert read("a.docx", making.raw_word(xml)).text == (
        "kept inserted controlled-迅\n\nboxed\n\nblock"
    )


def cell(text: str, form: str = "") -> str:
    return f"<w:tc><w:tcPr>{form}</w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"


def table(*rows: list[str]) -> bytes:
    body = "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows)
    return making.raw_word(f"<w:document W><w:body><w:tbl>{body}</w:tbl></w:body></w:document>")


def test_empty_cells_keep_their_columns() -> None:
    rows = [["", "2022", "2023"], ["Revenue", "", "120"], ["", "", ""], ["Costs", "40", ""]]
    found = read("a.docx", table(*([cell(text) for text in row] for row in rows)))
    assert found.text == "\t2022\t2023\nRevenue\t\t120\nCosts\t40"


def test_merged_cells() -> None:
    begin, goes_on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    found = read("a.docx", table(
        [cell("Year", '<w:gridSpan w:val="2"/>'), cell("Ships")],
        [cell("2022", begin), cell("spring"), cell("6")],
        [cell("", goes_on), cell("autumn"), cell("5", begin)],
        [cell("2023"), cell("spring"), cell("", goes_on)],
        ["<w:trPr><w:gridBefore w:val=\"1\"/></w:trPr>", cell("autumn"), cell("4")],
        ["<w:trPr><w:hidden/></w:trPr>", cell("secret")],
    ))  # fmt: skip
    assert found.text == (
        "Year\t\tShips\n2022\tspring\t6\n2022\tautumn\t5\n2023\tspring\t5\n\tautumn\t4"
    )


def run(text: str, form: str = "") -> str:
    return f"<w:r><w:rPr>{form}</w:rPr><w:t>{text}</w:t></w:r>"


def test_hidden_text_is_left_out() -> None:
    styles = (
        "<w:styles W>"
        '<w:style w:type="character" w:styleId="H"><w:rPr><w:vanish/></w:rPr></w:style>'
        '<w:style w:type="character" w:styleId="I"><w:basedOn w:val="H"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="P"><w:rPr><w:vanish/></w:rPr></w:style>'
        '<w:style w:type="character" w:styleId="J"><w:basedOn w:val="H"/>'
        '<w:rPr><w:vanish w:val="0"/></w:rPr></w:style></w:styles>'
    )
    runs = [
        run("seen "), run("hidden", "<w:vanish/>"), run("too ", '<w:vanish w:val="false"/>'),
        run("hidden", '<w:rStyle w:val="H"/>'), run("hidden", '<w:rStyle w:val="I"/>'),
        run("and this", '<w:rStyle w:val="J"/>'),
    ]  # fmt: skip
    hidden = f'<w:p><w:pPr><w:pStyle w:val="P"/></w:pPr>{run("hidden")}</w:p>'
    body = f"<w:p>{''.join(runs)}</w:p>{hidden}"
    data = making.raw_word(f"<w:document W><w:body>{body}</w:body></w:document>", styles)
    assert read("a.docx", data).text == "seen too and this"


@pytest.mark.parametrize(
    ("font", "code", "char"),
    [("Symbol", "F0B0", "°"), ("Symbol", "F061", "α"), ("Symbol", "B1", "±"),
     ("Symbol", "F032", "2"),
         ("Wingdings", "F0FC", "✓"), ("Wingdings", "F0E0", "→"), ("Arial", "00E9", "é"),
     ("Webdings", "F0A1", "\ufffd"), ("Symbol", "zz", "\ufffd"), ("Arial", "D800", "\ufffd")],
)  # fmt: skip
def test_symbols(font: str, code: str, char: str) -> None:
    symbol = f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>'
    xml = f"<w:document W><w:body><w:p>{run('20 ')}{symbol}{run('C')}</w:p></w:body></w:document>"
    assert read("a.docx", making.raw_word(xml)).text == f"20 {char}C"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", UnreadableDocument),
        (making.word()[:2000], UnreadableDocument),
        (making.drawn_pdf(True), UnreadableDocument),
        (making.raw_word("<w:document W><w:p>"), UnreadableDocument),
        (making.raw_word("<w:document W>" + "<w:p>" * 20_000 + "</w:p>" * 20_000 + "</w:document>"),
         UnreadableDocument),
        (making.raw_word('<!DOCTYPE a [<!ENTITY b "c">]><w:document W>&b;</w:document>'),
         UnreadableDocument),
        (making.raw_word('<!DOCTYPE a SYSTEM "file:///etc/passwd"><w:document W/>'),
         UnreadableDocument),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, ProtectedDocument),
        (making.raw_word("<w:document W/>"), TextlessDocument),
        (making.raw_word("<w:document W>" + " " * 300_000_000 + "</w:document>"), TooLarge),
    ],
)  # fmt: skip
def test_word_files_that_are_refused(data: bytes, kind: type[UnreadableDocument]) -> None:
    with pytest.raises(kind) as caught:
        read("a.docx", data)
    assert type(caught.value) is kind
    assert caught.value.field == "file"

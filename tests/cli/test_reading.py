"""What `extract` and `chat` take for a text."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from cli.reading import read_text
from errors import InputError, TextlessDocument, TooLarge, UnreadableDocument
from settings import Settings
from tests import EMPTY_CACHE
from tests.documents import making

TABLE = "name;about\nLu Xun;a writer\n".encode("utf-16")


def read(path: Path, data: bytes, column: str | None = None, **settings: Any) -> str:
    path.write_bytes(data)
    with path.open("rb") as file:
        return read_text(file, Settings(cache_dir=path.parent, **settings), column)


def test_documents_are_read_by_their_endings(tmp_path: Path) -> None:
    pdf = making.drawn_pdf(True)
    assert read(tmp_path / "a.pdf", pdf) == "Lu Xun was born."
    assert read(tmp_path / "A.PDF", pdf) == "Lu Xun was born."
    assert read(tmp_path / "a.docx", making.word()).startswith("鲁迅生平\n\n")
    assert read(tmp_path / "a.csv", TABLE, "about") == "a writer"
    assert read(tmp_path / "a.tsv", b"text\none\ntwo\n") == "one\ntwo"


def test_other_files_are_text_as_it_stands(tmp_path: Path) -> None:
    for name in ("a.txt", "a", "a.json"):
        assert read(tmp_path / name, b"\xef\xbb\xbf\n a, b \n") == "\n a, b \n"


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-16", "utf-8-sig"])
def test_a_text_is_decoded_as_a_document_is(tmp_path: Path, encoding: str) -> None:
    text = "茅盾，原名沈德鸿，\r\n浙江桐乡人。\n"
    assert read(tmp_path / "a.txt", text.encode(encoding)) == text
    settings = Settings(cache_dir=tmp_path)
    assert read_text(BytesIO(text.encode(encoding)), settings) == text


def test_a_pdf_on_standard_input_is_read() -> None:
    settings = Settings(cache_dir=EMPTY_CACHE)
    assert read_text(BytesIO(making.drawn_pdf(True)), settings) == "Lu Xun was born."


def test_what_is_not_in_the_text_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(tmp_path / "a.pdf", making.drawn_pdf(False, True)) == "Lu Xun was born."
    assert "page 1:" in capsys.readouterr().err
    assert read(tmp_path / "a.csv", b'text\none\n"two" and more\n') == "one"
    assert "line 3 " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "data", "column", "kind", "field"),
    [
        ("a.csv", TABLE, None, InputError, "column"),
        ("a.csv", TABLE, "year", InputError, "column"),
        ("a.txt", b"text", "year", InputError, "column"),
        ("a.txt", "Café Müller".encode("cp1252"), None, UnreadableDocument, "file"),
        ("a.pdf", making.drawn_pdf(False), None, TextlessDocument, "file"),
        ("a.pdf", b"%PDF-" + b" " * 5000, None, TooLarge, "FILE"),
        ("a.txt", b"a" * 2000, None, TooLarge, "user_input"),
        ("a.csv", b"text\n" + b"a" * 2000, None, TooLarge, "user_input"),
    ],
)
def test_what_is_refused(
    tmp_path: Path, name: str, data: bytes, column: str | None, kind: type[InputError], field: str
) -> None:
    with pytest.raises(kind) as caught:
        read(tmp_path / name, data, column, max_chars=1000, max_file_bytes=4000)
    assert caught.value.field == field

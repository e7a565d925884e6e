"""What can be INPUT: rows and files, whole and broken."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from corpus.inputs import rows as rows_module
from corpus.inputs.entry import Entry, Fields
from corpus.inputs.opening import open_input
from corpus.inputs.parquet import read_rows
from errors import InputError
from knowledge.record import read_record
from tests import ROOT
from tests.corpus.conftest import Command, answers, jsonl, lives, manifest, outcomes
from tests.documents.making import pdf

FIELDS = Fields()


def entries(path: Path, fields: Fields = FIELDS) -> list[Entry]:
    return list(open_input(path, fields, path.parent / "out"))


def told(path: Path, fields: Fields = FIELDS) -> dict[str, str | None]:
    """Text or error by id, or by place where there is none."""
    return {entry.id or entry.place: entry.text or entry.error for entry in entries(path, fields)}


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_json_lines_with_and_without_ends(tmp_path: Path) -> None:
    data = '\ufeff{"id": "a", "text": "甲"}\r\n\r\n{"id": 2, "text": "乙", "x": 1}'.encode()
    source = write(tmp_path / "in.jsonl", data)
    assert told(source) == {"a": "甲", "2": "乙"}
    assert entries(source)[-1].at == len(data)


def test_json_lines_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "MAX_TEXT", 50)
    data = b'{"text": "\xff"}\n[' + b"[" * 200 + b'\n{"text": "a"}\n' + b"x" * 50 + b"\n{}"
    found = told(write(tmp_path / "in.jsonl", data))
    assert list(found) == [f"in.jsonl:{line}" for line in range(1, 6)]
    assert "not UTF-8" in str(found["in.jsonl:1"])
    assert "longer than 50 bytes" in str(found["in.jsonl:2"])
    assert found["in.jsonl:3"] == "a"
    assert "longer than 50 bytes" in str(found["in.jsonl:4"])
    assert "'text' is missing (there are: none)" in str(found["in.jsonl:5"])


def test_deeply_nested_json_is_one_failure(tmp_path: Path) -> None:
    found = told(write(tmp_path / "in.jsonl", b"[" * 100_000 + b'\n{"text": "a"}\n'))
    assert "not JSON" in str(found["in.jsonl:1"]) and found["in.jsonl:2"] == "a"


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"id": None, "text": "a"}, None),
        ({"id": "", "text": "a"}, "must have 1 to 1,000"),
        ({"id": 1.5, "text": "a"}, "neither a string nor an integer"),
        ({"id": "a", "text": None}, "not a string but null"),
        ({"id": "a", "text": ["b"]}, "not a string but a list"),
        ({"id": "a", "text": "b", "who": 3}, "'who' is not a string"),
    ],
)
def test_fields(tmp_path: Path, row: dict[str, Any], error: str | None) -> None:
    [entry] = entries(jsonl(tmp_path / "in.jsonl", [row]), Fields(entity="who"))
    assert (entry.error is None) == (error is None) and (error or "") in (entry.error or "")


def test_an_id_field_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    [entry] = entries(jsonl(tmp_path / "in.jsonl", [{"text": "a"}]), Fields(id_asked=True))
    assert "'id' is missing" in (entry.error or "")


@pytest.mark.parametrize(
    ("name", "encoding", "mark"),
    [("a.csv", "utf-8", ","), ("a.csv", "utf-8-sig", ";"), ("a.csv", "gb18030", ","),
     ("a.csv", "utf-16", "\t"), ("a.tsv", "utf-8", "\t")],
)  # fmt: skip
def test_tables(tmp_path: Path, name: str, encoding: str, mark: str) -> None:
    lines = [["id", "text"], ["a", "鲁迅生于绍兴"], ["", '"两行\n文字"'], ["c", "北京很大"]]
    text = "\r\n".join(mark.join(line) for line in lines)
    found = told(write(tmp_path / name, text.encode(encoding)))
    assert found == {"a": "鲁迅生于绍兴", f"{name}:3": "两行\n文字", "c": "北京很大"}


def test_rows_of_a_table_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "SAMPLE", 15)  # what follows has no part in the encoding
    data = b'id,text\na,one\nb,\xff\nc,d,e\nd\n"e"x,two\nf,three\n"g,open\n'
    found = told(write(tmp_path / "in.csv", data))
    assert (found["a"], found["f"]) == ("one", "three")
    assert "bytes that are not text" in str(found["in.csv:3"])
    assert "3 cells for 2 columns" in str(found["in.csv:4"])
    assert "'text' is missing" in str(found["d"])
    assert "cannot be read" in str(found["in.csv:6"])
    assert "not closed" in str(found["in.csv:8"])
    assert len(found) == 7


def test_columns_that_are_not_there(tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", b"name,body\na,b\n")
    with pytest.raises(InputError, match=r"no column 'text': choose one of name, body") as caught:
        open_input(source, FIELDS, tmp_path)
    assert caught.value.field == "--text-field"
    assert told(source, Fields("name", "body")) == {"a": "b"}


def test_a_folder(corpus: Command, tmp_path: Path) -> None:
    source = tmp_path / "in"
    (source / "deep").mkdir(parents=True)
    (source / "a.txt").write_text(lives(1), encoding="utf-8")
    (source / "deep" / "b.md").write_text(lives(2), encoding="utf-8")
    (source / "c.pdf").write_bytes(pdf([lives(3)]))
    (source / "d.pdf").write_bytes(b"%PDF-1.4 broken")
    (source / "e.png").write_bytes(b"")
    (source / "f.txt").write_bytes(b"")
    (source / ".hidden").write_bytes(b"")
    (source / "g.txt").write_text("x" * 30_000)
    (source / "h.txt").symlink_to(tmp_path / "nowhere")
    out = source / "out"  # in the very folder, and no document
    corpus.run(source, out, code=1)
    done = {id_ for id_, outcome in outcomes(out).items() if outcome == "done"}
    assert done == {"a.txt", "deep/b.md", "c.pdf"}
    why = {id_: row["types"]["KE1"].get("why", "") for id_, row in manifest(out).items()}
    assert "Files of type .png are not documents" in why["e.png"]
    assert "contains no text" in why["f.txt"]
    assert why["d.pdf"]
    assert "raise KEX_MAX_CHARS" in why["g.txt"]
    assert "No such file" in why["h.txt"]
    assert len(why) == 8
    (source / "e.png").unlink()
    (source / "h.txt").unlink()
    corpus.run(source, out, code=1, KEX_MAX_CHARS="30000")  # what was too long now is not
    assert outcomes(out)["g.txt"] == "done"
    assert len(outcomes(out)) == 6  # failures of files that are gone are gone


def test_parquet_in_and_out(corpus: Command, tmp_path: Path) -> None:
    source, out, lined = tmp_path / "in.parquet", tmp_path / "out", tmp_path / "lined"
    table = {"id": ["a", "b", None, "d"], "text": [lives(1), None, lives(3), lives(4)]}
    pyarrow.parquet.write_table(pyarrow.table(table), source)
    corpus.run(source, out, "--format", "parquet", "--shard-size", 2, code=1)
    corpus.run(source, lined, code=1)
    assert outcomes(out) == {"a": "done", "b": "failed", "in.parquet:3": "done", "d": "done"}
    shards = sorted((out / "answers").iterdir())
    lines = [line for shard in shards for line in read_rows(shard)]
    found = [read_record(rows) for rows in map(json.loads, lines)]
    kept = answers(lined)
    for record in found:
        other = kept[record.id, record.prompt_type]
        assert {**record.to_json(), "elapsed_ms": 0} == other
    assert len(found) == len(kept) == 3
    rows = pyarrow.parquet.read_table(shards[0]).to_pylist()
    assert rows[0]["prompt_tokens"] == 100 and "Ann" in rows[0]["knowledge"]


def test_answers_in_parquet_are_replaced_too(corpus: Command, tmp_path: Path) -> None:
    rows: list[dict[str, Any] | str] = [{"id": f"d{n}", "text": lives(n)} for n in range(4)]
    source, out = jsonl(tmp_path / "in.jsonl", rows), tmp_path / "out"
    corpus.run(source, out, "--format", "parquet")
    rows[2] = {"id": "d2", "text": lives(22)}
    corpus.run(jsonl(source, rows), out, "--format", "parquet")
    lines = [
        json.loads(line) for path in sorted((out / "answers").iterdir()) for line in read_rows(path)
    ]
    assert sorted(line["text"] for line in lines) == [lives(n) for n in (0, 1, 22, 3)]


def test_no_whole_parquet_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a complete Parquet file"):
        open_input(write(tmp_path / "in.parquet", b"PAR1"), FIELDS, tmp_path)


def test_without_pyarrow_the_remedy_is_named(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from pathlib import Path; from corpus.inputs.entry import Fields\n"
        "from corpus.inputs.opening import open_input\n"
        "open_input(Path(sys.argv[1]), Fields(), Path('out'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(write(tmp_path / "in.parquet", b""))],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "InputError: Parquet needs pyarrow" in done.stderr
    assert "requirements-parquet.txt" in done.stderr


def test_other_inputs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"INPUT 'a.pdf' is not supported: use a file .jsonl"):
        open_input(write(tmp_path / "a.pdf", b""), FIELDS, tmp_path)


def test_a_stray_quotation_mark_costs_one_document(tmp_path: Path) -> None:
    data = b'sep=;\nid;text\na;"one\nb;two\nc;"three\nmore"\nd;"four"\n'
    found = told(write(tmp_path / "in.csv", data))
    assert "cannot be read" in str(found.pop("in.csv:3"))
    assert found == {"b": "two", "c": "three\nmore", "d": "four"}


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    write(source / "b.txt", b"text")
    os.mkfifo(source / "a.txt")
    (source / "c.txt").symlink_to(os.devnull)
    (source / "d.txt").symlink_to(source / "b.txt")
    (source / "e.txt").symlink_to(source / "nowhere.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(source / "f.txt"))
        found = {entry.place: entry for entry in open_input(source, FIELDS, tmp_path / "out")}
    assert {id for id, entry in found.items() if entry.file} == {"b.txt", "d.txt", "e.txt"}
    assert {id for id, entry in found.items() if "no regular file" in (entry.error or "")} == {
        "a.txt", "c.txt", "f.txt",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["in.jsonl", "in.csv"])
def test_an_input_that_is_no_regular_file(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(InputError, match="no regular file") as caught:
        open_input(tmp_path / name, FIELDS, tmp_path)
    assert caught.value.field == "INPUT"

from __future__ import annotations

import csv
import io
import json

import pytest

from export.formats import write
from export.spreadsheet import COLUMNS, unguarded
from knowledge.record import Record
from tests.export.answers import nasty, real, reals, strings


def read(records: list[Record]) -> list[dict[str, str]]:
    """The rows as the csv module reads them from a file, without apostrophes."""
    data = "".join(write("csv", records)).encode()
    lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    rows = csv.DictReader(lines, strict=True)
    assert tuple(rows.fieldnames or ()) == COLUMNS
    return [{name: unguarded(cell) for name, cell in row.items()} for row in rows]


def test_nasty_strings_come_back() -> None:
    for string in strings():
        kept = string.replace("\x00", "\ufffd")
        (row,) = read([nasty("KE1", string)])
        assert (row["entity"], row["relation"], row["value"]) == (kept, kept, kept + "!")
        assert (row["value_status"], row["value_start"]) == ("inferred", "")
        assert row["evidence"] == f"{kept} and {kept}"
        assert json.loads(row["also"]) == [[0, len(string)]]
        (row,) = read([nasty("KE2", string)])
        assert (row["entity"], row["relation"]) == (kept, kept)
        assert json.loads(row["mentions"])[0] == [0, len(string)]
        fact, not_stated, alone = read([nasty("KE3", string)])
        assert (fact["relation"], fact["value"], fact["confidence"]) == (kept, kept + "!", "0.25")
        assert json.loads(fact["aliases"])[0][0] == string
        assert (not_stated["relation"], not_stated["value_status"]) == (kept, "not_stated")
        assert (alone["entity"], alone["entity_status"]) == (kept + "!", "inferred")


def test_no_cell_is_a_formula() -> None:
    records = [nasty(task, string) for task in ("KE1", "KE2", "KE3") for string in strings()]
    written = "".join(write("csv", records)).removeprefix("\ufeff")
    for cells in csv.reader(io.StringIO(written, newline="")):
        for cell in cells:
            assert not cell.strip("\ufeff\x00 \t\r\n\x0b\x0c").startswith(
                ("=", "+", "-", "@", "＝")
            )


@pytest.mark.parametrize("cell", ["=1", "'a", "''", "", "a", "-1"])
def test_rows_end_as_the_rfc_says(cell: str) -> None:
    written = "".join(write("csv", [nasty("KE1", cell or "a")]))
    assert written.count("\r\n") == written.count("\n") == 2


def test_dates_and_quantities_have_columns() -> None:
    rows = read(reals())
    assert {row["task"] for row in rows} == {"KE1", "KE2", "KE3"}
    assert [row["date"] for row in rows if row["value"] == "1881年9月25日"] == ["1881-09-25"]
    assert [row["entity_start"] for row in read([real("KE1")])] == ["0", "0", "0"]

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from errors import InputError
from evaluation.gold.rows import read_gold
from tests.evaluation.rows import gold_file, line


def test_rows_come_in_order_from_all_files_plain_and_gzipped(tmp_path: Path) -> None:
    plain = gold_file(tmp_path, line(id="a"), "", line(id="b", gold=[["x", "r", "y"]]))
    packed = tmp_path / "more.jsonl.gz"
    packed.write_bytes(gzip.compress((line("KE3", id="c", gold={"k": "v"}) + "\n").encode()))
    rows = read_gold([plain, packed])
    assert [row.id for row in rows] == ["a", "b", "c"]
    assert rows[1].gold == (("x", "r", "y"),)
    assert rows[2].gold == {"k": ("v",)}  # one value need not stand in a list
    assert rows[2].entity is None


def test_a_byte_order_mark_is_stepped_over(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + line().encode())
    assert read_gold([path])[0].id == "a"


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("{", "Invalid JSON"),
        ("[]", "Input should be"),
        (line(id=""), "id: String should have at least 1 character"),
        (line(lang="fr"), "lang: Input should be 'zh' or 'en'"),
        (line(text=" \n"), "text: String should match"),
        (line().replace("KE1", "KE4"), "'KE4'"),
        (line(gold=[["head", "relation"]]), "gold.0.2: Field required"),
        (line(gold=[["head", "relation", ""]]), "gold.0.2: String should have"),
        (line(gold={"PER": []}), "gold: Input should be a valid list"),
        (line("KE2", gold=[["x", "r", "y"]]), "gold: Input should be a JSON object"),
        (line("KE2", gold={"PER": "Ann"}), "gold.PER: Input should be a valid list"),
        (line("KE3", gold=["k", "v"]), "gold: Input should be a JSON object"),
        (line("KE3", gold={"k": 3}), "gold.k: Input should be a valid list"),
        (line(aliases=["UK"]), "aliases: Input should be a JSON object"),
        (line(id="first"), "id 'first' is also at"),
    ],
)
def test_a_bad_line_is_told_by_file_line_and_field(tmp_path: Path, bad: str, told: str) -> None:
    path = gold_file(tmp_path, line(id="first"), bad)
    with pytest.raises(InputError) as caught:
        read_gold([path])
    assert caught.value.message.startswith(f"{path}, line 2:")
    assert told in caught.value.message


@pytest.mark.parametrize("field", ["id", "lang", "source", "text", "gold"])
def test_a_field_that_is_missing(tmp_path: Path, field: str) -> None:
    told: dict[str, Any] = json.loads(line())
    del told[field]
    path = gold_file(tmp_path, json.dumps(told))
    with pytest.raises(InputError, match=f"line 1: {field}: Field required"):
        read_gold([path])


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes(line(text="Caf\u00e9").encode() + b"\n\xe9\n")
    with pytest.raises(InputError, match="line 2 is not UTF-8"):
        read_gold([latin])
    packed = tmp_path / "half.jsonl.gz"
    packed.write_bytes(gzip.compress(line().encode())[:-9])
    with pytest.raises(InputError, match=r"half\.jsonl\.gz cannot be read"):
        read_gold([packed])
    with pytest.raises(InputError, match="cannot be read"):
        read_gold([tmp_path / "nowhere.jsonl"])

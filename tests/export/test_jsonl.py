from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from errors import InputError
from export.formats import NAMES, write
from export.jsonl import read_jsonl
from knowledge.items import PromptType
from knowledge.record import Record
from tests.export.answers import TASKS, nasty, real, reals, strings


def test_the_lossless_form_gives_back_what_went_in() -> None:
    for task in TASKS:
        records = [nasty(task, string) for string in strings()] + reals()
        written = "".join(write("jsonl", records))
        assert len(written.splitlines()) == len(records)
        assert list(read_jsonl(written.encode().splitlines(keepends=True))) == records


def test_fields_that_nobody_knows_yet_are_kept() -> None:
    line = json.dumps({**real("KE1").to_json(), "later": {"a": [1, None]}}).encode()
    (record,) = read_jsonl([b"\xef\xbb\xbf" + line + b"\r\n", b"\n"])
    assert json.loads("".join(write("jsonl", [record])))["later"] == {"a": [1, None]}


def test_an_array_holds_the_same_as_the_lines() -> None:
    records = [nasty("KE1", string) for string in strings()] + reals()
    assert json.loads("".join(write("json", records))) == [one.to_json() for one in records]
    assert json.loads("".join(write("json", []))) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"\xff", "line 2 is not UTF-8"),
        (b"{", "line 2 is not JSON"),
        (b'{"text": NaN}', "line 2 is not JSON: NaN"),
        (b"[" * 100_000, "line 2 is not JSON"),
        (b'{"text": "a"}', "line 2: prompt_type: Field required"),
    ],
)
def test_a_bad_line_is_named(line: bytes, message: str) -> None:
    good = json.dumps(real("KE1").to_json()).encode()
    reading = read_jsonl([good, line])
    next(reading)
    with pytest.raises(InputError, match=message):
        next(reading)


def test_records_are_written_as_they_come() -> None:
    asked: list[PromptType] = []

    def coming() -> Iterator[Record]:
        for task in TASKS[:2]:
            asked.append(task)
            yield real(task)

    for name in NAMES:
        if name == "graphml":  # begins when the last one has come in
            continue
        asked.clear()
        pieces = write(name, coming())
        while not asked:
            next(pieces)
        assert asked == ["KE1"], name

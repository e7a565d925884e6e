from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from errors import InputError
from evaluation.gold.rows import OWN, EntityRow, TripleRow, read_gold
from tests.evaluation.rows import gold_file, line, whole


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


BORN = ["Ann", "place of birth", "York"]
MARKED = [
    {"triple": BORN, "assertion": "planned", "cue": "was"},
    {"triple": ["Ann", "child", "Bob"], "assertion": "negated", "cue": "not"},
]


def test_a_text_with_all_that_it_states_is_a_row_of_each_task(tmp_path: Path) -> None:
    path = gold_file(tmp_path, whole(marked=MARKED), line(id="b"))
    triples, entities, facts, other = read_gold([path])
    assert [row.id for row in (triples, entities, facts, other)] == ["a-1", "a-2", "a-30", "b"]
    assert {row.source for row in (triples, entities, facts)} == {"own-en"}
    stated = (("Ann", "occupation", "smith"), ("Ann", "residence", "Leeds"))
    assert triples.gold == (*stated, tuple(BORN))  # what is planned is given, what is denied not
    assert entities.gold == {"person": ("Ann",), "place": ("Leeds", "York")}
    assert facts.entity == "Ann"
    assert facts.gold == {
        "occupation": ("smith",), "residence": ("Leeds",), "place of birth": ("York",),
    }  # fmt: skip
    assert (triples.open, entities.open, facts.open) == (True, False, True)


def test_rows_of_a_text_keep_what_else_was_annotated(tmp_path: Path) -> None:
    path = gold_file(tmp_path, whole(marked=MARKED), whole(id="b"))
    triples, entities, _, unmarked, *_ = read_gold([path])
    assert isinstance(triples, TripleRow) and isinstance(unmarked, TripleRow)
    assert triples.unstated == ("age", "spouse")
    assert triples.marked is not None
    assert [(one.triple[1], one.assertion) for one in triples.marked] == [
        ("place of birth", "planned"), ("child", "negated"),
    ]  # fmt: skip
    assert unmarked.marked is None  # not annotated is not the same as nothing there
    assert isinstance(entities, EntityRow)
    assert entities.classes == ("person", "place", "organisation", "time", "work", "product")


@pytest.mark.parametrize(
    ("sizes", "asked"),
    [
        ({"A": 2, "B": 1}, []),
        ({"A": 3, "B": 5, "C": 4}, ["B", "C"]),  # the two with the most
        ({"A": 3, "B": 3, "C": 3}, ["A", "B"]),
        ({"A": 2, "B": 3}, ["B"]),
    ],
)
def test_facts_are_asked_of_two_entities_with_three_facts_or_more(
    tmp_path: Path, sizes: dict[str, int], asked: list[str]
) -> None:
    facts = {name: [["key", f"{n}"] for n in range(size)] for name, size in sizes.items()}
    rows = read_gold([gold_file(tmp_path, whole(triples=[], facts=facts))])
    assert [row.entity for row in rows if row.task == "KE3"] == asked


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"id": ""}, "id: String should have at least 1 character"),
        ({"lang": "fr"}, "lang: Input should be 'zh' or 'en'"),
        ({"triples": [["Ann", "occupation"]]}, "triples.0.2: Field required"),
        ({"entities": [["Ann", "person"]]}, "entities.0.2: Field required"),
        ({"facts": {"Ann": ["smith"]}}, "facts.Ann.0: Input should be"),
        ({"marked": [{**MARKED[0], "assertion": "sure"}]}, "marked.0.assertion: Input should be"),
    ],
)
def test_a_bad_text_is_told_by_file_line_and_field(
    tmp_path: Path, fields: dict[str, Any], told: str
) -> None:
    path = gold_file(tmp_path, line(id="first"), whole(**fields))
    with pytest.raises(InputError) as caught:
        read_gold([path])
    assert caught.value.message.startswith(f"{path}, line 2: {told}")


@pytest.mark.parametrize("field", ["id", "text", "entities", "triples", "facts", "unstated"])
def test_a_field_of_a_text_that_is_missing(tmp_path: Path, field: str) -> None:
    told: dict[str, Any] = json.loads(whole())
    del told[field]
    path = gold_file(tmp_path, json.dumps(told))
    with pytest.raises(InputError, match=f"line 1: {field}: Field required"):
        read_gold([path])


def test_a_text_that_stands_twice(tmp_path: Path) -> None:
    path = gold_file(tmp_path, whole(), whole())
    with pytest.raises(InputError, match=r"line 2: id 'a-1' is also at .* line 1"):
        read_gold([path])


def test_the_projects_own_gold_has_rows_of_every_task_and_some_without_anything() -> None:
    rows = read_gold([OWN])
    for lang in ("zh", "en"):
        for task in ("KE1", "KE2", "KE3"):
            own = [row for row in rows if (row.lang, row.task) == (lang, task)]
            assert len(own) > 100
            assert task == "KE3" or any(not row.gold for row in own)


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

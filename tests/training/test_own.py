"""Training conversations of gold texts: what is asked, and that every answer is in its text."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from training.own import Groups, Names, broken, in_order, joined, prepare

ROW: dict[str, Any] = {
    "id": "en-1",
    "lang": "en",
    "text": "Ana Ruiz founded Rotec in 2019. She is not its chair. Rotec will open in Graz.",
    "entities": [
        ["Ana Ruiz", "person", "founder"],
        ["Rotec", "organisation", "company"],
        ["2019", "time", "year"],
        ["Graz", "place", "city"],
    ],
    "triples": [["Rotec", "founded by", "Ana Ruiz"], ["Rotec", "inception", "2019"]],
    "facts": {"Ana Ruiz": [["founded", "Rotec"]]},
    "unstated": ["revenue", "number of employees"],
    "marked": [
        {"triple": ["Rotec", "chairperson", "Ana Ruiz"], "assertion": "negated", "cue": "not"},
        {"triple": ["Rotec", "location", "Graz"], "assertion": "planned", "cue": "will"},
    ],
}
OTHER = {**ROW, "id": "en-2", "text": "Bo Lind runs Tamm.", "entities": [], "marked": [],
         "triples": [["Tamm", "director", "Bo Lind"]], "facts": {},
         "unstated": ["area"]}  # fmt: skip


def names() -> Names:
    made = Names()
    made.by_name["en", "founded by"] = {
        "synonyms": ["founder"], "parent": "person", "inverse": "founder of",
        "confusable": ["funded by"],
    }  # fmt: skip
    made.parents["en"] = ["person", "date", "place"]
    made.pool["en"] = [f"relation {n}" for n in range(80)]
    made.classes["en"] = [f"class {n}" for n in range(20)]
    return made


def rows_of(group: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(row["user"].split("\n")[-1], json.loads(row["answer"])) for row in group["rows"]]


def test_marked_triples_stand_between_the_stated_ones_with_their_mark() -> None:
    assert in_order(ROW)[-1] == ("Rotec", "location", "Graz", "planned")
    assert ("Rotec", "chairperson", "Ana Ruiz", "negated") in in_order(ROW)


@pytest.mark.parametrize("seed", range(30))
def test_every_string_of_an_answer_is_in_the_text_and_every_relation_in_its_list(seed: int) -> None:
    [group] = prepare([ROW], names(), seed)
    for task, answer in rows_of(group):
        for triple in answer.get("triples", ()):
            assert all(string in group["rows"][0]["user"] for string in triple[:2])
            if "only these relations" in task:
                assert triple[2] in task.split(": ", 1)[1].split(", ")
        for label, found in answer.items():
            if task.startswith("Entities"):
                assert label in task and all(string in ROW["text"] for string in found)


def test_lists_in_which_nothing_is_stated_have_no_name_of_what_is() -> None:
    empty = 0
    for seed in range(60):
        for task, answer in rows_of(Groups(names(), seed).group(ROW)):
            if "only these relations" in task and not answer["triples"]:
                empty += 1
                listed = set(task.split(": ", 1)[1].split(", "))
                assert not listed & {"founded by", "founder", "inception"}
    assert empty > 5


def test_two_texts_joined_leave_nothing_unstated_that_one_states() -> None:
    both = joined(ROW, {**OTHER, "unstated": ["inception", "area"]})
    assert both["text"] == f"{ROW['text']}\n{OTHER['text']}"
    assert both["unstated"] == ["revenue", "number of employees", "area"]


def test_broken_lines_cut_no_string() -> None:
    long = {**ROW, "text": " ".join([ROW["text"]] * 4)}
    text = broken(long, random.Random(1))["text"]
    assert "\n" in text
    assert text.replace("\n", " ") == long["text"]
    assert text.count("Ana Ruiz") == 4

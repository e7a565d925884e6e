"""Training conversations of gold texts: what is asked, and that every answer is in its text."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from training.prepare import (
    SPREAD,
    Groups,
    Names,
    broken,
    in_order,
    in_other_form,
    joined,
    prepare,
    spread,
)

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
                listed = re.sub(r" \([^)]*\)", "", task.split(": ", 1)[1])
                assert triple[2] in listed.split(", ")
        for label, found in answer.items():
            if task.startswith("Entities"):
                assert label in task
                assert all(string in group["rows"][0]["user"] for string in found)


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


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_text_in_another_form_keeps_its_strings(lang: str) -> None:
    row = in_other_form({**ROW, "lang": lang})
    strings = [string for string, *_ in row["entities"]]
    strings += [end for head, _, tail in row["triples"] for end in (head, tail)]
    strings += [one["triple"][0] for one in row["marked"]]
    assert strings
    assert all(string in row["text"] for string in strings)
    assert row["text"] != ROW["text"]
    assert row["triples"][0][1] == "founded by"


def test_some_lists_say_what_a_name_means() -> None:
    drawn = [Groups(names(), seed).group(ROW) for seed in range(80)]
    lists = [task for group in drawn for task, _ in rows_of(group) if "only these rel" in task]
    assert any("founded by (founder)" in task for task in lists)
    assert any("founded by," in task or task.endswith("founded by") for task in lists)
    written = [row["answer"] for group in drawn for row in group["rows"]]
    assert not any("(founder)" in answer for answer in written)


def test_texts_with_plans_come_early_and_apart() -> None:
    rows = [
        *(OTHER | {"id": f"o{at}"} for at in range(30)),
        *(ROW | {"id": f"p{at}"} for at in range(4)),
    ]
    ordered = [row["id"] for row in spread(rows)]
    assert sorted(ordered) == sorted(row["id"] for row in rows)
    places = [at for at, id_ in enumerate(ordered) if id_.startswith("p")]
    assert places == [0, SPREAD, 2 * SPREAD, 3 * SPREAD]
    assert [id_ for id_ in ordered if id_.startswith("o")] == [f"o{at}" for at in range(30)]

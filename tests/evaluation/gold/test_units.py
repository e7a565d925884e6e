from __future__ import annotations

from pathlib import Path

from evaluation.gold.units import as_answers, sides
from tests.evaluation.rows import answer_to, row


def test_units_are_distinct_and_keep_what_they_came_from(tmp_path: Path) -> None:
    of = row(tmp_path, "KE2", {"人物": ["鲁迅", "《鲁迅》"], "LOC": ["Leeds"]})
    found = sides(of, {"person": ("鲁 迅",)})
    assert found.gold_units() == {
        ("LOC", "leeds"): ("LOC", "Leeds"),
        ("PER", "鲁迅"): ("人物", "鲁迅"),
    }
    assert found.predicted_units(relaxed=False) == {("PER", "鲁迅"): ("person", "鲁 迅")}


def test_a_fact_told_twice_is_one(tmp_path: Path) -> None:
    found = sides(row(tmp_path, "KE3", {"Age": ["30", "30 "]}), {"age": ("30",), "AGE": ("30.",)})
    assert found.gold == (("Age", "30"),)
    assert found.predicted == (("age", "30"),)


def test_an_extractors_items_in_the_form_of_gold(tmp_path: Path) -> None:
    text = "Ann, 30, met Bob, 40."
    triples = answer_to(row(tmp_path, "KE1", [], text=text), '{"triples":[["Ann","met","Bob"]]}')
    assert as_answers("KE1", triples.items) == (("Ann", "met", "Bob"),)
    names = answer_to(row(tmp_path, "KE2", {}, text=text), '{"PER":["Ann","Bob"],"LOC":[]}')
    assert as_answers("KE2", names.items) == {"PER": ("Ann", "Bob")}
    ann, bob = (
        f'{{"entity":"{name}","facts":[["age","{age}"]]}}'
        for name, age in (("Ann", 30), ("Bob", 40))
    )
    cards = f'{{"entities":[{ann},{bob}]}}'
    facts = answer_to(row(tmp_path, "KE3", {}, text=text), cards)
    assert as_answers("KE3", facts.items) == {"age": ("30", "40")}

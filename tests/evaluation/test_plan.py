from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from evaluation.gold.rows import GoldRow, read_gold
from evaluation.plan import Choices, choose, labels_of, names_of_sources, stratum, task_of
from knowledge.items import PromptType
from tests.evaluation.rows import gold_file, line, whole

ALL: tuple[PromptType, ...] = ("KE1", "KE2", "KE3")


@pytest.fixture
def rows(tmp_path: Path) -> list[GoldRow]:
    lines = [
        line("KE1", id=f"{source}{n}", source=source, gold=[["a", f"r{n % 3}", "b"]])
        for source, size in (("big", 20), ("small", 3), ("middle", 9))
        for n in range(size)
    ]
    lines += [line("KE2", id=f"e{n}", gold={"PER": ["a"]}) for n in range(6)]
    lines += [line("KE3", id="f", entity="a", gold={"born in": "b", "age": ["c"]})]
    return read_gold([gold_file(tmp_path, *lines)])


def test_the_limit_is_spread_evenly_and_filled_from_where_there_is_more(
    rows: list[GoldRow],
) -> None:
    sizes = Counter(stratum(row) for row in choose(rows, ALL, 20, 0))
    assert sizes == {
        ("KE1", "en", "big"): 6,
        ("KE1", "en", "middle"): 5,
        ("KE1", "en", "small"): 3,
        ("KE2", "en", "s"): 5,
        ("KE3", "en", "s"): 1,
    }
    assert len(choose(rows, ALL, 1000, 0)) == len(choose(rows, ALL, None, 5)) == len(rows)
    assert {row.task for row in choose(rows, ("KE2",), None, 0)} == {"KE2"}


def test_the_seed_alone_decides(rows: list[GoldRow]) -> None:
    drawn = [row.id for row in choose(rows, ALL, 12, 7)]
    assert drawn == [row.id for row in choose(rows, ALL, 12, 7)]
    assert drawn != [row.id for row in choose(rows, ALL, 12, 8)]
    alone = [row for row in rows if row.source == "big"]
    kept = [row.id for row in choose(alone, ALL, 3, 7)]
    assert kept == [name for name in drawn if name.startswith("big")]


def test_rows_of_a_source_stay_together_in_their_order(rows: list[GoldRow]) -> None:
    drawn = choose(rows, ALL, 20, 3)
    strata = [stratum(row) for row in drawn]
    assert strata == sorted(strata)
    places = {row.id: place for place, row in enumerate(rows)}
    big = [places[row.id] for row in drawn if row.source == "big"]
    assert big == sorted(big)


def test_names_come_from_all_rows_of_the_source_most_frequent_first(rows: list[GoldRow]) -> None:
    names = names_of_sources(rows)
    assert list(names["KE1", "en", "big"].items()) == [("r0", ""), ("r1", ""), ("r2", "")]
    assert list(names["KE2", "en", "s"]) == ["PER"]
    assert list(names["KE3", "en", "s"]) == ["age", "born in"]


def test_what_the_model_may_choose_from(rows: list[GoldRow]) -> None:
    names = names_of_sources(rows)
    triple, entity, fact = rows[0], rows[-2], rows[-1]
    assert list(labels_of(triple, names, Choices())) == ["r0", "r1", "r2"]
    assert labels_of(triple, names, Choices(schema="core")) == {}
    assert labels_of(entity, names, Choices()) == {"PER": ""}
    assert list(labels_of(entity, names, Choices(schema="core"))) == ["PER", "LOC", "ORG"]
    assert labels_of(entity, names, Choices(schema="none")) == {}
    assert labels_of(fact, names, Choices()) == {}
    assert list(labels_of(fact, names, Choices(keys="source"))) == ["age", "born in"]


def test_the_task_has_the_rows_own_fields(rows: list[GoldRow]) -> None:
    task = task_of(rows[-1], names_of_sources(rows), Choices(max_tokens=77))
    assert (task.prompt_type, task.text, task.lang) == ("KE3", "A text.", "en")
    assert (task.entity, task.max_tokens) == ("a", 77)


def test_a_text_with_all_that_it_states_is_asked_for_any_relation_and_all_core_classes(
    tmp_path: Path,
) -> None:
    facts = {"York": [["population", f"{n}"] for n in range(3)]}
    rows = read_gold([gold_file(tmp_path, whole(facts=facts))])
    names = names_of_sources(rows)
    triples, entities, card = rows
    core = ["person", "place", "organisation", "product", "time", "work"]
    for choices in (Choices(), Choices(keys="source")):
        assert labels_of(triples, names, choices) == {}
        assert list(labels_of(entities, names, choices)) == core
        assert labels_of(card, names, choices) == {}

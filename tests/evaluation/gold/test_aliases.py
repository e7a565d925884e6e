from __future__ import annotations

from evaluation.gold.aliases import Aliases

GROUPS = {"United Kingdom": ["UK", "Great Britain"], "Bob Dylan": ["Robert Allen Zimmerman"]}


def test_without_groups_a_name_stands_for_itself() -> None:
    aliases = Aliases({}, ["UK"])
    assert aliases.strict("UK") == "uk"
    assert aliases.relaxed("The UK") == "the uk"


def test_every_name_of_a_group_stands_for_its_first() -> None:
    aliases = Aliases(GROUPS, [])
    assert aliases.strict("uk") == aliases.strict("Great Britain") == "united kingdom"
    assert aliases.strict("The Great Britain") == "the great britain"
    assert aliases.relaxed("The Great Britain") == "united kingdom"
    assert aliases.relaxed("Robert A Zimmerman") == "robert a zimmerman"  # 2·2/6 is too little


def test_a_gold_string_outside_every_group_is_not_drawn_into_one() -> None:
    name = "The Great Britain"
    assert Aliases(GROUPS, [name]).relaxed(name) == "the great britain"

"""When a model turns in circles, and when it only seems to."""

from __future__ import annotations

import pytest

from extraction.answers.loop_guard import MAX_GROWING, MAX_REPEATS, RepeatGuard
from knowledge.raw import RawEntity, RawFact, RawItem, RawTriple


def ends_after(items: list[RawItem], guard: RepeatGuard | None = None) -> int | None:
    """How many items are taken until the answer is ended."""
    guard = guard or RepeatGuard()
    return next((at for at, item in enumerate(items, 1) if guard.circles(item)), None)


TRIPLE = RawTriple("鲁迅", "作品", "呐喊")
KINDS: list[RawItem] = [TRIPLE, RawEntity("person", "鲁迅"), RawFact("鲁迅", "作品", "呐喊")]


@pytest.mark.parametrize("item", KINDS)
def test_the_same_item_again_and_again(item: RawItem) -> None:
    assert ends_after([item] * 20) == 1 + MAX_REPEATS
    assert ends_after([item] * MAX_REPEATS) is None


def test_a_circle_of_several_items() -> None:
    circle: list[RawItem] = [RawTriple("鲁迅", "作品", name) for name in ("呐喊", "彷徨", "野草")]
    assert ends_after(circle * 5) == len(circle) + MAX_REPEATS


def test_something_new_begins_the_count_again() -> None:
    items: list[RawItem] = []
    for number in range(20):
        items += [RawTriple("a", "b", f"{number:02}x"), *[TRIPLE] * (MAX_REPEATS - 1)]
    assert ends_after(items) is None


def test_width_case_and_space_make_no_new_item() -> None:
    items: list[RawItem] = [RawTriple("Lu Xun", "Work", tail) for tail in ("Abc", "ABC", "ａｂｃ")]
    assert ends_after(items * 3) == 1 + MAX_REPEATS


def test_a_string_that_grows_for_ever() -> None:
    growing: list[RawItem] = [RawFact("a", "b", "很" * length) for length in range(1, 40)]
    assert ends_after(growing) == 1 + MAX_GROWING
    triples: list[RawItem] = [RawTriple("a", "b", "x" * length) for length in range(1, 40)]
    assert ends_after(triples) == 1 + MAX_GROWING


def test_strings_that_grow_a_little_are_a_list() -> None:
    growing: list[RawItem] = [RawFact("a", "b", "很" * n) for n in range(1, MAX_GROWING + 1)]
    assert ends_after(growing) is None
    # Of different keys each is a list of its own.
    keys: list[RawItem] = [RawFact("a", str(n % 2), "很" * n) for n in range(1, 40)]
    assert ends_after(keys) is None


def test_numbers_are_no_circle() -> None:
    years: list[RawItem] = [RawFact("a", "year", str(year)) for year in range(1900, 2000)]
    assert ends_after(years) is None


def test_an_earlier_part_of_the_text_is_no_circle() -> None:
    names: list[RawItem] = [RawTriple("鲁迅", "作品", f"{number:02}") for number in range(10)]
    assert ends_after(names + names) == 10 + MAX_REPEATS  # in one part
    for _ in range(2):  # each part has a guard of its own
        assert ends_after(names, RepeatGuard()) is None

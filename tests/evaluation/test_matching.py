from __future__ import annotations

import random

import pytest

from evaluation.matching import (
    assign,
    normalise,
    overlap,
    same,
    same_value,
    tokens,
    touching,
)


@pytest.mark.parametrize(
    ("string", "normal"),
    [
        ("  The  Beatles. ", "the beatles"),
        ("《红楼梦》", "红楼梦"),
        ("ＡＢＣ公司", "abc公司"),
        ("鲁 迅", "鲁迅"),
        ("Café-", "café"),
        ("…!", "...!"),  # nothing but marks stays what it is
        ("", ""),
    ],
)
def test_normalise(string: str, normal: str) -> None:
    assert normalise(string) == normal


def test_tokens_are_characters_in_chinese_and_words_elsewhere() -> None:
    assert tokens("The New York时报") == ("new", "york", "时", "报")
    assert tokens("birth_place") == ("birth", "place")
    assert tokens("?") == ("?",)
    assert tokens("") == ()


def test_overlap_is_the_f1_of_the_tokens() -> None:
    assert overlap("New York City", "New York") == pytest.approx(2 * 2 / 5)
    assert overlap("北京大学", "北京") == pytest.approx(2 * 2 / 6)
    assert overlap("x x y", "x y y") == pytest.approx(2 * 2 / 6)
    assert overlap("a cat", "the cat") == 1
    assert overlap("", "a") == 0


@pytest.mark.parametrize(
    ("one", "other", "name", "value", "touch"),
    [
        ("The Beatles", "beatles", True, True, True),
        ("浙江省绍兴市", "浙江绍兴市", True, True, True),  # 2·5/11
        ("about 10 cm", "10 cm", True, True, True),  # 2·2/5 = 0.8
        ("浙江绍兴", "绍兴", False, True, True),  # half of it, inside it
        ("中国浙江绍兴", "绍兴", False, False, True),
        ("中国", "美国", False, False, False),
        ("人", "人物", False, False, True),  # 2·1/3
        ("Paris", "London", False, False, False),
    ],
)
def test_relaxed_equality(one: str, other: str, name: bool, value: bool, touch: bool) -> None:
    for first, second in ((one, other), (other, one)):
        assert same(first, second) is name
        assert same_value(first, second) is value
        assert touching(first, second) is touch


def test_a_later_gold_moves_an_earlier_one_aside() -> None:
    fits = {(0, 0), (0, 1), (1, 0), (2, 1), (2, 2)}
    matching = assign(range(3), range(3), lambda i, j: (i, j) in fits)
    assert matching == {0: 1, 1: 0, 2: 2}


def largest(gold: int, predicted: int, fits: set[tuple[int, int]]) -> int:
    """Brute force: every gold takes a free partner or none."""

    def best(i: int, taken: frozenset[int]) -> int:
        if i == gold:
            return 0
        choices = [best(i + 1, taken)]
        for j in range(predicted):
            if (i, j) in fits and j not in taken:
                choices.append(1 + best(i + 1, taken | {j}))
        return max(choices)

    return best(0, frozenset())


@pytest.mark.parametrize("seed", range(40))
def test_matchings_are_as_large_as_brute_force_finds_them(seed: int) -> None:
    random_ = random.Random(seed)
    gold, predicted = random_.randint(0, 6), random_.randint(0, 6)
    fits = {(i, j) for i in range(gold) for j in range(predicted) if random_.random() < 0.35}
    matching = assign(range(gold), range(predicted), lambda i, j: (i, j) in fits)
    assert set(matching.items()) <= fits
    assert len(set(matching.values())) == len(matching) == largest(gold, predicted, fits)

"""Each step from scores to a token, by what it promises."""

from __future__ import annotations

import pytest
import torch

from models.visualglm.engine.sampling import (
    FALLBACK_ID,
    FALLBACK_SCORE,
    GREEDY,
    NEVER,
    SamplingParams,
    draw,
    forbid_early_end,
    keep_top_k,
    keep_top_p,
    penalize_repetition,
    process,
    replace_invalid,
)
from verification.golden.processors import replace_invalid_officially

SCORES = torch.randn(4, 50, generator=torch.Generator().manual_seed(5)) * 3


@pytest.mark.parametrize("p", [0.01, 0.4, 0.95, 1.0])
def test_top_p_keeps_the_fewest_that_reach_it(p: float) -> None:
    kept = keep_top_p(SCORES, p) > NEVER
    probabilities = SCORES.softmax(dim=-1)
    for keep, shares in zip(kept, probabilities, strict=True):
        assert bool(keep[shares.argmax()])
        chosen = shares[keep]
        assert float(chosen.sum()) >= p - 1e-5
        if len(chosen) > 1:
            assert float(chosen.sum() - chosen.min()) < p + 1e-5
        assert float(chosen.min()) >= float(shares[~keep].max() if bool((~keep).any()) else 0)


@pytest.mark.parametrize("k", [1, 7, 50, 1000])
def test_top_k_keeps_k(k: int) -> None:
    kept = keep_top_k(SCORES, k)
    assert ((kept > NEVER).sum(dim=-1) == min(k, 50)).all()
    assert torch.equal(kept[kept > NEVER], SCORES[kept > NEVER])


def test_ties_with_the_last_are_kept() -> None:
    tied = torch.tensor([[1.0, 3.0, 2.0, 2.0, 0.0]])
    assert (keep_top_k(tied, 2) > NEVER).tolist() == [[False, True, True, True, False]]


def test_repetition_penalty_lowers_only_what_was_said() -> None:
    history = torch.tensor([[0, 1, 1]]).expand(4, -1)
    found = penalize_repetition(SCORES, history, 1.3)
    assert torch.equal(found[:, 2:], SCORES[:, 2:])
    assert (found[:, :2] < SCORES[:, :2]).all()
    assert torch.allclose(found[:, 1], torch.where(SCORES < 0, SCORES * 1.3, SCORES / 1.3)[:, 1])


def test_no_early_end() -> None:
    assert (forbid_early_end(SCORES, 9, 10, 7)[:, 7] == NEVER).all()
    assert forbid_early_end(SCORES, 10, 10, 7) is SCORES


def test_a_broken_row_breaks_no_other() -> None:
    broken = SCORES.clone()
    broken[2, 3] = float("nan")
    broken[1, 4] = NEVER
    found = replace_invalid(broken)
    assert found[2, FALLBACK_ID] == FALLBACK_SCORE and found[2].count_nonzero() == 1
    assert torch.equal(found[[0, 1, 3]], broken[[0, 1, 3]])
    whole = replace_invalid_officially(broken)
    assert (whole[:, FALLBACK_ID] == FALLBACK_SCORE).all() and whole.count_nonzero() == 4


def test_greedy_ignores_what_is_for_chance() -> None:
    history = torch.zeros(4, 1, dtype=torch.int64)
    params = SamplingParams(temperature=0, top_k=1, top_p=0.1)
    assert torch.equal(process(SCORES, history, params, 49), SCORES)
    assert torch.equal(draw(SCORES, GREEDY, None), SCORES.argmax(dim=-1))


def test_the_order_of_the_steps() -> None:
    history = torch.tensor([[3, 4]]).expand(4, -1)
    params = SamplingParams(0.5, 20, 0.8, 1.2, min_length=5)
    expected = penalize_repetition(SCORES, history, 1.2)
    expected = forbid_early_end(expected, 2, 5, 9) / 0.5
    expected = keep_top_p(keep_top_k(expected, 20), 0.8)
    assert torch.equal(process(SCORES, history, params, 9), expected)


def test_a_seed_repeats_its_draw() -> None:
    params = SamplingParams(temperature=1.0)

    def drawn(seed: int) -> list[list[int]]:
        generator = torch.Generator().manual_seed(seed)
        return [draw(SCORES, params, generator).tolist() for _ in range(5)]

    assert drawn(1) == drawn(1) != drawn(2)


def test_draws_follow_the_probabilities() -> None:
    scores = torch.tensor([[0.7, 0.2, 0.1]]).log().expand(20_000, -1)
    drawn = draw(scores, SamplingParams(1.0), torch.Generator().manual_seed(0))
    shares = drawn.bincount(minlength=3) / len(drawn)
    assert torch.allclose(shares, torch.tensor([0.7, 0.2, 0.1]), atol=0.02)

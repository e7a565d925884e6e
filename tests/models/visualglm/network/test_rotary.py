"""Rotary tables and what they do to queries and keys."""

from __future__ import annotations

import pytest
import torch

from models.visualglm.network.rotary import Rotation, inverse_frequencies, rotary_tables


def test_frequencies_are_rounded_to_half() -> None:
    found = inverse_frequencies(64)
    exact = 1.0 / 10_000.0 ** (torch.arange(0, 64, 2) / 64)
    assert found.dtype == torch.float16 and found[0] == 1.0
    assert torch.equal(found, exact.half()) and not torch.equal(found.float(), exact)


def test_tables() -> None:
    cos, sin = rotary_tables(50, 8, torch.float32)
    assert cos.shape == sin.shape == (50, 8)
    assert cos[0].tolist() == [1.0] * 8 and not sin[0].any()
    assert torch.allclose(cos**2 + sin**2, torch.ones(50, 8))
    angle = 7 * inverse_frequencies(8).float()
    assert torch.equal(cos[7], torch.cat((angle, angle)).cos())


def test_half_computes_its_angles_in_half() -> None:
    """So late positions are off by as much as the official model is; bfloat16 does better."""
    exact, _ = rotary_tables(2048, 64, torch.float32)
    half, _ = rotary_tables(2048, 64, torch.float16)
    brain, _ = rotary_tables(2048, 64, torch.bfloat16)
    assert half.dtype == torch.float16 and brain.dtype == torch.bfloat16
    assert float((half.float() - exact).abs().max()) > 0.1
    assert float((brain.float() - exact).abs().max()) < 0.01


@pytest.mark.parametrize("stream", [0, 1])
def test_scores_depend_on_distance_in_each_stream(stream: int) -> None:
    torch.manual_seed(0)
    q, k = torch.randn(2, 1, 1, 1, 16)
    tables = rotary_tables(40, 8, torch.float32)

    def score(first: int, second: int) -> float:
        positions = torch.full((1, 2, 2), 5)
        positions[0, stream] = torch.tensor([first, second])
        rotation = Rotation.of(tables, positions)
        turned = rotation.turn(torch.cat((q, k), dim=2))
        return float((turned[0, 0, 0] * turned[0, 0, 1]).sum())

    assert score(3, 9) == pytest.approx(score(23, 29), abs=1e-4)
    assert score(3, 9) != pytest.approx(score(3, 12), abs=1e-3)


def test_the_halves_of_a_head_turn_by_their_own_stream() -> None:
    tables = rotary_tables(10, 4, torch.float32)
    x = torch.randn(1, 2, 1, 8)
    turned = Rotation.of(tables, torch.tensor([[[0], [6]]])).turn(x)
    assert torch.equal(turned[..., :4], x[..., :4])
    assert not torch.allclose(turned[..., 4:], x[..., 4:])
    assert torch.allclose(turned.norm(dim=-1), x.norm(dim=-1))

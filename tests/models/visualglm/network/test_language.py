"""The language model: two kernels, one answer; who sees whom; the scale of the residual."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from models.visualglm.checkpoint.random_weights import random_model
from models.visualglm.config import VisualGLMConfig
from models.visualglm.network.language import attend_fused, attend_officially
from models.visualglm.network.model import VisualGLM
from models.visualglm.network.positions import padded_batch
from models.visualglm.network.rotary import rotary_tables
from tests.models.visualglm.prompts import answer, prompt
from verification.golden.cases import set_alpha, set_attention, set_rotary_tables


@pytest.fixture
def model(small_config: VisualGLMConfig) -> Iterator[VisualGLM]:
    yield random_model(small_config, seed=11)


def logits(model: VisualGLM, rows: list[list[int]]) -> Tensor:
    ids, positions, visible = padded_batch(rows, model.config)
    with torch.inference_mode():
        found: Tensor = model(model.embed(ids), positions, visible)
    return found


def test_both_kernels_agree(model: VisualGLM) -> None:
    ids = prompt(model.config, 20) + answer(model.config, 5)
    set_attention(model, fused=True)
    fused = logits(model, [ids])
    set_attention(model, fused=False)
    assert torch.allclose(logits(model, [ids]), fused, atol=1e-5)


@pytest.mark.parametrize("layer", [0, 27])
def test_kernels_agree_whatever_the_layer(layer: int) -> None:
    torch.manual_seed(1)
    q, k, v = torch.randn(3, 2, 4, 9, 16)
    visible = torch.ones(2, 1, 9, 9, dtype=torch.bool).tril()
    ours = attend_fused(q, k, v, visible, layer)
    assert torch.allclose(ours, attend_officially(q, k, v, visible, layer), atol=1e-5)


def test_who_sees_nothing_sees_all_evenly() -> None:
    q, k, v = torch.randn(3, 1, 2, 4, 8)
    blind = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    found = attend_officially(q, k, v, blind, 3)
    assert torch.allclose(found, v.mean(dim=2, keepdim=True).expand_as(v), atol=1e-6)


def test_a_padded_row_answers_as_it_does_alone(model: VisualGLM) -> None:
    set_attention(model, fused=False)
    rows = [prompt(model.config, n, seed=n) for n in (4, 17, 9)]
    together = logits(model, rows)
    for found, row in zip(together, rows, strict=True):
        assert torch.allclose(found[-len(row) :], logits(model, [row])[0], atol=1e-5)


def test_the_context_sees_itself_both_ways(model: VisualGLM) -> None:
    ids = prompt(model.config, 12)
    other = list(ids)
    other[9] = 7 if ids[9] != 7 else 8
    moved = (logits(model, [ids]) - logits(model, [other])).abs().amax(dim=-1)[0]
    assert bool((moved > 1e-4).all())  # the first token too


def test_an_answer_sees_only_what_stands_before_it(model: VisualGLM) -> None:
    begun = prompt(model.config, 12)
    ids = begun + answer(model.config, 6)
    other = list(ids)
    other[-2] = 7 if ids[-2] != 7 else 8
    first, second = logits(model, [ids]), logits(model, [other])
    assert torch.allclose(first[:, :-2], second[:, :-2], atol=1e-5)
    assert not torch.allclose(first[:, -2:], second[:, -2:], atol=1e-3)
    # And what was read before it was there is read the same.
    assert torch.allclose(logits(model, [begun]), first[:, : len(begun)], atol=1e-5)


def test_alpha_is_the_depths(model: VisualGLM) -> None:
    assert model.config.alpha == pytest.approx(6**0.5)
    ids = prompt(model.config, 8)
    before = logits(model, [ids])
    set_alpha(model, 56**0.5)
    assert not torch.allclose(logits(model, [ids]), before, atol=1e-2)
    set_alpha(model, model.config.alpha)
    assert torch.equal(logits(model, [ids]), before)


def test_rotary_tables_can_be_replaced(model: VisualGLM) -> None:
    ids = prompt(model.config, 30)
    before = logits(model, [ids])
    length, width = model.config.max_sequence_length, model.config.head_dim // 2
    cos, sin = rotary_tables(length, width, torch.float32)
    set_rotary_tables(model, (cos.half().float(), sin.half().float()))
    assert 1e-6 < float((logits(model, [ids]) - before).abs().max()) < 0.05
    set_rotary_tables(model, None)
    assert torch.equal(logits(model, [ids]), before)


def test_a_trace_is_told_each_step(model: VisualGLM) -> None:
    ids, positions, visible = padded_batch([prompt(model.config, 8)], model.config)
    told: dict[str, Tensor] = {}
    with torch.inference_mode():
        x = model.embed(ids)
        scores = model(x, positions, visible, None, told.__setitem__)
        assert list(told) == [f"hidden{n}" for n in range(model.config.num_layers + 1)]
        assert torch.equal(told["hidden0"], x)
        last = told[f"hidden{model.config.num_layers}"]
        assert torch.equal(model.transformer.logits(last), scores)
        following = model.next_logits(x, positions, visible)
        assert torch.allclose(following, scores[:, -1], atol=1e-5)


def test_a_picture_takes_its_places(model: VisualGLM) -> None:
    ids = torch.tensor([prompt(model.config, 12)])
    picture = torch.randn(1, model.config.image_length, model.config.hidden_size)
    plain, spliced = model.embed(ids), model.embed(ids, picture, 3)
    end = 3 + model.config.image_length
    assert torch.equal(spliced[:, :3], plain[:, :3]) and torch.equal(
        spliced[:, end:], plain[:, end:]
    )
    assert torch.equal(spliced[:, 3:end], picture)
    hidden = ids.clone()
    hidden[:, 3:end] = 0  # what ids stand there does not matter
    assert torch.equal(model.embed(hidden, picture, 3), spliced)

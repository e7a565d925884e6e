"""The plain loop: with cache and without, in batches and alone, forced, stopped, drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from models.visualglm.checkpoint.random_weights import random_model
from models.visualglm.config import VisualGLMConfig
from models.visualglm.engine.sampling import SamplingParams
from models.visualglm.network.model import VisualGLM
from tests.models.visualglm.prompts import prompt
from verification.golden.cases import set_attention
from verification.plain_generation import Step, generate

NEVER = -1


@pytest.fixture(params=[True, False], ids=["fused", "official"])
def model(request: pytest.FixtureRequest, small_config: VisualGLMConfig) -> Iterator[VisualGLM]:
    made = random_model(small_config, seed=23)
    set_attention(made, fused=request.param)
    yield made


@pytest.fixture
def official(small_config: VisualGLMConfig) -> VisualGLM:
    """The one attention that can do padding."""
    made = random_model(small_config, seed=23)
    set_attention(made, fused=False)
    return made


def tokens(steps: list[Step]) -> list[list[int]]:
    return torch.stack([step.tokens for step in steps], dim=1).tolist()


def scores(steps: list[Step]) -> Tensor:
    return torch.stack([step.logits for step in steps], dim=1)


def test_cache_and_no_cache_agree(model: VisualGLM) -> None:
    config = model.config
    images = torch.randn(1, config.image_length, config.hidden_size)
    for spliced in (None, images):
        with_cache, without = (
            list(
                generate(
                    model,
                    [prompt(config, 12)],
                    9,
                    images=spliced,
                    image_start=2,
                    eos=NEVER,
                    cached=cached,
                )
            )
            for cached in (True, False)
        )
        assert tokens(with_cache) == tokens(without)
        assert torch.allclose(scores(with_cache), scores(without), atol=1e-4)


def test_a_batch_answers_as_its_rows_do_alone(official: VisualGLM) -> None:
    prompts = [prompt(official.config, n, seed=n) for n in (3, 14, 8)]
    together = list(generate(official, prompts, 8, eos=NEVER))
    for row, alone in enumerate(prompts):
        own = list(generate(official, [alone], 8, eos=NEVER))
        assert tokens(together)[row] == tokens(own)[0]
        assert torch.allclose(scores(together)[row], scores(own)[0], atol=1e-4)


def test_forced_tokens_are_what_is_read(model: VisualGLM) -> None:
    begun = prompt(model.config, 6)
    forced = torch.tensor([[20, 30, 40]])
    steps = list(generate(model, [begun], 3, eos=NEVER, forced=forced))
    assert tokens(steps) == forced.tolist()
    own = list(generate(model, [[*begun, 20, 30]], 1, eos=NEVER))
    assert torch.allclose(scores(steps)[:, 2], scores(own)[:, 0], atol=1e-4)


def test_it_ends_with_the_end(official: VisualGLM) -> None:
    begun = prompt(official.config, 6)
    free = tokens(list(generate(official, [begun], 10, eos=NEVER)))[0]
    end = free[4]
    stopped = tokens(list(generate(official, [begun], 10, eos=end)))[0]
    assert stopped == free[: free.index(end) + 1]


def test_a_row_that_ended_is_padded(official: VisualGLM) -> None:
    prompts = [prompt(official.config, n, seed=n) for n in (3, 14, 8)]
    free = tokens(list(generate(official, prompts, 10, eos=NEVER)))
    end = free[0][2]
    rows = tokens(list(generate(official, prompts, 10, eos=end)))
    for row, alone in zip(rows, free, strict=True):
        cut = alone.index(end) + 1 if end in alone else len(row)
        assert row[:cut] == alone[:cut]
        assert set(row[cut:]) <= {official.config.pad_token_id}


def test_the_configurations_end_is_the_default(official: VisualGLM) -> None:
    begun = prompt(official.config, 6)
    end = tokens(list(generate(official, [begun], 3, eos=NEVER)))[0][1]
    official.config = replace(official.config, eos_token_id=end)
    assert tokens(list(generate(official, [begun], 3)))[0][-1] == end


def test_a_seed_repeats_an_answer(official: VisualGLM) -> None:
    params = SamplingParams(temperature=1.0)

    def answer(seed: int) -> list[list[int]]:
        generator = torch.Generator().manual_seed(seed)
        begun = [prompt(official.config, 6)]
        return tokens(list(generate(official, begun, 12, params, eos=NEVER, generator=generator)))

    assert answer(1) == answer(1) != answer(2)


def test_greedy_is_the_likeliest(official: VisualGLM) -> None:
    for step in generate(official, [prompt(official.config, 6)], 5, eos=NEVER):
        assert torch.equal(step.tokens, step.logits.argmax(dim=-1))
        assert torch.equal(step.scores, step.logits)

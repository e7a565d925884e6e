"""Positions and masks, on the example of the module and on properties of any prompt."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from models.visualglm.config import VisualGLMConfig
from models.visualglm.network.positions import (
    context_length,
    left_pad,
    mask_position,
    padded_batch,
    position_ids,
    visibility,
)
from tests.models.visualglm.prompts import answer, prompt

CONFIG = VisualGLMConfig()
MASK, GMASK, SOP = CONFIG.mask_token_id, CONFIG.gmask_token_id, CONFIG.bos_token_id


def test_the_example_of_the_module() -> None:
    ids = [7, 8, 9, GMASK, SOP, 10, 11]
    assert position_ids(ids, CONFIG).tolist() == [[0, 1, 2, 3, 3, 3, 3], [0, 0, 0, 0, 1, 2, 3]]
    seen = visibility(ids, CONFIG)
    assert seen[:, :4].all()
    assert seen[4:, 4:].tolist() == [[True, False, False], [True, True, False], [True] * 3]
    assert not seen[:4, 4:].any()


@pytest.mark.parametrize(
    ("ids", "place"),
    [
        ([7, MASK, 8, SOP], 1),
        ([7, MASK, 8, GMASK, SOP], 3),  # [gMASK] wins wherever it stands
        ([GMASK, 7, MASK, SOP], 0),
        ([MASK, MASK, 7, SOP], 0),
        ([7, GMASK, SOP, GMASK, SOP], 1),
    ],
)
def test_the_answer_fills_the_mask(ids: list[int], place: int) -> None:
    assert mask_position(ids, CONFIG) == place
    context = context_length(ids, CONFIG)
    assert set(position_ids(ids, CONFIG)[0, context:].tolist()) == {place}


def test_a_prompt_needs_both_marks() -> None:
    with pytest.raises(ValueError, match="sop"):
        context_length([7, GMASK], CONFIG)
    with pytest.raises(ValueError, match="gMASK"):
        mask_position([7, SOP], CONFIG)


def test_marks_are_the_configurations() -> None:
    config = replace(CONFIG, gmask_token_id=11, bos_token_id=12)
    assert position_ids([5, 11, 12], config).tolist() == [[0, 1, 1], [0, 0, 1]]


def test_left_pad() -> None:
    rows = left_pad([torch.tensor([[1], [2]]), torch.tensor([[3, 4], [5, 6]])], 3)
    assert rows.tolist() == [[[0, 0, 1], [0, 0, 2]], [[0, 3, 4], [0, 5, 6]]]


def test_a_batch_holds_each_prompt_as_it_is_alone(small_config: VisualGLMConfig) -> None:
    prompts = [prompt(small_config, n, seed=n) + answer(small_config, n % 3) for n in (5, 0, 11)]
    ids, positions, visible = padded_batch(prompts, small_config)
    assert ids.shape == (3, 15)
    for row, alone in enumerate(prompts):
        start = 15 - len(alone)
        assert ids[row, :start].tolist() == [small_config.pad_token_id] * start
        assert ids[row, start:].tolist() == alone
        assert not positions[row, :, :start].any()
        assert torch.equal(positions[row, :, start:], position_ids(alone, small_config))
        assert torch.equal(visible[row, 0, start:, start:], visibility(alone, small_config))
        assert not visible[row, 0, :start].any() and not visible[row, 0, :, :start].any()

"""Small networks that the tests of the network share; random numbers, fixed seeds."""

from __future__ import annotations

import pytest

from models.visualglm.checkpoint.random_weights import random_model
from models.visualglm.config import QFormerConfig, VisualGLMConfig, VitConfig
from models.visualglm.network.model import VisualGLM

SMALL = VisualGLMConfig(
    num_layers=3,
    hidden_size=64,
    num_attention_heads=4,
    inner_hidden_size=128,
    vocab_size=160,
    max_sequence_length=128,
    mask_token_id=150,
    gmask_token_id=151,
    bos_token_id=154,
    eos_token_id=155,
    image_length=4,
    vit=VitConfig(
        num_layers=2,
        hidden_size=40,
        num_attention_heads=5,
        inner_hidden_size=88,
        image_size=28,
        patch_size=14,
    ),
    qformer=QFormerConfig(
        num_layers=2,
        hidden_size=24,
        num_attention_heads=3,
        num_queries=4,
        cross_attention=(True, False),
        vision_hidden_size=40,
    ),
)


@pytest.fixture(scope="session")
def small_config() -> VisualGLMConfig:
    """A VisualGLM of a few thousand numbers that has every part of the real one."""
    return SMALL


@pytest.fixture(scope="session")
def small_model() -> VisualGLM:
    """Its network in float32; no test may change it."""
    return random_model(SMALL, seed=7)

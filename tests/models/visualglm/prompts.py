"""Prompts of random ids for the small network."""

from __future__ import annotations

import random

from models.visualglm.config import VisualGLMConfig


def prompt(config: VisualGLMConfig, words: int, seed: int = 0) -> list[int]:
    """`words` ids that mean nothing special, [gMASK], <sop>."""
    source = random.Random(seed)
    ids = [source.randrange(6, config.mask_token_id) for _ in range(words)]
    return [*ids, config.gmask_token_id, config.bos_token_id]


def answer(config: VisualGLMConfig, words: int, seed: int = 1) -> list[int]:
    return prompt(config, words, seed)[:words]

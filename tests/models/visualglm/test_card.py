"""The network on a CUDA card says what it says on the CPU; skipped where there is none."""

from __future__ import annotations

import copy

import pytest
import torch

from models.gpus import count_cards
from models.visualglm.checkpoint.random_weights import random_model
from models.visualglm.config import VisualGLMConfig
from models.visualglm.engine.engine import Engine
from models.visualglm.engine.sampling import SamplingParams
from models.visualglm.engine.slots import End, Picture, Request, Token
from models.visualglm.network.model import VisualGLM
from models.visualglm.network.positions import padded_batch

pytestmark = pytest.mark.skipif(count_cards() == 0, reason="no CUDA card")

PROMPT = [(*range(10, 40), 151, 154)]


def logits(model: VisualGLM, device: str) -> torch.Tensor:
    moved = copy.deepcopy(model).to(device)
    ids, positions, visible = (x.to(device) for x in padded_batch(PROMPT, model.config))
    size = model.config.vit.image_size
    dtype = moved.transformer.word_embeddings.weight.dtype
    pixels = torch.linspace(-1, 1, 3 * size * size).view(1, 3, size, size).to(device, dtype)
    with torch.inference_mode():
        images = moved.image_encoder(pixels)
        result: torch.Tensor = moved(moved.embed(ids, images, 3), positions, visible)
    return result.float().cpu()


@pytest.mark.parametrize("bits", [0, 8, 4])
@pytest.mark.parametrize(
    ("dtype", "error"), [(torch.float32, 1e-4), (torch.float16, 3e-2), (torch.bfloat16, 3e-1)]
)
def test_the_same_logits(
    small_config: VisualGLMConfig, bits: int, dtype: torch.dtype, error: float
) -> None:
    model = random_model(small_config, seed=7, dtype=dtype, bits=bits)
    torch.testing.assert_close(logits(model, "cuda"), logits(model, "cpu"), atol=error, rtol=error)


def test_the_engine_writes_the_same_tokens(small_config: VisualGLMConfig) -> None:
    size = small_config.vit.image_size
    request = Request(
        PROMPT[0],
        40,
        SamplingParams(repetition_penalty=1.5),
        picture=Picture(torch.ones(3, size, size), 3, b"white"),
    )
    answers = []
    for device in ("cuda", "cpu"):
        engine = Engine(random_model(small_config, seed=7).to(device), slots=3, length=96)
        generations = [engine.submit(request) for _ in range(4)]
        for generation in generations:
            tokens = []
            while not isinstance(event := generation.next(60.0), End):
                assert event is not None
                if isinstance(event, Token):
                    tokens.append(event.id)
            answers.append(tokens)
        engine.close()
    assert all(answer == answers[0] for answer in answers)

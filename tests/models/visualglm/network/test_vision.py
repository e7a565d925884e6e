"""The eye and the Q-Former: shapes, what depends on what, and the steps they tell."""

from __future__ import annotations

import torch
from torch import Tensor

from models.visualglm.config import VisualGLMConfig
from models.visualglm.network.model import VisualGLM
from models.visualglm.network.vision import QFormerBlock


def pixels(config: VisualGLMConfig, count: int = 2) -> Tensor:
    size = config.vit.image_size
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(3))


def test_shapes_and_steps(small_model: VisualGLM) -> None:
    config, told = small_model.config, dict[str, Tensor]()
    with torch.inference_mode():
        found = small_model.image_encoder(pixels(config), told.__setitem__)
    assert found.shape == (2, config.image_length, config.hidden_size)
    eye = ["vit_embeddings", *(f"vit_layer{n}" for n in range(config.vit.num_layers)), "vit_out"]
    former = [f"qformer_layer{n}" for n in range(config.qformer.num_layers)]
    assert list(told) == [*eye, "qformer_embeddings", *former, "qformer_out"]
    assert told["vit_out"].shape == (2, config.vit.num_positions, config.vit.hidden_size)
    assert told["qformer_out"].shape == (2, config.image_length, config.qformer.hidden_size)


def test_pictures_do_not_see_each_other(small_model: VisualGLM) -> None:
    both = pixels(small_model.config)
    with torch.inference_mode():
        together = small_model.image_encoder(both)
        alone = small_model.image_encoder(both[1:])
    assert torch.allclose(together[1:], alone, atol=1e-5)
    assert not torch.allclose(together[0], together[1], atol=1e-2)


def test_every_patch_counts(small_model: VisualGLM) -> None:
    config = small_model.config
    first = pixels(config, 1)
    with torch.inference_mode():
        plain = small_model.image_encoder(first)
        for row in range(0, config.vit.image_size, config.vit.patch_size):
            other = first.clone()
            other[:, :, row, -1] += 5
            assert float((small_model.image_encoder(other) - plain).abs().max()) > 1e-4


def test_some_layers_of_the_q_former_do_not_look(small_config: VisualGLMConfig) -> None:
    torch.manual_seed(0)
    former = small_config.qformer
    x = torch.randn(1, former.num_queries, former.hidden_size)
    seen = torch.randn(2, 1, 5, former.vision_hidden_size)
    blind, looking = QFormerBlock(former, cross=False), QFormerBlock(former, cross=True)
    with torch.inference_mode():
        assert torch.equal(blind(x, seen[0]), blind(x, seen[1]))
        assert not torch.allclose(looking(x, seen[0]), looking(x, seen[1]))
    assert blind.cross_attention is None and blind.post_cross_attention_layernorm is None

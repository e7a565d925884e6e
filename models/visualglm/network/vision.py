"""The eye: EVA ViT-g sees the picture, a Q-Former sums it up, a matrix speaks GLM's language.

picture   [B, 3, 224, 224]
ViT       [B, 257, 1408]    a class token and 16 × 16 patches (EVA, Fang et al., 2022)
Q-Former  [B, 32, 768]      learned queries look at them (BLIP-2, Li et al., 2023)
glm_proj  [B, 32, 4096]     takes the place of 32 token embeddings in the prompt
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.visualglm.config import QFormerConfig, VisualGLMConfig, VitConfig
from models.visualglm.network.language import Trace

LN_VISION_EPSILON = 1e-5


def _attend(q: Tensor, k: Tensor, v: Tensor, heads: int) -> Tensor:
    """q [B, S, W], k and v [B, K, W], nothing masked → [B, S, W]."""
    q, k, v = (x.view(*x.shape[:2], heads, -1).transpose(1, 2) for x in (q, k, v))  # [B, H, S, D]
    y = F.scaled_dot_product_attention(q, k, v)
    return y.transpose(1, 2).flatten(-2)


class SelfAttention(nn.Module):
    """q, k and v lie one after the other, unlike in the language model."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query_key_value = nn.Linear(width, 3 * width)
        self.dense = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, S, W] → the same."""
        q, k, v = self.query_key_value(x).chunk(3, dim=-1)
        y: Tensor = self.dense(_attend(q, k, v, self.heads))
        return y


class CrossAttention(nn.Module):
    """Queries from the Q-Former, keys and values from the picture."""

    def __init__(self, width: int, seen_width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(seen_width, 2 * width)
        self.dense = nn.Linear(width, width)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """x [B, Q, W], seen [B, P, W_vit] → [B, Q, W]."""
        k, v = self.key_value(seen).chunk(2, dim=-1)
        y: Tensor = self.dense(_attend(self.query(x), k, v, self.heads))
        return y


class MLP(nn.Module):
    """width → inner → width, with exact (erf) GELU."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.dense_h_to_4h = nn.Linear(width, inner)
        self.dense_4h_to_h = nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.dense_4h_to_h(F.gelu(self.dense_h_to_4h(x)))
        return y


class VitBlock(nn.Module):
    """A plain pre-norm transformer layer."""

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        width, epsilon = config.hidden_size, config.layernorm_epsilon
        self.input_layernorm = nn.LayerNorm(width, epsilon)
        self.attention = SelfAttention(width, config.num_attention_heads)
        self.post_attention_layernorm = nn.LayerNorm(width, epsilon)
        self.mlp = MLP(width, config.inner_hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.input_layernorm(x))
        y: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return y


class Vit(nn.Module):
    """EVA ViT-g up to its last block, all tokens kept, then BLIP-2's `ln_vision`."""

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.patch_embedding = nn.Conv2d(3, width, config.patch_size, stride=config.patch_size)
        self.class_token = nn.Parameter(torch.zeros(1, width))
        self.position_embeddings = nn.Parameter(torch.zeros(config.num_positions, width))
        self.layers = nn.ModuleList(VitBlock(config) for _ in range(config.num_layers))
        self.ln_vision = nn.LayerNorm(width, LN_VISION_EPSILON)

    def forward(self, pixels: Tensor, trace: Trace | None = None) -> Tensor:
        """pixels [B, 3, size, size] → [B, P + 1, W_vit]."""
        patches = self.patch_embedding(pixels).flatten(2).transpose(1, 2)  # [B, P, W_vit]
        first = self.class_token.expand(len(patches), 1, -1)
        x = torch.cat((first, patches), dim=1) + self.position_embeddings
        if trace:
            trace("vit_embeddings", x)
        for number, layer in enumerate(self.layers):
            x = layer(x)
            if trace:
                trace(f"vit_layer{number}", x)
        y: Tensor = self.ln_vision(x)
        if trace:
            trace("vit_out", y)
        return y


class QFormerBlock(nn.Module):
    """The norm stands before the residual is split off, so the residual is normed; some layers
    look at the picture."""

    def __init__(self, config: QFormerConfig, cross: bool) -> None:
        super().__init__()
        width, heads, epsilon = (
            config.hidden_size,
            config.num_attention_heads,
            config.layernorm_epsilon,
        )
        self.input_layernorm = nn.LayerNorm(width, epsilon)
        self.attention = SelfAttention(width, heads)
        self.post_attention_layernorm = nn.LayerNorm(width, epsilon)
        self.cross_attention = (
            CrossAttention(width, config.vision_hidden_size, heads) if cross else None
        )
        self.post_cross_attention_layernorm = nn.LayerNorm(width, epsilon) if cross else None
        self.mlp = MLP(width, config.inner_hidden_size)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """x [B, Q, W], seen [B, P, W_vit] → [B, Q, W]."""
        x = self.input_layernorm(x)
        x = self.post_attention_layernorm(x + self.attention(x))
        if self.cross_attention is not None and self.post_cross_attention_layernorm is not None:
            x = self.post_cross_attention_layernorm(x + self.cross_attention(x, seen))
        y: Tensor = x + self.mlp(x)
        return y


class QFormer(nn.Module):
    """Learned queries, no positions."""

    def __init__(self, config: QFormerConfig) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.zeros(config.num_queries, config.hidden_size))
        self.layers = nn.ModuleList(QFormerBlock(config, cross) for cross in config.cross_attention)
        self.final_layernorm = nn.LayerNorm(config.hidden_size, config.layernorm_epsilon)

    def forward(self, seen: Tensor, trace: Trace | None = None) -> Tensor:
        """seen [B, P, W_vit] → [B, Q, W]."""
        x = self.queries.expand(len(seen), -1, -1)
        if trace:
            trace("qformer_embeddings", x)
        for number, layer in enumerate(self.layers):
            x = layer(x, seen)
            if trace:
                trace(f"qformer_layer{number}", x)
        y: Tensor = self.final_layernorm(x)
        if trace:
            trace("qformer_out", y)
        return y


class ImageEncoder(nn.Module):
    """A picture as embeddings of the language model."""

    def __init__(self, config: VisualGLMConfig) -> None:
        super().__init__()
        self.vit = Vit(config.vit)
        self.qformer = QFormer(config.qformer)
        self.glm_proj = nn.Linear(config.qformer.hidden_size, config.hidden_size)

    def forward(self, pixels: Tensor, trace: Trace | None = None) -> Tensor:
        """pixels [B, 3, size, size] → [B, image_length, hidden]."""
        y: Tensor = self.glm_proj(self.qformer(self.vit(pixels, trace), trace))
        return y

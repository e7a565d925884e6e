"""The language model: ChatGLM-6B v1 (GLM, Du et al., 2022, arXiv:2103.10360).

For whoever knows Llama, what differs:

- attention is bidirectional inside the prompt (prefix LM) and positions come in two streams
  (`positions`, `rotary`);
- the residual stream carries the *normed* input, scaled up by alpha = √(2 · layers), after
  DeepNorm (Wang et al., 2022, arXiv:2203.00555);
- LayerNorm with bias, GELU without gate, biases everywhere but in lm_head;
- q, k, v come interleaved per head out of one matrix;
- scores are scaled down by the layer's number before the product, and up again in float32 before
  the softmax, which keeps them inside float16's range.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional as F

from models.visualglm.config import VisualGLMConfig
from models.visualglm.network.cache import Window
from models.visualglm.network.rotary import Rotation, rotary_tables

Trace = Callable[[str, Tensor], None]  # is told the name and the value of a step in between

MASKED = -10_000.0  # what a hidden key scores, before the scores are scaled up again


class Attention(nn.Module):
    """Self-attention of one layer; `layer` counts from 0."""

    def __init__(self, config: VisualGLMConfig, layer: int) -> None:
        super().__init__()
        self.heads, self.layer = config.num_attention_heads, layer
        self.query_key_value = nn.Linear(config.hidden_size, 3 * config.hidden_size)
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.fused = True  # False: the official steps, which also know what padding gets

    def forward(
        self, x: Tensor, rotation: Rotation, visible: Tensor, window: Window | None
    ) -> Tensor:
        """x [B, S, hidden], visible bool [B, 1, S, K] → [B, S, hidden]."""
        batch, length, _ = x.shape
        qkv = self.query_key_value(x).view(batch, length, self.heads, -1)  # [B, S, H, 3 D]
        q, k, v = qkv.transpose(1, 2).chunk(3, dim=-1)  # 3 × [B, H, S, D]
        q, k = rotation.turn(q), rotation.turn(k)
        if window is not None:
            k, v = window.extend(self.layer, k, v)  # [B, H, K, D]
        attend = attend_fused if self.fused else attend_officially
        y = attend(q, k, v, visible, self.layer)  # [B, H, S, D]
        out: Tensor = self.dense(y.transpose(1, 2).reshape(batch, length, -1))
        return out


def attend_officially(q: Tensor, k: Tensor, v: Tensor, visible: Tensor, layer: int) -> Tensor:
    """Attention in the official steps, the reference: q [B, H, S, D], k and v [B, H, K, D].

    A query that may look at nothing (padding) looks at all keys evenly.
    """
    scale = layer + 1.0
    scores = (q / (q.shape[-1] ** 0.5 * scale)) @ k.transpose(-1, -2)  # [B, H, S, K]
    scores = scores.masked_fill(~visible, MASKED).float() * scale
    weights: Tensor = scores.softmax(dim=-1).to(v.dtype)
    return weights @ v


def attend_fused(q: Tensor, k: Tensor, v: Tensor, visible: Tensor, layer: int) -> Tensor:
    """The same by torch's fused kernel, which keeps scores in float32 and needs no scaling.

    Each query must see a key; only the reference knows what becomes of padding.
    """
    return F.scaled_dot_product_attention(q, k, v, attn_mask=visible)


class MLP(nn.Module):
    """hidden → inner → hidden, with tanh-approximated GELU."""

    def __init__(self, config: VisualGLMConfig) -> None:
        super().__init__()
        self.dense_h_to_4h = nn.Linear(config.hidden_size, config.inner_hidden_size)
        self.dense_4h_to_h = nn.Linear(config.inner_hidden_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.dense_4h_to_h(F.gelu(self.dense_h_to_4h(x), approximate="tanh"))
        return y


class Block(nn.Module):
    """One layer."""

    def __init__(self, config: VisualGLMConfig, layer: int) -> None:
        super().__init__()
        self.alpha = config.alpha
        self.input_layernorm = nn.LayerNorm(config.hidden_size, config.layernorm_epsilon)
        self.attention = Attention(config, layer)
        self.post_attention_layernorm = nn.LayerNorm(config.hidden_size, config.layernorm_epsilon)
        self.mlp = MLP(config)

    def forward(
        self, x: Tensor, rotation: Rotation, visible: Tensor, window: Window | None
    ) -> Tensor:
        """[B, S, hidden] → the same."""
        a = self.input_layernorm(x)
        x = a * self.alpha + self.attention(a, rotation, visible, window)
        b = self.post_attention_layernorm(x)
        y: Tensor = b * self.alpha + self.mlp(b)
        return y


class GLM(nn.Module):
    """Embeddings, layers, final norm, and the output matrix, which is the embeddings again."""

    def __init__(self, config: VisualGLMConfig) -> None:
        super().__init__()
        self.config = config
        self.word_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Block(config, n) for n in range(config.num_layers))
        self.final_layernorm = nn.LayerNorm(config.hidden_size, config.layernorm_epsilon)
        self.rotary: tuple[Tensor, Tensor] | None = None

    def forward(
        self,
        x: Tensor,
        positions: Tensor,
        visible: Tensor,
        window: Window | None = None,
        trace: Trace | None = None,
    ) -> Tensor:
        """Embeddings x [B, S, hidden] → hidden states after the final norm, the same shape.

        positions int64 [B, 2, S]; visible bool [B, 1, S, K], True where a query may look.
        """
        rotation = Rotation.of(self._rotary(x), positions)
        for number, layer in enumerate(self.layers):
            if trace:
                trace(f"hidden{number}", x)
            x = layer(x, rotation, visible, window)
        y: Tensor = self.final_layernorm(x)
        if trace:
            trace(f"hidden{len(self.layers)}", y)
        return y

    def logits(self, x: Tensor) -> Tensor:
        """Hidden states [..., hidden] → a score for each token, [..., V]."""
        return F.linear(x, self.word_embeddings.weight)

    def _rotary(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The tables in x's type, on its device: made once, never part of a checkpoint."""
        if self.rotary is None or (self.rotary[0].dtype, self.rotary[0].device) != (
            x.dtype,
            x.device,
        ):
            length = self.config.max_sequence_length
            cos, sin = rotary_tables(length, self.config.head_dim // 2, x.dtype)
            self.rotary = cos.to(x.device), sin.to(x.device)
        return self.rotary

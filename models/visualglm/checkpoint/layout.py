"""The official checkpoint's tensors of any configuration: names, shapes and types, by arithmetic.

Knows no torch, so that a plan or a check of headers costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from models.visualglm.config import VisualGLMConfig

Shape = tuple[int, ...]
Entry = tuple[Shape, str]  # shape and type, the type as safetensors names it

DTYPE_BYTES = {
    "F32": 4, "F16": 2, "BF16": 2, "I8": 1, "U8": 1, "I64": 8, "I32": 4, "BOOL": 1,
}  # fmt: skip

EMBEDDINGS = "transformer.word_embeddings.weight"
LM_HEAD = "lm_head.weight"  # tied to EMBEDDINGS, yet stored
INV_FREQ = ".rotary_emb.inv_freq"  # stored buffers that everybody computes anew
SCALE = ".weight_scale"
_QUANTISED = (
    "attention.query_key_value.weight", "attention.dense.weight",
    "mlp.dense_h_to_4h.weight", "mlp.dense_4h_to_h.weight",
)  # fmt: skip


def entry_bytes(entry: Entry) -> int:
    return prod(entry[0]) * DTYPE_BYTES[entry[1]]


def is_quantised(name: str) -> bool:
    """Whether the official quantisation applies to the tensor of this official name."""
    return name.startswith("transformer.layers.") and name.endswith(_QUANTISED)


def quantised_entries(name: str, shape: Shape, bits: int) -> dict[str, Entry]:
    """What becomes of a Linear weight [n, k]: I8 [n, k], or [n, k/2] at 4 bits, and F16 [n]."""
    rows, columns = shape
    return {
        name: ((rows, columns * bits // 8), "I8"),
        name.removesuffix(".weight") + SCALE: ((rows,), "F16"),
    }


def tensor_shapes(config: VisualGLMConfig, bits: int = 0, dtype: str = "F16") -> dict[str, Entry]:
    """Official name -> (shape, type) of every stored tensor, in the official order.

    `bits` is 0, 4 or 8 for the language layers' weights; everything else has `dtype`.
    """
    table: dict[str, Entry] = {}
    for name, shape in _shapes(config):
        if bits and is_quantised(name):
            table.update(quantised_entries(name, shape, bits))
        else:
            table[name] = (shape, dtype)
    return table


def _shapes(config: VisualGLMConfig) -> Iterator[tuple[str, Shape]]:
    width = config.hidden_size
    yield EMBEDDINGS, (config.vocab_size, width)
    for number in range(config.num_layers):
        layer = f"transformer.layers.{number}."
        yield from _norm(layer + "input_layernorm", width)
        yield f"{layer}attention{INV_FREQ}", (config.head_dim // 4,)
        yield from _attention(layer, width)
        yield from _norm(layer + "post_attention_layernorm", width)
        yield from _mlp(layer, width, config.inner_hidden_size)
    yield from _norm("transformer.final_layernorm", width)
    yield LM_HEAD, (config.vocab_size, width)
    yield from _vit_shapes(config)
    yield from _qformer_shapes(config)
    yield from _linear("image_encoder.glm_proj", width, config.qformer.hidden_size)


def _vit_shapes(config: VisualGLMConfig) -> Iterator[tuple[str, Shape]]:
    vit, prefix = config.vit, "image_encoder.vit."
    width = vit.hidden_size
    yield f"{prefix}mixins.patch_embedding.proj.weight", (width, 3, *(vit.patch_size,) * 2)
    yield f"{prefix}mixins.patch_embedding.proj.bias", (width,)
    yield from _norm(f"{prefix}mixins.cls.ln_vision", width)
    yield f"{prefix}transformer.word_embeddings.weight", (1, width)
    yield f"{prefix}transformer.position_embeddings.weight", (vit.num_positions, width)
    for number in range(vit.num_layers):
        layer = f"{prefix}transformer.layers.{number}."
        yield from _norm(layer + "input_layernorm", width)
        yield from _attention(layer, width)
        yield from _norm(layer + "post_attention_layernorm", width)
        yield from _mlp(layer, width, vit.inner_hidden_size)


def _qformer_shapes(config: VisualGLMConfig) -> Iterator[tuple[str, Shape]]:
    former, prefix = config.qformer, "image_encoder.qformer.transformer."
    width = former.hidden_size
    yield f"{prefix}word_embeddings.weight", (former.num_queries, width)
    for number, crosses in enumerate(former.cross_attention):
        layer = f"{prefix}layers.{number}."
        yield from _norm(layer + "input_layernorm", width)
        yield from _attention(layer, width)
        yield from _norm(layer + "post_attention_layernorm", width)
        if crosses:
            seen = former.vision_hidden_size
            yield from _linear(layer + "cross_attention.query", width, width)
            yield from _linear(layer + "cross_attention.key_value", 2 * width, seen)
            yield from _linear(layer + "cross_attention.dense", width, width)
            yield from _norm(layer + "post_cross_attention_layernorm", width)
        yield from _mlp(layer, width, former.inner_hidden_size)
    yield from _norm(f"{prefix}final_layernorm", width)


def _attention(layer: str, width: int) -> Iterator[tuple[str, Shape]]:
    yield from _linear(layer + "attention.query_key_value", 3 * width, width)
    yield from _linear(layer + "attention.dense", width, width)


def _mlp(layer: str, width: int, inner: int) -> Iterator[tuple[str, Shape]]:
    yield from _linear(layer + "mlp.dense_h_to_4h", inner, width)
    yield from _linear(layer + "mlp.dense_4h_to_h", width, inner)


def _linear(name: str, rows: int, columns: int) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", (rows, columns)
    yield f"{name}.bias", (rows,)


def _norm(name: str, width: int) -> Iterator[tuple[str, Shape]]:
    yield f"{name}.weight", (width,)
    yield f"{name}.bias", (width,)

"""The embedded model as a network that can be trained: its GGUF weights, dequantised to bfloat16.

transformers can read GGUF files but keeps them packed; training wants plain matrices. The adapter
so learns on the very weights that llama.cpp will compute with.
"""

from __future__ import annotations

from pathlib import Path

import torch
from gguf import GGUFReader, dequantize
from transformers import Qwen2Config, Qwen2ForCausalLM

from training.export import NAMES

_REST = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
_LAYER = {ours: theirs for theirs, ours in NAMES.items()} | _REST
_OUTER = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}


def load_base(path: Path) -> Qwen2ForCausalLM:
    """The network of a Qwen2 GGUF file; 3.6 GB for 1.5 billion parameters."""
    reader = GGUFReader(str(path))
    weights = {
        _name(tensor.name): torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy()).to(
            torch.bfloat16
        )
        for tensor in reader.tensors
    }

    def field(name: str) -> float:
        return reader.fields[f"qwen2.{name}"].contents()

    config = Qwen2Config(
        vocab_size=weights["model.embed_tokens.weight"].shape[0],
        hidden_size=field("embedding_length"),
        intermediate_size=field("feed_forward_length"),
        num_hidden_layers=field("block_count"),
        num_attention_heads=field("attention.head_count"),
        num_key_value_heads=field("attention.head_count_kv"),
        rms_norm_eps=field("attention.layer_norm_rms_epsilon"),
        rope_theta=field("rope.freq_base"),
        tie_word_embeddings="lm_head.weight" not in weights,
        max_position_embeddings=32768,
    )
    with torch.device("meta"):
        model = Qwen2ForCausalLM(config)
    model.load_state_dict(weights, assign=True)
    # The rotary tables are no weights: on "meta" they would stay empty.
    model.model.rotary_emb = type(model.model.rotary_emb)(config)
    return model


def _name(gguf: str) -> str:
    if gguf in _OUTER:
        return _OUTER[gguf]
    _, layer, part, kind = gguf.split(".")
    return f"model.layers.{layer}.{_LAYER[part]}.{kind}"

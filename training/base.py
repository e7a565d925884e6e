"""The embedded model as a network that can be trained: its GGUF weights, dequantised to bfloat16.

transformers can read GGUF files but keeps them packed; training wants plain matrices. The adapter
so learns on the very weights that llama.cpp will compute with. Also the groups as its tokens.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from gguf import GGUFReader, dequantize
from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

from training.export import NAMES
from training.packing import Sequence, pack

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


def read_sequences(gguf: Path, groups: Path, rows: int | None = None) -> list[Sequence]:
    """The groups as tokens, in the model's own chat form; with `rows` so many, one of a group."""
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)

    def tokens(text: str) -> list[int]:
        return tokenizer(text, add_special_tokens=False).input_ids  # type: ignore[no-any-return]

    def prompt(system: str, user: str) -> str:
        return (
            f"<|im_start|>system\n{system}<|im_end|>\n"
            f"<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"
        )

    def pairs(group: dict[str, Any]) -> Iterator[tuple[list[int], list[int]]]:
        for row in group["rows"]:
            asked = tokens(prompt(group["system"], row["user"]))
            yield asked, tokens(row["answer"] + "<|im_end|>")

    read = map(json.loads, groups.read_text(encoding="utf-8").splitlines())
    if rows is None:
        return [pack(list(pairs(group))) for group in read]
    # The rows in turn: the first group's first, the second's second, so that all tasks occur.
    return [
        pack([list(pairs(group))[at % len(group["rows"])]])
        for at, group in enumerate(islice(read, rows))
    ]

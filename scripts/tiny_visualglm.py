"""Makes a VisualGLM checkpoint of a few hundred kilobytes from a seed: for tests and first tries.

    python -m scripts.tiny_visualglm FOLDER [--format bin]

It has every part of VisualGLM-6B, the official names and layout, and a vocabulary of the
project's own. Its numbers are random, so what it says means nothing.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from models.visualglm.checkpoint.layout import EMBEDDINGS, LM_HEAD, tensor_shapes
from models.visualglm.checkpoint.names import official_name
from models.visualglm.checkpoint.random_weights import random_model
from models.visualglm.checkpoint.reader import entry_of
from models.visualglm.checkpoint.safetensors import write_safetensors
from models.visualglm.config import VisualGLMConfig, parse_config
from models.visualglm.text.tokenizer import VOCABULARY_FILE, Tokenizer
from scripts.tiny_vocabulary import train

Format = Literal["safetensors", "bin"]
SHARDS = 3


def make_checkpoint(
    folder: Path,
    seed: int = 20261123,
    form: Format = "safetensors",
    dtype: torch.dtype = torch.float16,
) -> Path:
    """Write config, vocabulary and three shards with their index into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    train(folder / VOCABULARY_FILE, seed)
    raw = _config(Tokenizer(folder / VOCABULARY_FILE))
    (folder / "config.json").write_text(json.dumps(raw, indent=2) + "\n", encoding="utf-8")
    tensors = _tensors(parse_config(raw), seed, dtype)
    _write(folder, tensors, form)
    return folder


def _config(tokenizer: Tokenizer) -> dict[str, Any]:
    """The official fields with small numbers; the vocabulary ends below `vocab_size`."""
    shared = {"layernorm_order": "pre", "model_parallel_size": 1}
    return {
        "architectures": ["ChatGLMModel"],
        "model_type": "chatglm",
        "position_encoding_2d": True,
        "torch_dtype": "float16",
        "bos_token_id": tokenizer.sop_id,
        "eos_token_id": tokenizer.eop_id,
        "mask_token_id": tokenizer.mask_id,
        "gmask_token_id": tokenizer.gmask_id,
        "pad_token_id": tokenizer.pad_id,
        "layernorm_epsilon": 1e-05,
        "max_sequence_length": 8192,
        "vocab_size": len(tokenizer) + 5,
        "image_length": 4,
        "hidden_size": 64,
        "num_layers": 3,
        "num_attention_heads": 4,
        "inner_hidden_size": 128,
        "eva_config": {
            **shared,
            "layernorm_epsilon": 1e-06,
            "num_layers": 2,
            "hidden_size": 40,
            "num_attention_heads": 5,
            "inner_hidden_size": 88,
            "image_size": [56, 56],
            "patch_size": 14,
        },
        "qformer_config": {
            **shared,
            "layernorm_order": "post",
            "vocab_size": 4,
            "is_decoder": [True, False, True],
            "cross_attn_hidden_size": 40,
            "layernorm_epsilon": 1e-12,
            "num_layers": 3,
            "hidden_size": 24,
            "num_attention_heads": 3,
        },
    }


def _tensors(config: VisualGLMConfig, seed: int, dtype: torch.dtype) -> dict[str, Tensor]:
    """Every official tensor by its official name, in the official order."""
    model = random_model(config, seed)
    ours = {official_name(name): value for name, value in model.state_dict().items()}
    ours[LM_HEAD] = ours[EMBEDDINGS].clone()
    tensors = {}
    for name, (shape, _) in tensor_shapes(config).items():
        # Rotary buffers are stored officially and read by nobody.
        value = ours.get(name, torch.zeros(shape))
        tensors[name] = value.to(dtype).contiguous()
    return tensors


def _write(folder: Path, tensors: dict[str, Tensor], form: Format) -> None:
    stem, index = ("model", "model.safetensors.index.json")
    if form == "bin":
        stem, index = ("pytorch_model", "pytorch_model.bin.index.json")
    names = list(tensors)
    size = -(-len(names) // SHARDS)
    places: dict[str, str] = {}
    for number in range(SHARDS):
        part = names[number * size : (number + 1) * size]
        shard = f"{stem}-{number + 1:05}-of-{SHARDS:05}.{form}"
        held = {name: tensors[name] for name in part}
        if form == "bin":
            torch.save(held, folder / shard)
        else:
            entries = {name: entry_of(tensor) for name, tensor in held.items()}
            write_safetensors(folder / shard, entries, held.items())
        places |= dict.fromkeys(part, shard)
    total = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    content = {"metadata": {"total_size": total}, "weight_map": places}
    (folder / index).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--format", choices=["safetensors", "bin"], default="safetensors")
    parser.add_argument("--seed", type=int, default=20261123)
    given = parser.parse_args()
    print(make_checkpoint(given.folder, given.seed, given.format))


if __name__ == "__main__":
    main()

"""Small checkpoint folders in the official layout, written by the published libraries."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from models.visualglm.checkpoint.layout import EMBEDDINGS, LM_HEAD, tensor_shapes
from models.visualglm.config import VisualGLMConfig, parse_config
from tests import ROOT

# Read before a test starts: no KEX_ variable reaches a test.
GOLDEN = Path(os.environ.get("KEX_GOLDEN") or ROOT.parent / "shared" / "golden")

RAW: dict[str, Any] = {
    "model_type": "chatglm", "position_encoding_2d": True, "torch_dtype": "float16",
    "bos_token_id": 154, "eos_token_id": 155, "mask_token_id": 150, "gmask_token_id": 151,
    "pad_token_id": 3, "layernorm_epsilon": 1e-05, "max_sequence_length": 256, "vocab_size": 160,
    "image_length": 4, "hidden_size": 32, "num_layers": 2, "num_attention_heads": 4,
    "inner_hidden_size": 64,
    "eva_config": {
        "num_layers": 2, "hidden_size": 24, "num_attention_heads": 3, "inner_hidden_size": 40,
        "layernorm_epsilon": 1e-06, "image_size": [28, 28], "patch_size": 14,
    },
    "qformer_config": {
        "num_layers": 2, "hidden_size": 16, "num_attention_heads": 2, "vocab_size": 4,
        "is_decoder": [True, False], "cross_attn_hidden_size": 24, "layernorm_epsilon": 1e-12,
    },
}  # fmt: skip
CONFIG: VisualGLMConfig = parse_config(RAW)


def golden() -> Path:
    """The folder of golden vectors, which is no part of the repository; skips without it."""
    if not (GOLDEN / "meta.json").is_file():
        pytest.skip(f"no golden vectors at {GOLDEN}; KEX_GOLDEN names their folder")
    return GOLDEN


def tensors(seed: int = 0, dtype: torch.dtype = torch.float16) -> dict[str, Tensor]:
    """Random numbers for every tensor of CONFIG; embeddings and lm_head are alike."""
    generator = torch.Generator().manual_seed(seed)
    made = {
        name: torch.randn(shape, generator=generator).to(dtype)
        for name, (shape, _) in tensor_shapes(CONFIG).items()
    }
    made[LM_HEAD] = made[EMBEDDINGS].clone()
    return made


def write(
    folder: Path,
    content: dict[str, Tensor],
    form: str = "safetensors",
    shards: int = 3,
    raw: dict[str, Any] = RAW,
    **saving: Any,
) -> Path:
    """A checkpoint folder; `form` is `safetensors` or `bin`, `saving` goes to torch.save."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(raw), encoding="utf-8")
    stem = "model" if form == "safetensors" else "pytorch_model"
    table: dict[str, str] = {}
    names = list(content)
    for number in range(shards):
        name = f"{stem}-{number + 1:05}-of-{shards:05}.{form}"
        name = f"{stem}.{form}" if shards == 1 else name
        own = {key: content[key] for key in names[number::shards]}
        table.update(dict.fromkeys(own, name))
        if form == "safetensors":
            save_file(own, folder / name, metadata={"format": "pt"})
        else:
            torch.save(own, folder / name, **saving)
    if shards > 1:
        index = {"metadata": {"total_size": 0}, "weight_map": table}
        (folder / f"{stem}.{form}.index.json").write_text(json.dumps(index), encoding="utf-8")
    return folder

"""Writes a trained LoRA adapter as the GGUF file that llama.cpp applies: `python export.py IN OUT`.

IN is the folder that peft's `save_pretrained` wrote.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import torch
from gguf import GGUFWriter
from safetensors.torch import load_file

NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_KEY = re.compile(r".*\.layers\.(\d+)\.(.+)\.lora_([AB])\.weight")


def export(folder: Path, out: Path) -> None:
    """Each matrix as float16: lora_a [rank, in], lora_b [out, rank]."""
    config = json.loads((folder / "adapter_config.json").read_text())
    writer = GGUFWriter(str(out), "qwen2")
    writer.add_string("general.type", "adapter")
    writer.add_string("general.name", "Kex extraction adapter for Qwen2.5-Coder-1.5B-Instruct")
    writer.add_string("general.license", "gpl-3.0")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(config["lora_alpha"]))
    for key, matrix in load_file(folder / "adapter_model.safetensors").items():
        found = _KEY.fullmatch(key)
        if found is None:
            raise ValueError(f"{key} is no matrix of an adapter.")
        layer, name, side = found.groups()
        tensor = f"blk.{layer}.{NAMES[name]}.weight.lora_{side.lower()}"
        writer.add_tensor(tensor, matrix.to(torch.float16).numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))

"""A trained LoRA adapter as the GGUF file that llama.cpp applies, and that file read again.

`python -m training.export IN OUT` writes it; IN is the folder that peft's `save_pretrained` wrote.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import torch
from gguf import GGUFReader, GGUFWriter
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
    writer.add_string("general.license", "apache-2.0")
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


def read_adapter(path: Path) -> dict[str, torch.Tensor]:
    """The matrices of an exported adapter in bfloat16, under the names that peft gives them."""
    theirs = {ours: name for name, ours in NAMES.items()}
    matrices = {}
    for tensor in GGUFReader(str(path)).tensors:
        _, layer, ours, _, side = tensor.name.split(".")
        name = f"layers.{layer}.{theirs[ours]}.lora_{side[-1].upper()}.default.weight"
        matrix = torch.from_numpy(tensor.data.copy()).to(torch.bfloat16)
        matrices[f"base_model.model.model.{name}"] = matrix
    return matrices


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))

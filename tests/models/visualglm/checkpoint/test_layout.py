"""Names, shapes and types of the official layout, against the network and the official lists."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.visualglm.checkpoint.layout import (
    INV_FREQ,
    LM_HEAD,
    entry_bytes,
    is_quantised,
    tensor_shapes,
)
from models.visualglm.checkpoint.names import official_name
from models.visualglm.checkpoint.safetensors import DTYPE_NAMES
from models.visualglm.config import VisualGLMConfig, read_config
from models.visualglm.network.model import empty_model
from models.visualglm.network.quantisation import use_quantised_layers
from tests.models.visualglm.synthetic import CONFIG, golden

FULL = VisualGLMConfig()


@pytest.mark.parametrize("bits", [0, 8, 4])
@pytest.mark.parametrize("config", [CONFIG, FULL], ids=["small", "full"])
def test_the_network_has_the_layout_under_the_official_names(
    config: VisualGLMConfig, bits: int
) -> None:
    model = empty_model(config).half()
    if bits:
        with torch.device("meta"):
            use_quantised_layers(model, bits)
        model.half()
    state = {official_name(name): tensor for name, tensor in model.state_dict().items()}
    assert len(state) == len(model.state_dict())  # one to one
    found = {name: (tuple(t.shape), DTYPE_NAMES[t.dtype]) for name, t in state.items()}
    wanted = tensor_shapes(config, bits)
    unloaded = {LM_HEAD, *(name for name in wanted if name.endswith(INV_FREQ))}
    assert found == {name: entry for name, entry in wanted.items() if name not in unloaded}


def test_a_name_is_changed_only_where_the_rule_says() -> None:
    assert official_name("transformer.word_embeddings.weight") == (
        "transformer.word_embeddings.weight"
    )
    assert official_name("image_encoder.vit.class_token") == (
        "image_encoder.vit.transformer.word_embeddings.weight"
    )
    assert official_name("image_encoder.vit.class_tokens") == "image_encoder.vit.class_tokens"


def test_full_size_counts() -> None:
    table = tensor_shapes(FULL)
    assert len(table) == 1039
    linears = sum(entry_bytes(entry) for name, entry in table.items() if is_quantised(name))
    assert linears == 2 * 5_637_144_576
    inv_freq = sum(entry_bytes(e) for n, e in table.items() if n.endswith(INV_FREQ))
    assert sum(map(entry_bytes, table.values())) - inv_freq == 2 * 7_802_193_408


def test_the_official_lists_of_keys_and_shapes() -> None:
    official = json.loads((golden() / "official_state_dict_shapes.json").read_text("utf-8"))
    assert list(tensor_shapes(FULL)) == list(official)
    assert {n: list(shape) for n, (shape, _) in tensor_shapes(FULL).items()} == {
        name: shape for name, (shape, _) in official.items()
    }
    small = json.loads((golden() / "state_dict_shapes.json").read_text("utf-8"))
    config = read_config(golden() / "ckpt_fp32_bin")
    assert {n: list(shape) for n, (shape, _) in tensor_shapes(config).items()} == small


def test_the_official_quantised_layer() -> None:
    official = json.loads((golden() / "int4_state_dict_layer0.json").read_text("utf-8"))
    config = replace(read_config(golden() / "ckpt_fp32_bin"), num_layers=1)
    kinds = {"torch.int8": "I8", "torch.float16": "F16"}
    wanted = {name: (tuple(shape), kinds[dtype]) for name, (shape, dtype) in official.items()}
    table = tensor_shapes(config, 4)
    assert {n: e for n, e in table.items() if n.startswith("transformer.layers.")} == wanted


def test_the_golden_checkpoints_keep_to_it() -> None:
    from models.local_glm.weights import check_layout

    folders: list[Path] = sorted(golden().glob("ckpt_*"))
    assert folders
    for folder in folders:
        check_layout(folder)

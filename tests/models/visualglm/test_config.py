"""The official config.json as dataclasses, and what is refused."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from errors import WeightsError
from models.visualglm.config import VisualGLMConfig, parse_config, read_config
from tests.models.visualglm.synthetic import RAW


def changed(path: str, value: Any) -> dict[str, Any]:
    raw = copy.deepcopy(RAW)
    *parts, last = path.split(".")
    inner = raw
    for part in parts:
        inner = inner[part]
    inner[last] = value
    return raw


def test_the_defaults_are_the_real_model() -> None:
    config = VisualGLMConfig()
    assert config.head_dim == 128 and config.alpha == pytest.approx(56**0.5)
    assert config.vit.num_positions == 257 and config.qformer.inner_hidden_size == 3072


def test_fields_are_taken_as_they_are() -> None:
    config = parse_config(RAW)
    assert (config.num_layers, config.hidden_size, config.vocab_size) == (2, 32, 160)
    assert (config.vit.image_size, config.vit.layernorm_epsilon) == (28, 1e-6)
    assert config.qformer.cross_attention == (True, False) and config.qformer.num_queries == 4
    assert config.quantization_bits == 0


@pytest.mark.parametrize("bits", [4, 8])
def test_bits(bits: int) -> None:
    assert parse_config(changed("quantization_bit", bits)).quantization_bits == bits


def test_other_spellings() -> None:
    assert parse_config(changed("eva_config.image_size", 28)).vit.image_size == 28
    always = parse_config(changed("qformer_config.is_decoder", True))
    assert always.qformer.cross_attention == (True, True)


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("model_type", "llama", "not a VisualGLM"),
        ("position_encoding_2d", False, "position_encoding_2d"),
        ("num_layers", 0, "config.num_layers"),
        ("num_layers", True, "config.num_layers"),
        ("num_layers", 1_000_000, "config.num_layers"),
        ("hidden_size", "32", "config.hidden_size"),
        ("hidden_size", 33, "num_attention_heads"),
        ("num_attention_heads", 16, "multiple of 4"),
        ("layernorm_epsilon", 1, "layernorm_epsilon"),
        ("quantization_bit", 3, "quantization_bit"),
        ("eos_token_id", 160, "eos_token_id"),
        ("image_length", 5, "image_length"),
        ("eva_config", [], "eva_config"),
        ("eva_config.image_size", [28, 42], "square"),
        ("eva_config.patch_size", 13, "patch_size"),
        ("qformer_config.is_decoder", [True], "is_decoder"),
        ("qformer_config.cross_attn_hidden_size", 25, "cross_attn_hidden_size"),
        ("qformer_config.num_attention_heads", 3, "qformer_config.hidden_size"),
    ],
)
def test_what_cannot_be_is_refused_by_name(path: str, value: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_config(changed(path, value))


@pytest.mark.parametrize("raw", [None, [], 3, {}])
def test_what_is_no_configuration(raw: Any) -> None:
    with pytest.raises(ValueError, match=r"config|VisualGLM"):
        parse_config(raw)


def test_files(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read"):
        read_config(tmp_path)
    path = tmp_path / "config.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(WeightsError, match="not JSON"):
        read_config(tmp_path)
    path.write_text(json.dumps(changed("num_layers", -1)), encoding="utf-8")
    with pytest.raises(WeightsError, match=r"config\.num_layers") as caught:
        read_config(tmp_path)
    assert caught.value.field == "KEX_GLM_PATH"
    path.write_text(json.dumps(RAW), encoding="utf-8")
    assert read_config(tmp_path) == parse_config(RAW)

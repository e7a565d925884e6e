"""The shape of a VisualGLM: the official `config.json`, checked, as frozen dataclasses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errors import WeightsError
from wording import message

CONFIG_FILE = "config.json"
MAX_LAYERS = 1000  # planning a hostile configuration with a million of them would take minutes


@dataclass(frozen=True)
class VitConfig:
    """EVA ViT-g, the eye; the official `eva_config`."""

    num_layers: int = 39
    hidden_size: int = 1408
    num_attention_heads: int = 16
    inner_hidden_size: int = 6144
    image_size: int = 224  # pixels, width and height
    patch_size: int = 14  # pixels
    layernorm_epsilon: float = 1e-6

    @property
    def num_positions(self) -> int:
        """Patches and the class token."""
        return (self.image_size // self.patch_size) ** 2 + 1


@dataclass(frozen=True)
class QFormerConfig:
    """The Q-Former between eye and language; the official `qformer_config`."""

    num_layers: int = 12
    hidden_size: int = 768
    num_attention_heads: int = 12
    num_queries: int = 32
    cross_attention: tuple[bool, ...] = (True, False) * 6  # which layers look at the picture
    vision_hidden_size: int = 1408
    layernorm_epsilon: float = 1e-12

    @property
    def inner_hidden_size(self) -> int:
        return 4 * self.hidden_size


@dataclass(frozen=True)
class VisualGLMConfig:
    """The whole model; the defaults are VisualGLM-6B.

    `quantization_bits` is 0, 4 or 8: how the language layers' weights lie in the checkpoint.
    """

    num_layers: int = 28
    hidden_size: int = 4096
    num_attention_heads: int = 32
    inner_hidden_size: int = 16384
    vocab_size: int = 130528
    max_sequence_length: int = 2048
    layernorm_epsilon: float = 1e-5
    pad_token_id: int = 3
    mask_token_id: int = 130000
    gmask_token_id: int = 130001
    bos_token_id: int = 130004
    eos_token_id: int = 130005
    image_length: int = 32  # tokens that a picture takes in the prompt
    quantization_bits: int = 0
    vit: VitConfig = VitConfig()
    qformer: QFormerConfig = QFormerConfig()

    @property
    def head_dim(self) -> int:
        return self.hidden_size // self.num_attention_heads

    @property
    def alpha(self) -> float:
        """What the residual stream is scaled by, √(2 · layers).

        The official class uses √56 at any depth, its default of 28 layers being never overridden;
        for the real model that is the same number.
        """
        return float((2 * self.num_layers) ** 0.5)


def read_config(folder: Path) -> VisualGLMConfig:
    """The configuration in a checkpoint folder.

    Raises WeightsError naming the file and the field that is missing or cannot be.
    """
    path = folder / CONFIG_FILE
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(
            message(
                "errors.checkpoint_config_unreadable",
                path=path,
                reason=error.strerror,
                folder=folder,
            ),
            field="KEX_GLM_PATH",
        ) from error
    except ValueError as error:
        raise WeightsError(
            message("errors.checkpoint_config_not_json", path=path, reason=str(error)),
            field="KEX_GLM_PATH",
        ) from error
    try:
        return parse_config(raw)
    except ValueError as error:
        raise WeightsError(
            message("errors.located", place=path, reason=str(error)), field="KEX_GLM_PATH"
        ) from error


def parse_config(raw: Any) -> VisualGLMConfig:
    """The official JSON as dataclasses; a ValueError names the field that is wrong."""
    fields = _Fields(raw, "config")
    if fields.raw.get("model_type", "chatglm") != "chatglm" or "eva_config" not in fields.raw:
        raise ValueError("not a VisualGLM: model_type is not chatglm or eva_config is missing")
    if fields.raw.get("position_encoding_2d") is not True:
        raise ValueError("position_encoding_2d must be true")
    eye, former = _Fields(raw["eva_config"], "eva_config"), fields.inner("qformer_config")
    size = eye.raw.get("image_size")
    if isinstance(size, list):
        if len(size) != 2 or size[0] != size[1]:
            raise ValueError(f"eva_config.image_size must be square, not {size}")
        size = size[0]
    cross = former.raw.get("is_decoder")
    layers = former.count("num_layers")
    if not isinstance(cross, list):
        cross = [cross is not False] * layers
    if len(cross) != layers:
        raise ValueError(f"qformer_config.is_decoder has {len(cross)} entries for {layers} layers")
    config = VisualGLMConfig(
        **{name: fields.count(name) for name in _COUNTS},
        layernorm_epsilon=fields.epsilon(),
        quantization_bits=_bits(fields.raw),
        vit=VitConfig(
            **{name: eye.count(name) for name in _VIT_COUNTS},
            image_size=_Fields({"image_size": size}, "eva_config").count("image_size"),
            layernorm_epsilon=eye.epsilon(),
        ),
        qformer=QFormerConfig(
            num_layers=layers,
            hidden_size=former.count("hidden_size"),
            num_attention_heads=former.count("num_attention_heads"),
            num_queries=former.count("vocab_size"),
            cross_attention=tuple(map(bool, cross)),
            vision_hidden_size=former.count("cross_attn_hidden_size"),
            layernorm_epsilon=former.epsilon(),
        ),
    )
    _check(config)
    return config


_COUNTS = (
    "num_layers", "hidden_size", "num_attention_heads", "inner_hidden_size", "vocab_size",
    "max_sequence_length", "pad_token_id", "mask_token_id", "gmask_token_id", "bos_token_id",
    "eos_token_id", "image_length",
)  # fmt: skip
_VIT_COUNTS = (
    "num_layers", "hidden_size", "num_attention_heads", "inner_hidden_size", "patch_size",
)  # fmt: skip


@dataclass(frozen=True)
class _Fields:
    """An object of the JSON; complaints name the field."""

    raw: Any
    name: str

    def __post_init__(self) -> None:
        if not isinstance(self.raw, Mapping):
            raise ValueError(f"{self.name} is not an object")

    def inner(self, name: str) -> _Fields:
        return _Fields(self.raw.get(name), name)

    def count(self, name: str) -> int:
        value = self.raw.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 24:
            raise ValueError(f"{self.name}.{name} must be a positive whole number, not {value!r}")
        return value

    def epsilon(self) -> float:
        value = self.raw.get("layernorm_epsilon")
        if not isinstance(value, float) or not 0 < value < 1:
            raise ValueError(f"{self.name}.layernorm_epsilon must be a small number, not {value!r}")
        return value


def _bits(raw: Mapping[str, Any]) -> int:
    bits = raw.get("quantization_bit") or 0
    if bits not in (0, 4, 8):
        raise ValueError(f"config.quantization_bit must be 0, 4 or 8, not {bits!r}")
    return int(bits)


def _check(config: VisualGLMConfig) -> None:
    """What has to fit together, and what no model of this kind has."""
    for name, layers in (
        ("config", config.num_layers),
        ("eva_config", config.vit.num_layers),
        ("qformer_config", config.qformer.num_layers),
    ):
        if layers > MAX_LAYERS:
            raise ValueError(f"{name}.num_layers is {layers}: more than {MAX_LAYERS} cannot be")
    for name, part in (("config", config), ("eva_config", config.vit)):
        if part.hidden_size % part.num_attention_heads:
            raise ValueError(f"{name}.hidden_size is no multiple of num_attention_heads")
    if config.qformer.hidden_size % config.qformer.num_attention_heads:
        raise ValueError("qformer_config.hidden_size is no multiple of num_attention_heads")
    if config.head_dim % 4:
        raise ValueError("the head dimension must be a multiple of 4 for two rotary streams")
    if config.vit.image_size % config.vit.patch_size:
        raise ValueError("eva_config.image_size is no multiple of patch_size")
    if config.qformer.vision_hidden_size != config.vit.hidden_size:
        raise ValueError("qformer_config.cross_attn_hidden_size is not eva_config.hidden_size")
    if config.qformer.num_queries != config.image_length:
        raise ValueError("image_length is not qformer_config.vocab_size, the number of queries")
    for name in ("pad", "mask", "gmask", "bos", "eos"):
        if getattr(config, f"{name}_token_id") >= config.vocab_size:
            raise ValueError(f"config.{name}_token_id is not below vocab_size")

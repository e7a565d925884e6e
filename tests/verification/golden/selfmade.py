"""A small set of vectors laid out like the official ones, made by the network under test.

It proves nothing about the network; it shows what the command does with names, numbers and
damage, in shapes that no other set has.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import torch
from torch import Tensor
from torch.nn import functional as F

from models.visualglm.checkpoint.layout import tensor_shapes
from models.visualglm.checkpoint.pretrained import load_pretrained
from models.visualglm.config import VisualGLMConfig, read_config
from models.visualglm.engine.sampling import SamplingParams, keep_top_p
from models.visualglm.image import decode, preprocess, resize
from models.visualglm.network.model import VisualGLM
from models.visualglm.network.positions import padded_batch
from models.visualglm.network.quantisation import dequantise_weight, quantise_weight
from models.visualglm.network.rotary import inverse_frequencies, rotary_tables
from scripts.tiny_visualglm import make_checkpoint
from verification.golden.cases import set_alpha
from verification.golden.processors import replace_invalid_officially
from verification.plain_generation import generate

SEED, NEW = 77, 7
Arrays = dict[str, Tensor]


def make(folder: Path) -> Path:
    """The whole folder: a checkpoint, pictures, .npz files, shapes."""
    folder.mkdir()
    stored = make_checkpoint(folder / "ckpt_fp32_safetensors", seed=3, dtype=torch.float32)
    (stored / "ice_text.model").unlink()
    model, config = load_pretrained(stored, torch.float32, "cpu"), read_config(stored)
    picture = PIL.Image.linear_gradient("L").resize((31, 17)).convert("RGB")
    picture.save(folder / "gradient.png")
    size = config.vit.image_size
    pixels = preprocess(decode((folder / "gradient.png").read_bytes()), size)
    raw = torch.from_numpy(np.asarray(resize(picture, 40)).copy())
    _save(
        folder / "image.npz",
        {"gradient.pixel_values": pixels, "gradient.resized_uint8_40": raw},
    )
    with torch.inference_mode():
        _save(folder / "vision.npz", _vision(model, pixels[None]))
        _save(folder / "lm.npz", _language(model, pixels[None]))
    _save(folder / "quant.npz", _quantised(model))
    _save(folder / "sampling.npz", _sampling())
    (folder / "meta.json").write_text(json.dumps({"sampling": {"seed": SEED, "top_k": 9}}))
    shapes = {name: shape for name, (shape, _) in tensor_shapes(config).items()}
    (folder / "state_dict_shapes.json").write_text(json.dumps(shapes))
    return folder


def _save(path: Path, arrays: Arrays) -> None:
    content: dict[str, Any] = {name: value.numpy() for name, value in arrays.items()}
    np.savez(path, **content)


def _vision(model: VisualGLM, pixels: Tensor) -> Arrays:
    arrays: Arrays = {"pixel_values": pixels}
    arrays["image_embeds"] = model.image_encoder(pixels, arrays.__setitem__)
    return arrays


def _ids(config: VisualGLMConfig, count: int, more: tuple[int, ...] = ()) -> list[int]:
    words = [10 + 3 * n for n in range(count)]
    return [*words, config.gmask_token_id, config.bos_token_id, *more]


def _language(model: VisualGLM, pixels: Tensor) -> Arrays:
    config, arrays = model.config, Arrays()
    ids = [_ids(config, 6, (21, 22, 23))]
    _forward(model, "text_own", ids, arrays)
    labels = torch.tensor([[-100] * 8 + [21, 22, 23]])
    arrays["text_own.labels"] = labels
    logits = arrays["text_own.logits"][0, :-1]
    arrays["text_own.loss"] = F.cross_entropy(logits, labels[0, 1:], ignore_index=-100)
    set_alpha(model, 30**0.5)
    _forward(model, "text_own_literal_alpha30", ids, arrays, only_logits=True)
    set_alpha(model, config.alpha)
    places = [0] * config.image_length
    seen = [[11, 12, *places, *_ids(config, 3)]]
    embeds = model.image_encoder(pixels)
    _forward(model, "image", seen, arrays, embeds)
    _steps(model, "text", [_ids(config, 6)], arrays)
    _steps(model, "image", seen, arrays, embeds)
    torch.manual_seed(SEED)
    params = SamplingParams(0.8, 9, 0.4, 1.2, min_length=len(seen[0]) + 4)
    taken = list(generate(model, seen, NEW, params, images=embeds, image_start=2))
    answer = torch.stack([step.tokens for step in taken], dim=1)
    arrays["sample_image.sequences"] = torch.cat((torch.tensor(seen), answer), dim=1)
    arrays["sample_image.processed_scores"] = torch.stack([step.scores for step in taken], dim=1)
    cos, sin = rotary_tables(30, 12, torch.float16)
    arrays |= {"rotary_dim12_half.cos": cos, "rotary_dim12_half.sin": sin}
    arrays["rotary_dim12.inv_freq_half"] = inverse_frequencies(12)
    return arrays


def _forward(
    model: VisualGLM,
    case: str,
    ids: list[list[int]],
    arrays: Arrays,
    embeds: Tensor | None = None,
    only_logits: bool = False,
) -> None:
    padded, positions, visible = padded_batch(ids, model.config)
    steps: Arrays = {}
    x = model.embed(padded, embeds, 2)
    arrays[f"{case}.logits"] = model(x, positions, visible, None, steps.__setitem__)
    if only_logits:
        return
    arrays |= {f"{case}.{name}": value for name, value in steps.items()}
    arrays[f"{case}.input_ids"], arrays[f"{case}.position_ids"] = padded, positions
    arrays[f"{case}.attention_mask_4d_true_is_masked"] = ~visible


def _steps(
    model: VisualGLM,
    case: str,
    ids: list[list[int]],
    arrays: Arrays,
    embeds: Tensor | None = None,
) -> None:
    forced = torch.tensor([[15, 16, 17]])
    more = torch.cat((forced, forced[:, :1]), dim=1)
    taken = list(
        generate(model, ids, 4, images=embeds, image_start=2, eos=-1, cached=False, forced=more)
    )
    arrays[f"kv_{case}.prompt_ids"], arrays[f"kv_{case}.forced_tokens"] = torch.tensor(ids), forced
    arrays[f"kv_{case}.step_logits"] = torch.stack([step.logits for step in taken], dim=1)
    taken = list(generate(model, ids, NEW, images=embeds, image_start=2, eos=-1))
    answer = torch.stack([step.tokens for step in taken], dim=1)
    whole = torch.cat((torch.tensor(ids), answer), dim=1)
    arrays[f"greedy_{case}.sequences"] = whole
    arrays[f"stream_{case}.last_yield"] = whole[:, :-1]


def _quantised(model: VisualGLM) -> Arrays:
    weight = model.get_parameter("transformer.layers.2.mlp.dense_h_to_4h.weight")
    arrays: Arrays = {}
    for kind, value in (("int4", weight.half()), ("int4_from_fp32", weight)):
        integers, scale = quantise_weight(value, 4)
        stem = f"{kind}.layers.2.mlp.dense_h_to_4h"
        arrays[f"{stem}.weight"], arrays[f"{stem}.weight_scale"] = integers, scale
        if kind == "int4":
            arrays[f"{stem}.dequantized_half"] = dequantise_weight(integers, scale, 4)
    return arrays


def _sampling() -> Arrays:
    scores = torch.randn(2, 30, generator=torch.Generator().manual_seed(1))
    broken = scores.clone()
    broken[1, 3] = float("nan")
    return {
        "scores": scores,
        "history": torch.tensor([[1, 2], [3, 4]]),
        "top_p_0.33": keep_top_p(scores, 0.33),
        "temperature_1.7": scores / 1.7,
        "invalid_own_in": broken,
        "invalid_own_out": replace_invalid_officially(broken),
    }

"""A checkpoint folder as a network that can run, in the precision asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from errors import WeightsError
from models.visualglm.checkpoint.layout import SCALE, is_quantised
from models.visualglm.checkpoint.loading import OnProgress, load_into
from models.visualglm.checkpoint.names import official_name
from models.visualglm.checkpoint.reader import CheckpointReader
from models.visualglm.config import VisualGLMConfig, read_config
from models.visualglm.network.model import VisualGLM, empty_model
from models.visualglm.network.quantisation import quantise_weight, use_quantised_layers
from wording import message

DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def load_pretrained(
    folder: Path,
    dtype: torch.dtype,
    device: torch.device | str,
    bits: int = 0,
    on_progress: OnProgress | None = None,
) -> VisualGLM:
    """The checkpoint in `folder` on the device.

    `bits` 8 or 4 quantises the language layers on the way, tensor by tensor; a checkpoint that is
    quantised already stays as it is. Raises WeightsError for whatever does not fit.
    """
    config = read_config(folder)
    model = empty_model(config)
    effective = effective_bits(config, bits)
    if effective:
        with torch.device("meta"):
            use_quantised_layers(model, effective)

    def quantise(name: str, tensor: Tensor) -> Iterator[tuple[str, Tensor]]:
        if not is_quantised(name):
            yield name, tensor
            return
        weight, scale = quantise_weight(tensor, bits)
        yield name, weight
        yield name.removesuffix(".weight") + SCALE, scale

    load_into(
        model,
        CheckpointReader(folder),
        names=official_name,
        dtype=dtype,
        device=device,
        on_progress=on_progress,
        transform=quantise if bits and not config.quantization_bits else None,
    )
    return model


def effective_bits(config: VisualGLMConfig, bits: int) -> int:
    """The bits that a checkpoint runs with when `bits` are asked for; 0 means as it is.

    Raises WeightsError when it is quantised to others: its full weights are not there any more.
    """
    stored = config.quantization_bits
    if stored and bits not in (0, stored):
        raise WeightsError(
            message("errors.checkpoint_quant", stored=stored, bits=bits),
            field="KEX_GLM_QUANT",
        )
    return stored or bits

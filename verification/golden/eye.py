"""vision.npz: every step from pixels to embeddings of the language model."""

from __future__ import annotations

import torch
from torch import Tensor

from verification.golden.checkpoints import FP32, Checkpoints, Network
from verification.golden.pictures import Pictures, check_pixels
from verification.golden.vectors import Vectors

STEPS = r"(?:vit|qformer)_(?:embeddings|layer\d+|out)"


def check_eye(vectors: Vectors, checkpoints: Checkpoints, stem: str, pictures: Pictures) -> None:
    if "pixel_values" not in vectors:
        return
    check_pixels(vectors, "pixel_values", pictures)
    names = [match[0] for match in vectors.matching(STEPS)] + ["image_embeds"]
    with vectors.guard(names):
        for network in checkpoints.networks(stem, FP32):
            with vectors.expect(names, network.name):
                _check(vectors, network)


def _check(vectors: Vectors, network: Network) -> None:
    def compare(name: str, value: Tensor) -> None:
        vectors.check(name, value, way=network.name)

    with torch.inference_mode():
        compare("image_embeds", network.model.image_encoder(vectors["pixel_values"], compare))

"""image.npz: what becomes of the folder's pictures before the eye sees them."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL.Image import Image
from torch import Tensor

from models.visualglm.image import decode, preprocess, resize
from verification.golden.vectors import Vectors

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
NEAR = 0.1  # pixels this close come from that picture, whatever else is wrong with them


class Pictures:
    """The pictures that lie in the folder, by name."""

    def __init__(self, folder: Path) -> None:
        self._paths = {
            path.stem: path for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES
        }
        self._sizes: dict[int, list[Tensor]] = {}

    def open(self, name: str) -> Image:
        """LookupError without such a picture."""
        return decode(self._paths[name].read_bytes())

    def source_of(self, pixels: Tensor) -> Tensor | None:
        """The pixels [B, 3, size, size] computed anew, if they come from these pictures."""
        size = pixels.shape[-1]
        if size not in self._sizes:
            self._sizes[size] = [preprocess(self.open(name), size) for name in self._paths]
        rows = []
        for row in pixels:
            near = [p for p in self._sizes[size] if float((p - row).abs().median()) < NEAR]
            if not near:
                return None
            rows.append(min(near, key=lambda p: float((p - row).abs().sum())))
        return torch.stack(rows)


def check_pictures(vectors: Vectors, pictures: Pictures) -> None:
    for match in vectors.matching(r"(.+)\.pixel_values"):
        with vectors.guard([match[0]]):
            size = vectors[match[0]].shape[-1]
            vectors.check(match[0], preprocess(pictures.open(match[1]), size))
    for match in vectors.matching(r"(.+)\.pixel_values_(\d+)_row(\d+)"):
        with vectors.guard([match[0]]):
            pixels = preprocess(pictures.open(match[1]), int(match[2]))
            vectors.check(match[0], pixels[:, int(match[3])])
    for match in vectors.matching(r"(.+)\.resized_uint8_(\d+)"):
        with vectors.guard([match[0]]):
            size = int(match[2])
            raw = bytearray(resize(pictures.open(match[1]), size).tobytes())
            vectors.check(match[0], torch.frombuffer(raw, dtype=torch.uint8).view(size, size, 3))


def check_pixels(vectors: Vectors, name: str, pictures: Pictures) -> None:
    """An input of the eye: computed, if it shows a picture of the folder, else given."""
    source = pictures.source_of(vectors[name])
    if source is None:
        vectors.given(name)
    else:
        vectors.check(name, source)

"""From a path to the pixels that the eye takes."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from models.visualglm.image import decode, preprocess


def read(path: str, size: int) -> Tensor:
    """float32 [1, 3, size, size]."""
    return preprocess(decode(Path(path).read_bytes()), size)[None]

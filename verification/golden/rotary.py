"""`rotary*`: the tables that turn queries and keys, in half and in float32."""

from __future__ import annotations

import torch

from models.visualglm.network.rotary import inverse_frequencies, rotary_tables
from verification.golden.cases import Folder

_TYPES = {"half": torch.float16, "float": torch.float32}


def check_rotary(folder: Folder) -> None:
    """`rotary_dimN` says its width and its positions; `rotary` has the checkpoint's width."""
    vectors = folder.vectors
    for match in vectors.matching(r"(rotary(?:_dim(\d+))?)\.inv_freq_half"):
        with vectors.guard([match[0]]):
            vectors.check(match[0], inverse_frequencies(_width(folder, match[2])))
    for match in vectors.matching(r"(rotary(?:_dim(\d+))?)_(half|float)\.(cos|sin)"):
        with vectors.guard([match[0]]):
            positions = vectors.get(f"{match[1]}.positions")
            if positions is None:
                positions = torch.arange(len(vectors[match[0]]))
            vectors.given(f"{match[1]}.positions")
            length = int(positions.max()) + 1
            cos, sin = rotary_tables(length, _width(folder, match[2]), _TYPES[match[3]])
            vectors.check(match[0], (cos if match[4] == "cos" else sin)[positions])


def _width(folder: Folder, width: str | None) -> int:
    return int(width) if width else folder.config.head_dim // 2

"""Whether a library computes what every other one does: `python -m models.qwen.selftest LIBRARY`.

Run in a process of its own, so that a library with instructions that the machine lacks takes down
this process only. All instruction sets give the same bits, so one hash is right for all of them.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np

from models.qwen.gguf import BLOCKS, Q4_K, Q6_K
from models.qwen.library import NoLibrary, load

ROWS, COLUMNS, TOKENS = 48, 768, 11
# Of the products below, computed with -DKEX_SCALAR and compared with numpy (tests/models/qwen).
EXPECTED = "f04196977c761e72b79d45847e83c2ee6e81d6e9805c36adca51143c822ecc95"


def digest(path: Path) -> str:
    """A hash of products of fixed matrices with fixed tokens."""
    library = load(path)
    # RandomState: its numbers are the same in every version of numpy.
    random = np.random.RandomState(1)
    x = (random.randint(-1000, 1000, (TOKENS, COLUMNS)) / 256).astype(np.float32)
    found = hashlib.sha256()
    for type_ in (Q4_K, Q6_K):
        count, size = ROWS * COLUMNS // 256, BLOCKS[type_][1]
        raw = random.randint(0, 256, (count, size)).astype(np.uint8)
        scales = (random.randint(1, 9, (count, 2)) / 4096).astype(np.float16)
        if type_ == Q4_K:
            raw[:, :4] = scales.view(np.uint8)
        else:
            raw[:, 208:] = scales[:, :1].copy().view(np.uint8)
        room = np.empty(count // 16 * library.kex_tile_bytes(type_) + 64, np.uint8)
        tiles = room[-room.ctypes.data % 64 :]
        library.kex_tile(type_, raw.ctypes.data, ROWS, COLUMNS, tiles.ctypes.data)
        for tokens in range(1, TOKENS + 1):
            to = np.empty((tokens, ROWS), np.float32)
            library.kex_multiply(
                type_, tiles.ctypes.data, ROWS, COLUMNS, x.ctypes.data, tokens, to.ctypes.data
            )
            found.update(to.tobytes())
    return found.hexdigest()


if __name__ == "__main__":
    try:
        made = digest(Path(sys.argv[1]))
    except NoLibrary as error:
        sys.exit(str(error))
    if made != EXPECTED:
        sys.exit("its products are wrong")

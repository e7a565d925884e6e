"""Whether a library computes what every other one does: `python -m models.qwen.selftest LIBRARY`.

Run in a process of its own, so that a library with instructions that the machine lacks takes down
this process only. All instruction sets give the same bits, so one hash is right for all of them.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np

from models.qwen.gguf import BLOCKS, Q4_K, Q5_0, Q6_K, Q8_0
from models.qwen.library import NoLibrary, load

ROWS, COLUMNS, TOKENS = 48, 768, 11
# Of the products below, computed with -DKEX_SCALAR and compared with numpy (tests/models/qwen).
EXPECTED = "63a23ee48a1e0011917af511e8b33b9a340521ecffcb5211b6a66ae087e1cb4a"


def digest(path: Path) -> str:
    """A hash of products of fixed matrices with fixed tokens, and of powers of e."""
    library = load(path)
    # RandomState: its numbers are the same in every version of numpy.
    random = np.random.RandomState(1)
    x = (random.randint(-1000, 1000, (TOKENS, COLUMNS)) / 256).astype(np.float32)
    found = hashlib.sha256()
    for type_, place in ((Q4_K, 0), (Q6_K, 208), (Q5_0, 0), (Q8_0, 0)):
        columns, size = BLOCKS[type_]
        count = ROWS * COLUMNS // columns
        raw = random.randint(0, 256, (count, size)).astype(np.uint8)
        halves = 2 if type_ == Q4_K else 1  # scales of a block
        scales = (random.randint(1, 9, (count, 2)) / 4096).astype(np.float16)[:, :halves].copy()
        raw[:, place : place + 2 * halves] = scales.view(np.uint8)
        tiles_count = ROWS // 16 * COLUMNS // 256
        room = np.empty(tiles_count * library.kex_tile_bytes(type_) + 64, np.uint8)
        tiles = room[-room.ctypes.data % 64 :]
        library.kex_tile(type_, raw.ctypes.data, ROWS, COLUMNS, tiles.ctypes.data)
        for tokens in range(1, TOKENS + 1):
            to = np.empty((tokens, ROWS), np.float32)
            library.kex_multiply(
                type_, tiles.ctypes.data, ROWS, COLUMNS, x.ctypes.data, tokens, to.ctypes.data
            )
            found.update(to.tobytes())
    powers = np.empty_like(x[0])
    library.kex_exp(x[0].ctypes.data, COLUMNS, powers.ctypes.data)
    found.update(powers.tobytes())
    return found.hexdigest()


if __name__ == "__main__":
    try:
        made = digest(Path(sys.argv[1]))
    except NoLibrary as error:
        sys.exit(str(error))
    if made != EXPECTED:
        sys.exit("its products are wrong")

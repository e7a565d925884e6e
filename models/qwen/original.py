"""A GGUF file without its matrices, and the whole file again from that and the matrices' tiles.

Tiles hold every bit of a matrix (kernels/tiles.h), so the matrices need not be stored twice. Only
Q4_K and Q6_K are undone, and in numpy: the whole file is wanted where no kernels can be built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.qwen.gguf import (
    MAGIC,
    MAGIC_OF_REST,
    Q4_K,
    Q6_K,
    Gguf,
    GgufError,
    Tensor,
    is_matrix,
    read_gguf,
)
from models.qwen.weights import LANES, TILE_COLUMNS, Tiles

Bytes = NDArray[np.uint8]

# Tile4 and Tile6 of kernels/tiles.h
TILES = {
    Q4_K: np.dtype(
        [
            ("q", "u1", (8, 4, LANES, 4)),
            ("scale", "u1", (8, LANES)),
            ("min", "u1", (8, LANES)),
            ("d", "<u2", LANES),
            ("dmin", "<u2", LANES),
        ]
    ),
    Q6_K: np.dtype(
        [
            ("q", "u1", (16, 3, LANES, 4)),
            ("scale", "u1", (16, LANES)),
            ("d", "<u2", LANES),
            ("unused", "u1", 32),
        ]
    ),
}
ROW_BLOCKS = 64  # of 16 rows, undone together: some megabytes


def tile_bytes(type_: int) -> int:
    """Bytes of a tile; GgufError for a type that cannot be undone."""
    if type_ not in TILES:
        raise GgufError(f"Tiles of type {type_} are not turned back into a file.")
    return TILES[type_].itemsize


def without_matrices(path: Path) -> Iterator[bytes]:
    """The bytes of a whole GGUF file but for its matrices, with a magic number of their own."""
    matrices = _matrices(read_gguf(path))
    with path.open("rb") as file:
        file.seek(len(MAGIC))
        yield MAGIC_OF_REST
        for tensor in matrices:
            yield file.read(tensor.begin - file.tell())
            file.seek(tensor.size, 1)
        yield file.read()


def whole(rest: Path, tiles: Tiles) -> Iterator[bytes]:
    """The bytes of the whole file; `rest` is what `without_matrices` left of it."""
    at = len(MAGIC)
    with rest.open("rb") as file:
        file.seek(at)
        yield MAGIC
        for tensor in _matrices(read_gguf(rest)):
            yield file.read(tensor.begin - at)
            yield from _rows(tensor, tiles[tensor.name])
            at = tensor.begin + tensor.size
        yield file.read()


def _matrices(gguf: Gguf) -> list[Tensor]:
    """In the file's order."""
    found = [tensor for name, tensor in gguf.tensors.items() if is_matrix(name)]
    return sorted(found, key=lambda tensor: tensor.begin)


def _rows(tensor: Tensor, tiles: Bytes) -> Iterator[bytes]:
    """The matrix as the file has it, some rows at a time."""
    undo = _UNDO[tensor.type]
    grid = tiles.view(TILES[tensor.type]).reshape(-1, tensor.shape[1] // TILE_COLUMNS)
    for first in range(0, len(grid), ROW_BLOCKS):
        yield undo(grid[first : first + ROW_BLOCKS]).tobytes()


def _undo_q4_k(grid: NDArray[Any]) -> Bytes:
    """Tiles (row blocks, blocks) as blocks of the file (row blocks, 16 rows, blocks, 144 bytes)."""
    shape = len(grid), LANES, grid.shape[1]
    # Tile, sub-block, half of the sub-block, group, lane, column
    q = np.stack([grid["q"] & 15, grid["q"] >> 4], axis=3)
    q = q.transpose(0, 5, 1, 2, 3, 4, 6).reshape(*shape, 4, 2, 32)
    scale, least = (grid[name].transpose(0, 3, 1, 2) for name in ("scale", "min"))
    packed = np.concatenate(
        [
            (scale[..., :4] & 63) | (scale[..., 4:] >> 4 << 6),
            (least[..., :4] & 63) | (least[..., 4:] >> 4 << 6),
            (scale[..., 4:] & 15) | (least[..., 4:] << 4),
        ],
        axis=-1,
    )
    columns = (q[..., 0, :] | (q[..., 1, :] << 4)).reshape(*shape, 128)
    return np.concatenate([_halves(grid["d"]), _halves(grid["dmin"]), packed, columns], axis=-1)


def _undo_q6_k(grid: NDArray[Any]) -> Bytes:
    """As `_undo_q4_k`, with blocks of 210 bytes."""
    shape = len(grid), LANES, grid.shape[1]
    first, second, high = (grid["q"][:, :, :, number] for number in range(3))
    # Tile, sub-block, lane, column → with the group in front of the lane
    low = np.stack([first & 15, first >> 4, second & 15, second >> 4], axis=3)
    top = np.stack([high >> 2 * group & 3 for group in range(4)], axis=3)
    # Row block, lane, block, half, quarter of the half, column
    low, top = (bits.transpose(0, 4, 1, 2, 3, 5).reshape(*shape, 2, 4, 32) for bits in (low, top))
    pairs = low[..., :2, :] | (low[..., 2:, :] << 4)
    tops = top[..., 0, :] | top[..., 1, :] << 2 | top[..., 2, :] << 4 | top[..., 3, :] << 6
    scale = grid["scale"].transpose(0, 3, 1, 2)
    return np.concatenate(
        [pairs.reshape(*shape, 128), tops.reshape(*shape, 64), scale, _halves(grid["d"])], axis=-1
    )


def _halves(numbers: NDArray[np.uint16]) -> Bytes:
    """(row blocks, blocks, lanes) → (row blocks, lanes, blocks, 2 bytes)."""
    turned = np.ascontiguousarray(numbers.transpose(0, 2, 1))
    return turned[..., None].view(np.uint8)


_UNDO: dict[int, Callable[[NDArray[Any]], Bytes]] = {Q4_K: _undo_q4_k, Q6_K: _undo_q6_k}

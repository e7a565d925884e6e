"""The matrices of a GGUF file as tiles for the kernels, rearranged once and mapped afterwards.

Rearranging takes seconds; the result is stored in the cache, as large as the file, under the file's
hash and the tiles' form. Where it cannot be stored it is made in memory, at every start.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.qwen.gguf import BLOCKS, Q4_K, Q5_0, Q6_K, Q8_0, Gguf, GgufError, Tensor, is_matrix

log = logging.getLogger(__name__)

TILED = (Q4_K, Q5_0, Q6_K, Q8_0)
TILE_COLUMNS = 256
LANES = 16  # rows of a tile
# Of the tiles: a new number where kernels/tiles.h changes it. Weights that are stored once
# (models/embedded/one_copy.py, which has the size) have to be fetched again then.
FORM = 1
ALIGNMENT = 4096

Tiles = dict[str, NDArray[np.uint8]]


def tiles_of(gguf: Gguf, library: ctypes.CDLL, cache: Path | None, key: str, threads: int) -> Tiles:
    """Every matrix but the embeddings as tiles. `key` names the file's content.

    Raises GgufError where a matrix has a form that the kernels do not know.
    """

    def tile_bytes(type_: int) -> int:
        return int(library.kex_tile_bytes(type_))

    stored = stored_tiles(gguf, cache, key, tile_bytes) if cache is not None else None
    if stored is not None:
        return stored
    places, end = _places(gguf, tile_bytes)
    missing = [name for name in places if not gguf.tensors[name].data.size]
    if missing:
        raise GgufError(f"The file has no numbers of {missing[0]}, and its tiles are not stored.")
    made = _made([gguf.tensors[name] for name in places], places, end, library, threads)
    if cache is not None:
        _store(made, tiles_path(cache, key))
    return {name: made[at : at + size] for name, (at, size) in places.items()}


def stored_tiles(
    gguf: Gguf, cache: Path, key: str, tile_bytes: Callable[[int], int]
) -> Tiles | None:
    """The tiles as they are stored, mapped; None where they are not. `tile_bytes`: of one tile of
    a tensor's type. Raises as `tiles_of`."""
    places, end = _places(gguf, tile_bytes)
    path = tiles_path(cache, key)
    if not path.is_file() or path.stat().st_size != end:
        return None
    whole: NDArray[np.uint8] = np.memmap(path, np.uint8, "r")
    return {name: whole[at : at + size] for name, (at, size) in places.items()}


def tiles_path(cache: Path, key: str) -> Path:
    """Where the tiles of the file with this key are stored."""
    digest = hashlib.sha256(f"{FORM} {key}".encode()).hexdigest()[:16]
    return cache / f"tiles-{digest}.bin"


def _places(gguf: Gguf, tile_bytes: Callable[[int], int]) -> tuple[dict[str, tuple[int, int]], int]:
    """Where each matrix has its tiles (first byte, bytes), and where they end."""
    places: dict[str, tuple[int, int]] = {}
    end = 0
    for name, tensor in sorted(gguf.tensors.items()):
        if is_matrix(name):
            _check(tensor)
            rows, columns = tensor.shape
            tiles = (rows // LANES) * -(-columns // TILE_COLUMNS)
            size = tiles * tile_bytes(tensor.type)
            places[name] = end, size
            end = -(-(end + size) // ALIGNMENT) * ALIGNMENT
    return places, end


def _check(tensor: Tensor) -> None:
    if len(tensor.shape) != 2:
        raise GgufError(f"{tensor.name} is no matrix: it has the shape {tensor.shape}.")
    rows, columns = tensor.shape
    if tensor.type not in TILED or rows % LANES or columns % BLOCKS[tensor.type][0]:
        raise GgufError(
            f"{tensor.name} is of type {tensor.type} and {rows} × {columns}; known are Q4_K, Q5_0,"
            " Q6_K and Q8_0 with rows in sixteens and columns in whole blocks."
        )


def _made(
    tensors: list[Tensor],
    places: dict[str, tuple[int, int]],
    size: int,
    library: ctypes.CDLL,
    threads: int,
) -> NDArray[np.uint8]:
    room = np.zeros(size + 64, np.uint8)
    skipped = -room.ctypes.data % 64  # tiles begin at multiples of 64 bytes
    whole = room[skipped : skipped + size]

    def make(tensor: Tensor) -> None:
        rows, columns = tensor.shape
        at, _ = places[tensor.name]
        library.kex_tile(
            tensor.type, tensor.data.ctypes.data, rows, columns, whole.ctypes.data + at
        )

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(make, tensors))
    return whole


def _store(made: NDArray[np.uint8], path: Path) -> None:
    """A killed process leaves no half file under the name."""
    new = path.with_suffix(f".{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("wb") as file:
            made.tofile(file)
            os.fsync(file.fileno())  # the file that they were made from may be removed
        os.replace(new, path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        log.warning("The rearranged weights cannot be stored: %s", error)

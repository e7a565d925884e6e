"""The matrices of a GGUF file as tiles for the kernels, rearranged once and mapped afterwards.

Rearranging takes seconds; the result is stored in the cache, as large as the file, under the file's
hash and the tiles' form. Where it cannot be stored it is made in memory, at every start.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.qwen.gguf import BLOCKS, Q4_K, Q5_0, Q6_K, Q8_0, Gguf, GgufError, Tensor

log = logging.getLogger(__name__)

TILED = (Q4_K, Q5_0, Q6_K, Q8_0)
TILE_COLUMNS = 256
FORM = 1  # of the tiles: a new number where kernels/tiles.h changes it
ALIGNMENT = 4096

Tiles = dict[str, NDArray[np.uint8]]


def tiles_of(gguf: Gguf, library: ctypes.CDLL, cache: Path | None, key: str, threads: int) -> Tiles:
    """Every matrix but the embeddings as tiles. `key` names the file's content.

    Raises GgufError where a matrix has a form that the kernels do not know.
    """
    tensors = [one for name, one in sorted(gguf.tensors.items()) if _is_matrix(name)]
    for tensor in tensors:
        _check(tensor)
    places: dict[str, tuple[int, int]] = {}
    end = 0
    for tensor in tensors:
        size = _tile_bytes(tensor, library)
        places[tensor.name] = end, size
        end = -(-(end + size) // ALIGNMENT) * ALIGNMENT
    path = cache / f"tiles-{_digest(key)}.bin" if cache is not None else None
    if path is not None and path.is_file() and path.stat().st_size == end:
        whole: NDArray[np.uint8] = np.memmap(path, np.uint8, "r")
        return {name: whole[at : at + size] for name, (at, size) in places.items()}
    made = _made(tensors, places, end, library, threads)
    if path is not None:
        _store(made, path)
    return {name: made[at : at + size] for name, (at, size) in places.items()}


def _is_matrix(name: str) -> bool:
    return name.endswith(".weight") and "norm" not in name and name != "token_embd.weight"


def _check(tensor: Tensor) -> None:
    if len(tensor.shape) != 2:
        raise GgufError(f"{tensor.name} is no matrix: it has the shape {tensor.shape}.")
    rows, columns = tensor.shape
    if tensor.type not in TILED or rows % 16 or columns % BLOCKS[tensor.type][0]:
        raise GgufError(
            f"{tensor.name} is of type {tensor.type} and {rows} × {columns}; known are Q4_K, Q5_0,"
            " Q6_K and Q8_0 with rows in sixteens and columns in whole blocks."
        )


def _tile_bytes(tensor: Tensor, library: ctypes.CDLL) -> int:
    rows, columns = tensor.shape
    return (rows // 16) * -(-columns // TILE_COLUMNS) * int(library.kex_tile_bytes(tensor.type))


def _digest(key: str) -> str:
    return hashlib.sha256(f"{FORM} {key}".encode()).hexdigest()[:16]


def _made(
    tensors: list[Tensor],
    places: dict[str, tuple[int, int]],
    size: int,
    library: ctypes.CDLL,
    threads: int,
) -> NDArray[np.uint8]:
    room = np.empty(size + 64, np.uint8)
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
        made.tofile(new)
        os.replace(new, path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        log.warning("The rearranged weights cannot be stored: %s", error)

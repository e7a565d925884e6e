"""Reads and writes the safetensors format: a JSON header, then the tensors' bytes.

Tensors are views of the mapped file. Trusts no header: whatever does not fit together to the last
byte is a WeightsError that names the file. Knows nothing of models or checkpoints.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from errors import WeightsError
from models.visualglm.checkpoint.layout import DTYPE_BYTES, Entry, Shape, entry_bytes
from wording import message

DTYPES: Mapping[str, torch.dtype] = {
    "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I8": torch.int8,
    "U8": torch.uint8, "I64": torch.int64, "I32": torch.int32, "BOOL": torch.bool,
}  # fmt: skip
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}

MAX_HEADER_BYTES = 100_000_000  # the format's own limit
_METADATA = "__metadata__"


@dataclass(frozen=True)
class TensorInfo:
    """One tensor of a file; `start` and `end` are offsets from the file's beginning."""

    dtype: str
    shape: Shape
    start: int
    end: int


def read_header(path: Path) -> dict[str, TensorInfo]:
    """The tensors that a file says it holds, in the order of their bytes.

    Reads the header alone. Raises WeightsError naming the file and what is wrong with it.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            length = _header_length(file.read(8), size)
            raw = file.read(length)
        entries = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique)
        return _tensors(entries, 8 + length, size)
    except OSError as error:
        raise WeightsError(
            message("errors.file_unreadable", path=path, reason=error.strerror)
        ) from error
    except (ValueError, RecursionError) as error:
        raise WeightsError(
            message("errors.checkpoint_damaged_safetensors", path=path, reason=str(error))
        ) from error


def _header_length(first: bytes, size: int) -> int:
    if len(first) < 8:
        raise ValueError(f"it has only {size} bytes")
    length: int = struct.unpack("<Q", first)[0]
    if length > MAX_HEADER_BYTES:
        raise ValueError(f"a header of {length:,} bytes is more than the format allows")
    if 8 + length > size:
        raise ValueError(f"its header should have {length:,} bytes, but the file has {size:,}")
    return length


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in its header")
    return found


def _tensors(entries: Any, data: int, size: int) -> dict[str, TensorInfo]:
    if not isinstance(entries, dict):
        raise ValueError("its header is no object")
    metadata = entries.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError(f"{_METADATA} in its header does not map texts to texts")
    tensors = {name: _tensor(name, entry, data) for name, entry in entries.items()}
    ordered = sorted(tensors.items(), key=lambda item: (item[1].start, item[1].end))
    end = data
    for name, info in ordered:
        if info.start != end:
            wrong = "overlap those before" if info.start < end else "leave a gap"
            raise ValueError(f"the bytes of {name[:200]!a} {wrong}")
        end = info.end
    if end != size:
        raise ValueError(f"its tensors end at byte {end:,}, but the file has {size:,}")
    return dict(ordered)


def _tensor(name: str, entry: Any, data: int) -> TensorInfo:
    """One entry of the header, checked by itself."""
    short = ascii(name[:200])
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{short} is not described by dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPE_BYTES:
        known = ", ".join(DTYPE_BYTES)
        raise ValueError(f"{short} has the type {str(dtype)[:20]!r}; known are {known}")
    # Torch multiplies the sides of empty tensors too, so no product may leave 64 bits.
    if not _counts(shape) or len(shape) > 16 or prod(max(side, 1) for side in shape) >= 1 << 60:
        raise ValueError(f"{short} has a shape that cannot be: {str(shape)[:100]}")
    if not _counts(offsets) or len(offsets) != 2:
        raise ValueError(f"{short} has data_offsets that cannot be: {str(offsets)[:100]}")
    needed = prod(shape) * DTYPE_BYTES[dtype]
    if offsets[1] - offsets[0] != needed:
        raise ValueError(
            f"{short} should have {needed:,} bytes, but has {offsets[1] - offsets[0]:,}"
        )
    return TensorInfo(dtype, tuple(shape), data + offsets[0], data + offsets[1])


def _counts(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int and item >= 0 for item in value)


class SafetensorsFile:
    """A file, mapped: `file[name]` is a view of its bytes, good for as long as one is in use.

    Writing into a view does not reach the file. Cutting the file short while it is mapped would
    kill the process, as with any mapped file.
    """

    def __init__(self, path: Path) -> None:
        self.tensors = read_header(path)
        try:
            with path.open("rb") as file:
                # Copy on write: torch refuses to look at read-only memory without a warning.
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        except OSError as error:
            raise WeightsError(
                message("errors.checkpoint_unmappable", path=path, reason=error.strerror)
            ) from error
        if any(info.end > len(self._map) for info in self.tensors.values()):
            raise WeightsError(message("errors.checkpoint_shorter", path=path))

    def __getitem__(self, name: str) -> Tensor:
        info = self.tensors[name]
        dtype, count = DTYPES[info.dtype], prod(info.shape)
        if not count:
            return torch.empty(info.shape, dtype=dtype)
        buffer: Any = self._map
        offset = info.start
        if offset % DTYPE_BYTES[info.dtype]:  # allowed by the format; torch needs it aligned
            buffer, offset = bytearray(self._map[info.start : info.end]), 0
        flat = torch.frombuffer(buffer, dtype=dtype, count=count, offset=offset)
        return flat.reshape(info.shape)


def write_safetensors(
    path: Path, entries: Mapping[str, Entry], tensors: Iterable[tuple[str, Tensor]]
) -> None:
    """Write a file whose header is known beforehand, one tensor at a time, in any order.

    `entries` says shape and type of each tensor. Raises ValueError if `tensors` brings anything
    else, and OSError; either leaves a useless file behind.
    """
    # Wide types first, as the published writer does: then every tensor is aligned.
    ordered = sorted(entries.items(), key=lambda item: -DTYPE_BYTES[item[1][1]])
    header: dict[str, Any] = {_METADATA: {"format": "pt"}}
    starts: dict[str, int] = {}
    end = 0
    for name, entry in ordered:
        starts[name], end = end, end + entry_bytes(entry)
        header[name] = {
            "dtype": entry[1],
            "shape": list(entry[0]),
            "data_offsets": [starts[name], end],
        }
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, tensor in tensors:
            if name not in starts:
                raise ValueError(f"{name} is not announced or comes twice")
            shape, dtype = tuple(tensor.shape), DTYPE_NAMES.get(tensor.dtype)
            if (shape, dtype) != entries[name]:
                raise ValueError(f"{name} is {dtype} {shape} in place of {entries[name]}")
            file.seek(8 + len(text) + starts.pop(name))
            _write_bytes(file, tensor)
            del tensor  # or it would stay while the next one is made
        if starts:
            raise ValueError(f"{len(starts)} announced tensors never came: {min(starts)}, …")
        file.truncate(8 + len(text) + end)  # where the last tensors are empty
        file.flush()
        os.fsync(file.fileno())


def _write_bytes(file: Any, tensor: Tensor) -> None:
    """Hand the tensor's own memory to the file, without a copy and without numpy."""
    plain = tensor.detach().to("cpu").contiguous()
    if plain.numel():
        size = plain.numel() * plain.element_size()
        file.write((ctypes.c_char * size).from_address(plain.data_ptr()))

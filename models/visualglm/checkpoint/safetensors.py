"""Files in the safetensors format, read by the published library and written tensor by tensor.

The library's own writer wants all tensors in memory at once. Knows nothing of models.
"""

from __future__ import annotations

import ctypes
import json
import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from errors import WeightsError
from models.visualglm.checkpoint.layout import DTYPE_BYTES, Entry, entry_bytes
from wording import message

DTYPES: Mapping[str, torch.dtype] = {
    "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I8": torch.int8,
    "U8": torch.uint8, "I64": torch.int64, "I32": torch.int32, "BOOL": torch.bool,
}  # fmt: skip
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}

_METADATA = "__metadata__"


class SafetensorsFile(Mapping[str, Tensor]):
    """A file, mapped: `file[name]` is a view of its bytes, good for as long as one is in use.

    Writing into a view does not reach the file. Raises WeightsError, at once, for a file that is
    damaged or holds types that no checkpoint of ours has. The names are in the order of the bytes.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = cast(Any, safe_open(path, framework="pt"))  # the library has no types
            names: list[str] = self._file.offset_keys()
            self.entries = {name: self._entry(name) for name in names}
        except (SafetensorError, ValueError) as error:
            raise WeightsError(
                message("errors.checkpoint_damaged_safetensors", path=path, reason=_reason(error))
            ) from error
        except OSError as error:
            raise WeightsError(
                message("errors.file_unreadable", path=path, reason=error.strerror or error)
            ) from error

    def _entry(self, name: str) -> Entry:
        stored = self._file.get_slice(name)
        dtype, shape = stored.get_dtype(), tuple(stored.get_shape())
        if dtype not in DTYPE_BYTES:
            known = ", ".join(DTYPE_BYTES)
            raise ValueError(f"{name[:200]!a} has the type {dtype!r}; known are {known}")
        # Torch multiplies the sides of empty tensors too, so no product may leave 64 bits.
        if len(shape) > 16 or prod(max(side, 1) for side in shape) >= 1 << 60:
            raise ValueError(f"{name[:200]!a} has a shape that cannot be: {str(shape)[:100]}")
        return shape, dtype

    def __getitem__(self, name: str) -> Tensor:
        if name not in self.entries:
            raise KeyError(name)
        tensor: Tensor = self._file.get_tensor(name)
        return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def _reason(error: Exception) -> str:
    """One line that can be printed: the library quotes what a hostile header says."""
    return ascii(str(error))[1:-1][:300]


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

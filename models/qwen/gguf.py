"""Reads a GGUF file: its metadata, and its tensors as bytes of the mapped file.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little endian).
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"GGUF"
MAGIC_OF_REST = b"KEXR"  # of a file without its matrices
# Numbers of the format: a value's type → how struct reads it.
_SCALARS = {
    0: "B", 1: "b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "?",
    10: "<Q", 11: "<q", 12: "<d",
}  # fmt: skip
_STRING, _ARRAY = 8, 9
F32, F16, Q5_0, Q8_0, Q4_K, Q6_K = 0, 1, 6, 8, 12, 14
# Tensor type → numbers in a block, and its bytes.
BLOCKS = {
    F32: (1, 4), F16: (1, 2), Q5_0: (32, 22), Q8_0: (32, 34), Q4_K: (256, 144), Q6_K: (256, 210),
}  # fmt: skip


MAX_DIMENSIONS = 4  # of a tensor, as the format has it


class GgufError(ValueError):
    """The file is no GGUF file that this engine reads; the message says why, in English."""


class DamagedGguf(GgufError):
    """The file contradicts the format: no engine should open it."""


@dataclass(frozen=True)
class Tensor:
    """`shape` with the outermost dimension first, as numpy has it. The whole file has the tensor's
    `size` bytes from byte `begin` on; `data` has them, or nothing where the tensor was left out.
    `size` is 0 where the type is not one of BLOCKS."""

    name: str
    type: int
    shape: tuple[int, ...]
    begin: int
    size: int
    data: NDArray[np.uint8]

    def floats(self) -> NDArray[np.float32]:
        """The numbers of an F32 or F16 tensor."""
        if self.type not in (F32, F16):
            raise GgufError(f"{self.name} is quantised (type {self.type}).")
        plain = self.data.view(np.float32 if self.type == F32 else np.float16)
        return plain.astype(np.float32).reshape(self.shape)


@dataclass(frozen=True)
class Gguf:
    """An open file; the tensors' bytes stay readable as long as one of them is referenced."""

    metadata: dict[str, Any]
    tensors: dict[str, Tensor]

    def number(self, key: str) -> float:
        """A number of the metadata; GgufError where there is none."""
        value = self.metadata.get(key)
        if not isinstance(value, int | float):
            raise GgufError(f"The file does not say {key}.")
        return value

    def tensor(self, name: str) -> Tensor:
        """A tensor; GgufError where there is none."""
        found = self.tensors.get(name)
        if found is None:
            raise GgufError(f"The file has no {name}.")
        return found


def is_matrix(name: str) -> bool:
    """Whether a tensor of a Qwen2 network becomes tiles (`models.qwen.weights`)."""
    return name.endswith(".weight") and "norm" not in name and name != "token_embd.weight"


def read_gguf(path: Path) -> Gguf:
    """A GGUF file, or one without its matrices (`models.qwen.original`).

    Raises GgufError for what is neither, OSError where it cannot be read.
    """
    with path.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:
            raise DamagedGguf("The file is empty.") from error
    reader = _Reader(mapped)
    try:
        return reader.read()
    except (struct.error, UnicodeDecodeError, KeyError, OverflowError, RecursionError) as error:
        # Not its repr, which has all the bytes that were no text.
        raise DamagedGguf(f"The file is damaged: {type(error).__name__}: {error}") from error


class _Reader:
    def __init__(self, mapped: mmap.mmap) -> None:
        self._mapped = mapped
        self._at = 0

    def read(self) -> Gguf:
        magic = self._bytes(4)
        if magic not in (MAGIC, MAGIC_OF_REST):
            raise DamagedGguf("The file does not begin with GGUF.")
        version = self._scalar("<I")
        if version not in (2, 3):
            raise GgufError(f"The file has version {version} of the format.")
        tensor_count, entry_count = self._scalar("<Q"), self._scalar("<Q")
        metadata = {self._string(): self._value(self._scalar("<I")) for _ in range(entry_count)}
        heads = [self._head() for _ in range(tensor_count)]
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment < 1:
            raise DamagedGguf(f"The file is damaged: an alignment of {alignment!r}.")
        start = -(-self._at // alignment) * alignment
        data = np.frombuffer(self._mapped, np.uint8)
        tensors = {}
        cut = 0  # bytes that are missing before the tensor
        for name, shape, type_, offset in sorted(heads, key=lambda head: head[3]):
            begin, size = start + offset, _size(name, shape, type_)
            here = begin - cut
            if magic == MAGIC_OF_REST and is_matrix(name):
                cut += size
                kept = data[:0]
            elif here + size > len(data):
                raise DamagedGguf(f"The file ends inside {name}.")
            else:
                kept = data[here : here + size]
            tensors[name] = Tensor(name, type_, shape, begin, size, kept)
        return Gguf(metadata, tensors)

    def _head(self) -> tuple[str, tuple[int, ...], int, int]:
        name = self._string()
        dimensions = self._scalar("<I")
        if not 1 <= dimensions <= MAX_DIMENSIONS:
            raise DamagedGguf(f"The file is damaged: {name[:80]!r} has {dimensions} dimensions.")
        sizes = [self._scalar("<Q") for _ in range(dimensions)]
        return name, tuple(reversed(sizes)), self._scalar("<I"), self._scalar("<Q")

    def _bytes(self, count: int) -> bytes:
        taken = self._mapped[self._at : self._at + count]
        if len(taken) != count:
            raise DamagedGguf("The file ends early.")
        self._at += count
        return taken

    def _scalar(self, form: str) -> Any:
        [value] = struct.unpack(form, self._bytes(struct.calcsize(form)))
        return value

    def _string(self) -> str:
        return self._bytes(self._scalar("<Q")).decode("utf-8")

    def _value(self, type_: int) -> Any:
        if type_ == _STRING:
            return self._string()
        if type_ == _ARRAY:
            inner, count = self._scalar("<I"), self._scalar("<Q")
            if inner == _STRING:
                return self._strings(count)
            if inner == _ARRAY:
                return [self._value(inner) for _ in range(count)]
            form = _SCALARS[inner].lstrip("<")
            data = self._bytes(count * struct.calcsize(f"<{form}"))
            return list(struct.unpack(f"<{count}{form}", data))
        return self._scalar(_SCALARS[type_])

    def _strings(self, count: int) -> list[str]:
        """As many `_string`, in one loop: a vocabulary and its merges are 300,000."""
        mapped, at, size = self._mapped, self._at, len(self._mapped)
        found = []
        for _ in range(count):
            begin = at + 8
            at = begin + int.from_bytes(mapped[begin - 8 : begin], "little")
            if at > size:
                raise DamagedGguf("The file ends early.")
            found.append(mapped[begin:at].decode("utf-8"))
        self._at = at
        return found


def _size(name: str, shape: tuple[int, ...], type_: int) -> int:
    if type_ not in BLOCKS:
        return 0
    numbers, size = BLOCKS[type_]
    count = prod(shape)  # of Python's integers, which no file makes overflow
    if shape[-1] % numbers:
        raise GgufError(f"{name} has rows of {shape[-1]} numbers, not whole blocks of {numbers}.")
    return count // numbers * size

"""Our reader and writer of safetensors against the published ones, and against hostile files."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
import safetensors
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from errors import WeightsError
from models.visualglm.checkpoint.layout import DTYPE_BYTES
from models.visualglm.checkpoint.safetensors import (
    DTYPE_NAMES,
    DTYPES,
    SafetensorsFile,
    write_safetensors,
)
from tests.models.visualglm.synthetic import golden


def samples() -> dict[str, Tensor]:
    """Every type, odd sizes, no elements, no dimensions, not contiguous, a name in Chinese."""
    made = {
        f"{name}.{shape}": (torch.randn(shape) * 50).to(dtype)
        for name, dtype in DTYPES.items()
        for shape in ((3, 5), (7,), (), (2, 0, 3), (1, 1, 1, 1))
    }
    made["名字"] = torch.arange(12, dtype=torch.float32).reshape(3, 4).t()
    return made


def entries(content: dict[str, Tensor]) -> dict[str, tuple[tuple[int, ...], str]]:
    return {name: (tuple(t.shape), DTYPE_NAMES[t.dtype]) for name, t in content.items()}


def same(found: Tensor, wanted: Tensor) -> bool:
    return found.dtype == wanted.dtype and torch.equal(found, wanted)


def test_what_we_write_the_published_library_reads(tmp_path: Path) -> None:
    content, path = samples(), tmp_path / "a.safetensors"
    write_safetensors(path, entries(content), reversed(content.items()))
    found = load_file(path)
    assert set(found) == set(content)
    assert all(same(found[name], content[name]) for name in content)
    with safetensors.safe_open(path, "pt") as opened:
        assert opened.metadata() == {"format": "pt"}


def test_what_the_published_library_writes_we_read(tmp_path: Path) -> None:
    content, path = {n: t.contiguous() for n, t in samples().items()}, tmp_path / "a.safetensors"
    save_file(content, path, metadata={"format": "pt"})
    file = SafetensorsFile(path)
    assert set(file) == set(content)
    assert all(same(file[name], content[name]) for name in content)


def test_tensors_are_views_that_outlive_the_file_and_never_change_it(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"a": torch.arange(1000), "b": torch.arange(5.0)}, path)
    before = path.read_bytes()
    file = SafetensorsFile(path)
    first, again = file["a"], file["a"]
    assert first.data_ptr() == again.data_ptr()
    del file
    path.unlink()
    assert torch.equal(first, torch.arange(1000))
    first += 1
    assert again[0] == 1
    path.write_bytes(before)
    assert same(SafetensorsFile(path)["a"], torch.arange(1000))


def test_tensors_that_are_not_aligned_are_read_too(tmp_path: Path) -> None:
    data = b"\x07" + struct.pack("<2f", 1.5, -2.5)
    path = raw_file(tmp_path, {"a": entry("U8", [1], 0, 1), "b": entry("F32", [2], 1, 9)}, data)
    file = SafetensorsFile(path)
    assert file["b"].tolist() == [1.5, -2.5]
    assert torch.equal(load_file(path)["b"], file["b"])


def test_our_files_align_every_tensor(tmp_path: Path) -> None:
    content, path = samples(), tmp_path / "a.safetensors"
    write_safetensors(path, entries(content), content.items())
    raw = path.read_bytes()
    header = json.loads(raw[8 : 8 + struct.unpack("<Q", raw[:8])[0]])
    tensors = [one for name, one in header.items() if name != "__metadata__"]
    assert all(one["data_offsets"][0] % DTYPE_BYTES[one["dtype"]] == 0 for one in tensors)


@pytest.mark.parametrize(
    ("brought", "complaint"),
    [
        ({"a": torch.zeros(2)}, "1 announced tensors never came: b"),
        ({"a": torch.zeros(2), "b": torch.zeros(3), "c": torch.zeros(1)}, "c is not announced"),
        ({"a": torch.zeros(3)}, r"a is F32 \(3,\)"),
        ({"a": torch.zeros(2, dtype=torch.float16)}, r"a is F16 \(2,\)"),
        ({"a": torch.zeros(2, dtype=torch.complex64)}, "a is None"),
    ],
)
def test_what_was_not_announced_is_not_written(
    tmp_path: Path, brought: dict[str, Tensor], complaint: str
) -> None:
    announced = {"a": ((2,), "F32"), "b": ((3,), "F32")}
    with pytest.raises(ValueError, match=complaint):
        write_safetensors(tmp_path / "a.safetensors", announced, brought.items())


def entry(dtype: Any, shape: Any, start: Any, end: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def raw_file(folder: Path, header: Any, data: bytes = b"", length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path = folder / "hostile.safetensors"
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


GOOD = entry("F32", [2], 0, 8)
HOSTILE: list[tuple[Any, bytes]] = [
    (b"[]", b""),
    (b"{", b""),
    (b"\xff\xfe", b""),
    (b"[" * 200_000, b""),
    (b'{"a":{"dtype":"U8","shape":[' + b"9" * 5000 + b'],"data_offsets":[0,1]}}', b"1"),
    ({"__metadata__": {"format": 1}}, b""),
    ({"__metadata__": []}, b""),
    ({"a": 1}, b""),
    ({"a": {"dtype": "F32", "shape": [2]}}, b""),
    ({"a": entry("F8_E4M3", [8], 0, 8)}, b"8" * 8),
    ({"a": entry(["F32"], [2], 0, 8)}, b"8" * 8),
    ({"a": entry("F32", 2, 0, 8)}, b"8" * 8),
    ({"a": entry("F32", [-2], 0, 8)}, b"8" * 8),
    ({"a": entry("F32", [2.0], 0, 8)}, b"8" * 8),
    ({"a": entry("U8", [True], 0, 1)}, b"8"),
    ({"a": entry("U8", [0, 1 << 40, 1 << 40], 0, 0)}, b""),
    ({"a": entry("U8", [1] * 1000, 0, 1)}, b"8"),
    ({"a": {**GOOD, "data_offsets": [0]}}, b"8" * 8),
    ({"a": entry("F32", [2], -4, 4)}, b"8" * 8),
    ({"a": entry("F32", [2], 8, 0)}, b"8" * 8),
    ({"a": entry("F32", [3], 0, 8)}, b"8" * 8),
    ({"a": GOOD, "b": entry("F32", [2], 4, 12)}, b"8" * 12),
    ({"a": GOOD, "b": entry("F32", [2], 0, 8)}, b"8" * 8),
    ({"a": GOOD, "b": entry("F32", [2], 12, 20)}, b"8" * 20),
    ({"a": entry("F32", [2], 4, 12)}, b"8" * 12),
    ({"a": GOOD}, b"8" * 7),
    ({"a": GOOD}, b"8" * 9),
    ({"\ud800" * 5: entry("F32", [2], 4, 12)}, b"8" * 12),
]


@pytest.mark.parametrize(("header", "data"), HOSTILE)
def test_hostile_headers_are_refused(tmp_path: Path, header: Any, data: bytes) -> None:
    path = raw_file(tmp_path, header, data)
    with pytest.raises(WeightsError, match="damaged or not a safetensors") as caught:
        SafetensorsFile(path)
    assert caught.value.message.startswith(str(path))
    assert len(caught.value.message) < 600
    caught.value.message.encode()  # it can be printed


@pytest.mark.parametrize("length", [1 << 63, 100_000_001, 999])
def test_headers_longer_than_the_file_are_refused(tmp_path: Path, length: int) -> None:
    with pytest.raises(WeightsError, match="damaged or not a safetensors"):
        SafetensorsFile(raw_file(tmp_path, {}, length=length))


def test_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    with pytest.raises(WeightsError, match="cannot be read: No such file"):
        SafetensorsFile(path)
    path.write_bytes(b"PK")
    with pytest.raises(WeightsError, match="damaged or not a safetensors"):
        SafetensorsFile(path)


def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file({"a": torch.arange(9), "b": torch.ones(3)}, path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(WeightsError, match="damaged or not a safetensors"):
            SafetensorsFile(path)


def test_the_published_checkpoints_are_read_alike() -> None:
    for path in golden().glob("*/*.safetensors"):
        file, wanted = SafetensorsFile(path), load_file(path)
        assert set(file) == set(wanted)
        assert all(same(file[name], wanted[name]) for name in wanted)

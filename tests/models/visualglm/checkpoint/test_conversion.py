"""Writing a checkpoint anew: values, files, atomicity, memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from errors import InputError, WeightsError
from models.visualglm.checkpoint.conversion import TOKENIZER_FILE, convert
from models.visualglm.checkpoint.layout import INV_FREQ, SCALE, is_quantised, tensor_shapes
from models.visualglm.checkpoint.reader import CheckpointReader, check_entries
from models.visualglm.config import VisualGLMConfig, read_config
from models.visualglm.network.quantisation import quantise_weight
from tests import ROOT
from tests.models.visualglm.synthetic import CONFIG, RAW, golden, tensors, write

DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = write(tmp_path / "source", tensors(), "bin")
    (folder / TOKENIZER_FILE).write_bytes(b"a vocabulary")
    return folder


def contents(folder: Path) -> dict[str, Tensor]:
    """Every tensor, read by the published library."""
    return {
        n: t for path in sorted(folder.glob("*.safetensors")) for n, t in load_file(path).items()
    }


@pytest.mark.parametrize("dtype", ["fp16", "bf16", "fp32"])
def test_tensors_files_and_configuration(tmp_path: Path, source: Path, dtype: str) -> None:
    target, told = tmp_path / "new" / "target", list[tuple[int, int]]()
    made = convert(
        source,
        target,
        dtype=dtype,
        shard_bytes=30_000,
        on_progress=lambda done, total: told.append((done, total)),
    )
    found = contents(target)
    assert set(found) == set(tensors())
    for name, tensor in tensors().items():
        kept = name.endswith(INV_FREQ)
        assert torch.equal(found[name], tensor if kept else tensor.to(DTYPES[dtype])), name
    assert len(made.shards) > 2 and made.warnings == ()
    assert made.size == sum(t.numel() * t.element_size() for t in found.values())
    assert told[-1][0] == told[-1][1] and told == sorted(told)
    assert sorted(path.name for path in target.iterdir()) == sorted(
        [*made.shards, "config.json", "model.safetensors.index.json", TOKENIZER_FILE]
    )
    index = json.loads((target / "model.safetensors.index.json").read_text("utf-8"))
    assert index["metadata"] == {"total_size": made.size}
    assert all(name in load_file(target / shard) for name, shard in index["weight_map"].items())
    raw = json.loads((target / "config.json").read_text("utf-8"))
    assert raw == {**RAW, "torch_dtype": str(DTYPES[dtype]).removeprefix("torch.")}
    assert (target / TOKENIZER_FILE).read_bytes() == b"a vocabulary"
    check_entries(CheckpointReader(target), CONFIG)
    assert os.listdir(target.parent) == ["target"]


@pytest.mark.parametrize("bits", [8, 4])
def test_quantised(tmp_path: Path, source: Path, bits: int) -> None:
    target = tmp_path / "target"
    convert(source, target, bits=bits)
    config = read_config(target)
    assert config.quantization_bits == bits
    check_entries(CheckpointReader(target), config)
    found = contents(target)
    for name, tensor in tensors().items():
        if is_quantised(name):
            weight, scale = quantise_weight(tensor, bits)
            assert torch.equal(found[name], weight)
            assert torch.equal(found[name.removesuffix(".weight") + SCALE], scale)
        else:
            assert torch.equal(found[name], tensor)


def test_a_quantised_source_stays_as_it_is(tmp_path: Path, source: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    convert(source, first, bits=4)
    convert(first, second, dtype="fp16", bits=4)
    assert read_config(second).quantization_bits == 4
    one, other = contents(first), contents(second)
    assert set(one) == set(other) and all(torch.equal(one[name], other[name]) for name in one)
    with pytest.raises(InputError, match="already quantised to 4 bits"):
        convert(first, tmp_path / "third", bits=8)


def test_shards_keep_to_their_size(tmp_path: Path, source: Path) -> None:
    made = convert(source, tmp_path / "target", shard_bytes=30_000)
    sizes = [sum(t.numel() * 2 for t in load_file(tmp_path / "target" / s).values())
             for s in made.shards]  # fmt: skip
    assert max(sizes) <= 30_000 and len(sizes) > 3
    tight = convert(source, tmp_path / "tight", shard_bytes=1)
    assert len(tight.shards) == len(tensors())  # one tensor each
    assert set(contents(tmp_path / "tight")) == set(tensors())


def test_a_source_without_vocabulary_is_told(tmp_path: Path, source: Path) -> None:
    (source / TOKENIZER_FILE).unlink()
    made = convert(source, tmp_path / "target")
    assert made.warnings == (f"{source} has no {TOKENIZER_FILE}: put it into the new folder too.",)


@pytest.mark.parametrize("kind", ["folder", "file", "dangling link"])
def test_an_existing_target_is_left_alone(tmp_path: Path, source: Path, kind: str) -> None:
    target = tmp_path / "target"
    if kind == "folder":
        target.mkdir()
    elif kind == "file":
        target.write_text("mine")
    else:
        target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="already exists"):
        convert(source, target)


def test_a_failure_leaves_nothing_behind(tmp_path: Path, source: Path) -> None:
    target = tmp_path / "target"

    def interrupt(done: int, total: int) -> None:
        assert (tmp_path / "target.part").is_dir() and not target.exists()
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(source, target, on_progress=interrupt)
    assert os.listdir(tmp_path) == ["source"]


def test_what_a_killed_conversion_left_is_named(tmp_path: Path, source: Path) -> None:
    (tmp_path / "target.part").mkdir()
    with pytest.raises(
        InputError, match=r"target\.part already exists: another conversion is running"
    ):
        convert(source, tmp_path / "target")
    assert (tmp_path / "target.part").is_dir()


def test_a_source_that_does_not_fit_together_is_refused_first(tmp_path: Path) -> None:
    content = tensors()
    del content["image_encoder.glm_proj.bias"]
    source = write(tmp_path / "source", content)
    with pytest.raises(WeightsError, match=r"1 missing: image_encoder\.glm_proj\.bias"):
        convert(source, tmp_path / "target")
    assert os.listdir(tmp_path) == ["source"]


def test_numbers_that_fp16_cannot_hold_are_told(tmp_path: Path) -> None:
    content = tensors(dtype=torch.float32)
    content["image_encoder.glm_proj.bias"][3] = 1e6
    source = write(tmp_path / "source", content)
    with pytest.raises(WeightsError, match=r"glm_proj\.bias has numbers outside .* --dtype bf16"):
        convert(source, tmp_path / "target")
    convert(source, tmp_path / "target", dtype="bf16")


def test_a_full_disk_is_told_before(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(WeightsError, match=r"Not enough disk space: [\d,]+ bytes are needed"):
        convert(source, tmp_path / "target")
    assert os.listdir(tmp_path) == ["source"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, source: Path) -> None:
    with pytest.raises(WeightsError, match="target cannot be written: File exists"):
        convert(source, source / TOKENIZER_FILE / "target")


def test_the_golden_checkpoint_at_four_bits(tmp_path: Path) -> None:
    """The official quantisation of the same half-precision checkpoint."""
    numpy = pytest.importorskip("numpy")
    convert(golden() / "ckpt_fp16_bin", tmp_path / "target", bits=4)
    found = contents(tmp_path / "target")
    with numpy.load(golden() / "quant.npz") as official:
        stem = "int4.layers.0."
        names = [key for key in official.files if key.startswith(stem) and "dequant" not in key]
        assert len(names) == 8
        for key in names:
            ours = found[f"transformer.layers.0.{key.removeprefix(stem)}"]
            assert torch.equal(ours, torch.from_numpy(official[key])), key


MEASURE = """
import re, sys
from pathlib import Path
from models.visualglm.checkpoint.conversion import convert
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
before = peak()
convert(Path(sys.argv[1]), Path(sys.argv[2]), dtype="fp32", shard_bytes=50_000_000)
print(peak() - before)
"""


def test_memory_stays_at_a_shard_and_a_tensor(tmp_path: Path) -> None:
    """240 MB become 480 MB; the process holds a mapped shard and a tensor."""
    raw: dict[str, Any] = {**RAW, "hidden_size": 1024, "num_layers": 9, "inner_hidden_size": 4096}
    config = VisualGLMConfig(
        **{k: raw[k] for k in ("hidden_size", "num_layers", "inner_hidden_size", "vocab_size")},
        num_attention_heads=4, image_length=4, vit=CONFIG.vit, qformer=CONFIG.qformer,
    )  # fmt: skip
    content = {
        name: torch.zeros(shape, dtype=torch.float16).fill_(0.5)
        for name, (shape, _) in tensor_shapes(config).items()
    }
    write(tmp_path / "source", content, shards=4, raw=raw)
    del content
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / "source"), str(tmp_path / "target")],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    extra = int(run.stdout)
    largest = max(path.stat().st_size for path in (tmp_path / "source").glob("*.safetensors"))
    print(f"{extra / 1e6:.0f} MB beyond the start, of shards up to {largest / 1e6:.0f} MB")
    # How many pages of a mapped file are resident is the kernel's choice: a shard in and a shard
    # out are 2, and the whole checkpoint would be 4 in and 8 out.
    assert extra < 3 * largest

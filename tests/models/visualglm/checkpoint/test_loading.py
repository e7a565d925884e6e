"""Bringing a checkpoint into an empty network: values, types, complaints, and memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from errors import WeightsError
from models.visualglm.checkpoint.layout import EMBEDDINGS, INV_FREQ, LM_HEAD, SCALE, is_quantised
from models.visualglm.checkpoint.loading import load_into
from models.visualglm.checkpoint.names import official_name
from models.visualglm.checkpoint.reader import CheckpointReader
from models.visualglm.network.model import VisualGLM, empty_model
from models.visualglm.network.quantisation import quantise_weight, use_quantised_layers
from tests import ROOT
from tests.models.visualglm.synthetic import CONFIG, tensors, write


def load(model: nn.Module, folder: Path, dtype: torch.dtype = torch.float16, **more: Any) -> None:
    load_into(
        model,
        CheckpointReader(folder),
        names=official_name,
        dtype=dtype,
        device="cpu",
        **more,
    )


def quantised_model(bits: int) -> VisualGLM:
    model = empty_model(CONFIG)
    with torch.device("meta"):
        use_quantised_layers(model, bits)
    return model


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("form", ["safetensors", "bin"])
def test_every_place_is_filled_in_the_type_asked_for(
    tmp_path: Path, form: str, dtype: torch.dtype
) -> None:
    wanted, model = tensors(), empty_model(CONFIG)
    load(model, write(tmp_path, wanted, form), dtype)
    state = model.state_dict(keep_vars=True)
    assert len(state) == len(wanted) - 1 - CONFIG.num_layers  # without lm_head and inv_freq
    for name, value in state.items():
        assert isinstance(value, nn.Parameter) and not value.requires_grad
        assert value.dtype == dtype
        assert torch.equal(value, wanted[official_name(name)].to(dtype))


@pytest.mark.parametrize("form", ["safetensors", "bin"])
def test_nothing_stays_tied_to_the_files(tmp_path: Path, form: str) -> None:
    """A tensor of the stored type is copied, else its shard would stay mapped."""
    model = empty_model(CONFIG)
    load(model, write(tmp_path, tensors(), form))
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    assert str(tmp_path) not in maps


def test_progress_goes_up_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    folder = write(tmp_path, tensors())
    load(empty_model(CONFIG), folder, on_progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert len({total for _, total in told}) == 1
    assert told[-1][0] == told[-1][1] == sum(t.numel() * 2 for t in tensors().values())


@pytest.mark.parametrize("bits", [8, 4])
def test_quantised_on_the_way_or_stored_so_is_the_same(tmp_path: Path, bits: int) -> None:
    def quantise(name: str, tensor: Tensor) -> Iterator[tuple[str, Tensor]]:
        if not is_quantised(name):
            yield name, tensor
            return
        weight, scale = quantise_weight(tensor, bits)
        yield name, weight
        yield name.removesuffix(".weight") + SCALE, scale

    content = tensors()
    stored = dict(pair for item in content.items() for pair in quantise(*item))
    first, second = quantised_model(bits), quantised_model(bits)
    load(first, write(tmp_path / "a", content), torch.bfloat16, transform=quantise)
    load(second, write(tmp_path / "b", stored), torch.bfloat16)
    linear = first.transformer.layers[0].get_submodule("mlp.dense_4h_to_h")
    assert isinstance(linear.weight, Tensor) and linear.weight.dtype == torch.int8
    assert isinstance(linear.weight_scale, Tensor) and linear.weight_scale.dtype == torch.float16
    assert isinstance(linear.bias, Tensor) and linear.bias.dtype == torch.bfloat16
    for (name, one), other in zip(
        first.state_dict().items(), second.state_dict().values(), strict=True
    ):
        assert one.dtype == other.dtype and torch.equal(one, other), name


def complaint(model: nn.Module, folder: Path, **more: Any) -> str:
    with pytest.raises(WeightsError) as caught:
        load(model, folder, **more)
    assert caught.value.field == "KEX_GLM_PATH"
    return caught.value.message


def test_everything_wrong_is_told_at_once_before_anything_moves(tmp_path: Path) -> None:
    content = tensors()
    del content["image_encoder.glm_proj.bias"]
    del content["transformer.final_layernorm.weight"]
    content["transformer.more"] = torch.zeros(1)
    content[LM_HEAD] = content[LM_HEAD][:3].contiguous()
    content["image_encoder.vit.transformer.word_embeddings.weight"] = torch.zeros(24)
    model, told = empty_model(CONFIG), list[int]()
    message = complaint(
        model, write(tmp_path, content), on_progress=lambda done, total: told.append(done)
    )
    for part in (
        str(tmp_path),
        "2 missing: transformer.final_layernorm.weight, image_encoder.glm_proj.bias",
        "1 unexpected: transformer.more",
        "2 of another shape or type: ",
        f"{LM_HEAD} (F16 [3, 32] in place of F32 [160, 32])",
        "word_embeddings.weight (F32 [24] in place of F32 [1, 24])",
    ):
        assert part in message
    assert told == [] and all(value.is_meta for value in model.state_dict().values())


def test_a_long_list_is_shortened(tmp_path: Path) -> None:
    content = {name: t for name, t in tensors().items() if "vit.transformer.layers" not in name}
    message = complaint(empty_model(CONFIG), write(tmp_path, content))
    assert "24 missing: " in message and " and 14 more" in message
    assert len(message) < 1500


def test_lm_head_and_rotary_buffers_may_be_absent(tmp_path: Path) -> None:
    content = {n: t for n, t in tensors().items() if n != LM_HEAD and not n.endswith(INV_FREQ)}
    load(empty_model(CONFIG), write(tmp_path, content))


def test_a_quantised_checkpoint_in_a_full_network_is_told(tmp_path: Path) -> None:
    content = tensors()
    name = "transformer.layers.0.attention.dense.weight"
    content[name], content[name.removesuffix(".weight") + SCALE] = quantise_weight(content[name], 8)
    message = complaint(empty_model(CONFIG), write(tmp_path, content))
    assert f"1 unexpected: transformer.layers.0.attention.dense{SCALE}" in message
    assert f"{name} (I8 [32, 32] in place of F32 [32, 32])" in message


def test_a_transform_that_forgets_a_tensor_is_told(tmp_path: Path) -> None:
    def forgetful(name: str, tensor: Tensor) -> Iterator[tuple[str, Tensor]]:
        if is_quantised(name):
            yield name, quantise_weight(tensor, 8)[0]
        elif name != EMBEDDINGS:
            yield name, tensor

    message = complaint(quantised_model(8), write(tmp_path, tensors()), transform=forgetful)
    assert "8 missing: transformer.layers.0.attention.query_key_value.weight_scale" in message


def test_shapes_are_checked_before_a_transform_sees_them(tmp_path: Path) -> None:
    content = tensors()
    name = "transformer.layers.1.mlp.dense_4h_to_h.weight"
    content[name] = torch.zeros(1).expand(1 << 20, 1 << 20)  # 4 bytes that claim to be 4 TB
    folder = write(tmp_path, content, "bin", 1)
    message = complaint(quantised_model(8), folder, transform=lambda n, t: [(n, t)])
    assert f"{name} (F32 [1048576, 1048576] in place of I8 [32, 64])" in message


def test_two_places_of_one_name_are_a_mistake_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="are both"):
        load_into(
            empty_model(CONFIG),
            CheckpointReader(write(tmp_path, tensors())),
            names=lambda name: "a",
            dtype=torch.float16,
            device="cpu",
        )


# Loads into float16 what is stored as float32, and says how far the process's peak went beyond
# what it was before, in bytes, less the network itself. VmHWM and not getrusage's ru_maxrss: that
# begins with the peak of the process that started this one.
MEASURE = """
import re, sys, torch
from pathlib import Path
from torch import nn
from models.visualglm.checkpoint.reader import CheckpointReader
from models.visualglm.checkpoint.loading import load_into
folder, dtype = Path(sys.argv[1]), getattr(torch, sys.argv[2])
with torch.device("meta"):
    model = nn.ModuleDict({f"part{n}": nn.Linear(1000, 1000) for n in range(60)})
warm = torch.zeros(1000, 1000).to(dtype).clone()
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
before = peak()
load_into(model, CheckpointReader(folder), names=lambda n: n, dtype=dtype, device="cpu")
own = sum(p.numel() * p.element_size() for p in model.parameters())
print(peak() - before - own)
"""
SHARD = 60_060_000


def measured(folder: Path, dtype: str) -> int:
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(folder), dtype],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return int(run.stdout)


@pytest.mark.parametrize("form", ["safetensors", "bin"])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_the_peak_of_memory_is_below_two_shards(tmp_path: Path, form: str, dtype: str) -> None:
    """4 shards of 60 MB, of which the network keeps 120 or 240 MB."""
    content = {f"part{n}.weight": torch.randn(1000, 1000) for n in range(60)}
    content |= {f"part{n}.bias": torch.randn(1000) for n in range(60)}
    write(tmp_path, content, form, shards=4)
    del content
    extra = measured(tmp_path, dtype)
    print(f"{form} as {dtype}: {extra / 1e6:.0f} MB beyond the network")
    assert extra < 2 * SHARD


def test_a_whole_shard_of_one_tensor_is_no_exception(tmp_path: Path) -> None:
    save_file({"a.weight": torch.randn(100, 100), "a.bias": torch.zeros(100)}, tmp_path / "x")
    (tmp_path / "x").rename(tmp_path / "model.safetensors")
    with torch.device("meta"):
        model = nn.ModuleDict({"a": nn.Linear(100, 100)})
    load_into(
        model,
        CheckpointReader(tmp_path),
        names={"a.weight": "a.weight", "a.bias": "a.bias"},
        dtype=torch.float32,
        device="cpu",
    )
    assert not any(value.is_meta for value in model.parameters())

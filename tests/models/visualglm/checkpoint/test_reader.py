"""Reading checkpoint folders of both formats: whole, torn, mixed up and hostile."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from errors import WeightsError
from models.visualglm.checkpoint.layout import EMBEDDINGS, INV_FREQ, LM_HEAD, tensor_shapes
from models.visualglm.checkpoint.reader import CheckpointReader, check_entries, entry_of
from models.visualglm.config import parse_config
from tests.models.visualglm.synthetic import CONFIG, RAW, golden, tensors, write

FORMS = ["safetensors", "bin"]


def contents(reader: CheckpointReader) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in reader}


def same(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> bool:
    return set(found) == set(wanted) and all(
        found[n].dtype == wanted[n].dtype and torch.equal(found[n], wanted[n]) for n in wanted
    )


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("form", FORMS)
def test_every_tensor_comes_as_stored(tmp_path: Path, form: str, shards: int) -> None:
    wanted = tensors()
    reader = CheckpointReader(write(tmp_path, wanted, form, shards))
    assert len(reader.shards) == shards
    assert same(contents(reader), wanted)
    assert list(reader.entries()) == [name for name, _ in reader]
    assert reader.entries() == {name: entry_of(tensor) for name, tensor in wanted.items()}
    check_entries(reader, CONFIG)


def test_files_from_before_torch_1_6_are_read(tmp_path: Path) -> None:
    wanted = tensors()
    write(tmp_path, wanted, "bin", _use_new_zipfile_serialization=False)
    assert same(contents(CheckpointReader(tmp_path)), wanted)


def test_safetensors_are_preferred(tmp_path: Path) -> None:
    write(tmp_path, tensors(1), "bin")
    write(tmp_path, tensors(2), "safetensors")
    assert same(contents(CheckpointReader(tmp_path)), tensors(2))


def test_the_golden_checkpoints_are_alike_in_both_formats() -> None:
    first = contents(CheckpointReader(golden() / "ckpt_fp32_bin"))
    assert same(contents(CheckpointReader(golden() / "ckpt_fp32_safetensors")), first)
    half = contents(CheckpointReader(golden() / "ckpt_fp16_bin"))
    assert same(half, {name: tensor.half() for name, tensor in first.items()})


def refused(folder: Path, complaint: str) -> str:
    with pytest.raises(WeightsError, match=complaint) as caught:
        contents(CheckpointReader(folder))
    assert caught.value.field == "KEX_GLM_PATH" or ".safetensors" in caught.value.message
    return caught.value.message


def test_a_folder_without_a_checkpoint(tmp_path: Path) -> None:
    assert "models get Local-GLM" in refused(tmp_path / "none", "contains no checkpoint")


@pytest.mark.parametrize("form", FORMS)
def test_all_missing_shards_are_named(tmp_path: Path, form: str) -> None:
    write(tmp_path, tensors(), form)
    first, _, last = sorted(tmp_path.glob(f"*-of-*.{form}"))
    first.unlink()
    last.unlink()
    assert f"{first.name}, {last.name}" in refused(tmp_path, "lacks")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("keep", [0, 3, 100, 5000, -1])
def test_a_truncated_shard_is_named(tmp_path: Path, form: str, keep: int) -> None:
    write(tmp_path, tensors(), form)
    shard = sorted(tmp_path.glob(f"*-of-*.{form}"))[1]
    shard.write_bytes(shard.read_bytes()[:keep])
    assert str(shard) in refused(tmp_path, "damaged")


@pytest.mark.parametrize("saving", [True, False], ids=["zip", "legacy"])
def test_a_truncated_bin_of_any_length_is_refused(tmp_path: Path, saving: bool) -> None:
    content = {"a": torch.arange(50.0)}
    write(tmp_path, content, "bin", 1, _use_new_zipfile_serialization=saving)
    path = tmp_path / "pytorch_model.bin"
    whole = path.read_bytes()
    for length in range(0, len(whole), 17):
        path.write_bytes(whole[:length])
        refused(tmp_path, "damaged")


@pytest.mark.parametrize("form", FORMS)
def test_garbage_is_named(tmp_path: Path, form: str) -> None:
    name = write(tmp_path, tensors(), form, 1) / CheckpointReader(tmp_path).shards[0]
    for start in (b"", b"PK\x03\x04", b"\x80\x02", b"\x80\x02}q\x00."):
        name.write_bytes(start + os.urandom(4000))
        assert str(name) in refused(tmp_path, "damaged")


class Exploit:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.mkdir, (os.environ["EXPLOITED"],)


@pytest.mark.parametrize("form", ["zip", "legacy", "pickle"])
def test_code_in_a_shard_is_refused_and_never_runs(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPLOITED", str(tmp_path / "exploited"))
    path = tmp_path / "pytorch_model.bin"
    content = {"a": torch.zeros(3), "b": Exploit()}
    if form == "pickle":
        path.write_bytes(pickle.dumps({"b": Exploit()}, protocol=2))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form == "zip")
    message = refused(tmp_path, "is rejected, and nothing in it was run")
    assert str(path) in message and "mkdir" in message
    assert not (tmp_path / "exploited").exists()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ([torch.zeros(2)], "contains no dictionary"),
        ({}, "contains no dictionary"),
        ({"state_dict": {"a": torch.zeros(2)}}, "'state_dict' is a dict"),
        ({1: torch.zeros(2)}, "'1' is a Tensor"),
        ({"a": torch.zeros(2, dtype=torch.complex64)}, "complex64"),
        ({"a": torch.zeros(2, 2).to_sparse()}, "sparse"),
    ],
)
def test_a_bin_of_something_else_is_refused(tmp_path: Path, content: Any, complaint: str) -> None:
    torch.save(content, tmp_path / "pytorch_model.bin")
    refused(tmp_path, complaint)


@pytest.mark.parametrize(
    ("index", "complaint"),
    [
        ("{", "is not JSON"),
        ("[]", "has no weight_map"),
        ('{"weight_map": {}}', "has no weight_map"),
        (
            '{"weight_map": {"a": "../../etc/passwd.safetensors"}}',
            "not a .safetensors file beside it",
        ),
        ('{"weight_map": {"a": "/etc/x.safetensors"}}', "not a .safetensors file beside it"),
        ('{"weight_map": {"a": ".safetensors"}}', "not a .safetensors file beside it"),
        ('{"weight_map": {"a": "model.bin"}}', "not a .safetensors file beside it"),
        ('{"weight_map": {"a": 1}}', "not a .safetensors file beside it"),
    ],
)
def test_a_broken_index_is_named(tmp_path: Path, index: str, complaint: str) -> None:
    path = tmp_path / "model.safetensors.index.json"
    path.write_text(index)
    assert str(path) in refused(tmp_path, complaint)


@pytest.mark.parametrize("form", FORMS)
def test_a_shard_that_is_not_the_indexs_is_named(tmp_path: Path, form: str) -> None:
    write(tmp_path, tensors(), form)
    first, second, _ = sorted(tmp_path.glob(f"*-of-*.{form}"))
    second.write_bytes(first.read_bytes())
    assert str(second) in refused(tmp_path, r"lacks .* and \d+ more, which the index lists there")


def test_of_two_copies_the_one_in_the_index_counts(tmp_path: Path) -> None:
    write(tmp_path, tensors(), "bin", 2)
    first, second = sorted(tmp_path.glob("*.bin"))
    extra = torch.load(first, weights_only=True)
    name = next(iter(torch.load(second, weights_only=True)))
    torch.save({**extra, name: torch.zeros(1), "more": torch.ones(1)}, first)
    found = contents(CheckpointReader(tmp_path))
    assert torch.equal(found[name], tensors()[name])
    assert "more" in found  # what the index does not know comes along, as officially


def test_what_the_configuration_promises_is_checked(tmp_path: Path) -> None:
    content = tensors()
    del content[LM_HEAD]
    content = {n: t for n, t in content.items() if not n.endswith(INV_FREQ)}
    check_entries(CheckpointReader(write(tmp_path / "a", content, shards=1)), CONFIG)
    content[EMBEDDINGS] = content[EMBEDDINGS][:-1].contiguous()
    content["transformer.final_layernorm.bias"] = torch.zeros(32, dtype=torch.int64)
    del content["image_encoder.glm_proj.bias"]
    content["more"] = torch.zeros(1)
    reader = CheckpointReader(write(tmp_path / "b", content, shards=1))
    with pytest.raises(WeightsError) as caught:
        check_entries(reader, CONFIG)
    for part in (
        "1 missing: image_encoder.glm_proj.bias",
        "1 unexpected: more",
        f"2 of another shape or type: {EMBEDDINGS} (F16 [159, 32] in place of F16 [160, 32])",
        "(I64 [32] in place of F16 [32])",
    ):
        assert part in caught.value.message


def test_bits_in_the_configuration_are_checked_too(tmp_path: Path) -> None:
    raw = {**RAW, "quantization_bit": 4}
    reader = CheckpointReader(write(tmp_path, tensors(), raw=raw))
    with pytest.raises(WeightsError, match=r"8 missing: .*_scale.*8 of another shape or type"):
        check_entries(reader, parse_config(json.loads((tmp_path / "config.json").read_text())))
    assert len(tensor_shapes(CONFIG, 4)) == len(tensor_shapes(CONFIG)) + 8

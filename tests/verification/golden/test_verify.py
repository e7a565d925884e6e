"""The whole command's work: on the official vectors where they are, and on damaged ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from errors import InputError
from models.visualglm.checkpoint.reader import CheckpointReader
from models.visualglm.checkpoint.safetensors import write_safetensors
from tests.models.visualglm.synthetic import golden
from tests.verification.golden.selfmade import make
from verification.golden.report import Report
from verification.golden.verify import verify

Change = Callable[[Any], Any]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("golden") / "set")


@pytest.fixture(params=["selfmade", "official"])
def folder(request: pytest.FixtureRequest, own: Path, tmp_path: Path) -> Path:
    """A copy of a set that a test may damage."""
    source = own if request.param == "selfmade" else golden()
    shutil.copytree(source, tmp_path / "copy", copy_function=shutil.copyfile)
    for path in [tmp_path / "copy", *(tmp_path / "copy").rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    if request.param == "official" and version("pillow") < "13":
        _remove(tmp_path / "copy" / "image.npz", "image_rgba.pixel_values")
    return tmp_path / "copy"


def _remove(path: Path, name: str) -> None:
    """Of an .npz: what Pillow 12, of Python 3.10, resizes in another way (docs/visualglm.md)."""
    with np.load(path) as archive:
        np.savez(path, **{key: archive[key] for key in archive.files if key != name})


def failing(report: Report) -> list[str]:
    return [name for name, entry in report.entries.items() if entry.status == "FAILED"]


def edit(path: Path, name: str, change: Change, new: str = "") -> None:
    """Change one array of an .npz in place, or put the outcome beside it as `new`."""
    with np.load(path) as archive:
        arrays = {key: archive[key] for key in archive.files}
    changed = arrays[name].copy()
    found = change(changed)
    arrays[new or name] = changed if found is None else found
    np.savez(path, **arrays)


def nudge(array: Any) -> None:
    array.reshape(-1)[array.size // 2] += 1e-3


def count_up(array: Any) -> None:
    array.reshape(-1)[-1] += 1


def test_everything_agrees(folder: Path) -> None:
    report = verify(folder)
    assert failing(report) == []
    assert not any(entry.status == "not checked" for entry in report.entries.values())
    assert list(report.lines())[-1] == f"verified {report.verified} arrays, 0 failed"
    assert report.verified > 60


def test_the_official_set_is_whole() -> None:
    report = verify(golden())
    assert report.remarks == [] and report.verified > 3000
    listed = (golden() / "ARRAYS.txt").read_text(encoding="utf-8").splitlines()
    names = {" ".join(line.split("\t")[:2]) for line in listed}
    assert names <= set(report.entries)
    given = {name for name, entry in report.entries.items() if entry.status == "given"}
    fields = ("input_ids", "prompt_ids", "forced_tokens", "labels", "pre_image_length")
    inputs = (*fields, "eos_token_id", "positions", "scores", "history", "ties", "_in")
    assert all(name.endswith(inputs) for name in given)


@pytest.mark.parametrize(
    ("file", "array"),
    [
        ("lm.npz", "image.logits"),
        ("lm.npz", "image.hidden1"),
        ("lm.npz", "kv_text.step_logits"),
        ("vision.npz", "vit_layer1"),
        ("vision.npz", "image_embeds"),
        ("vision.npz", "qformer_out"),
    ],
)
def test_a_nudged_array_fails_alone(folder: Path, file: str, array: str) -> None:
    edit(folder / file, array, nudge)
    report = verify(folder)
    assert failing(report) == [f"{file} {array}"]
    entry = report.entries[f"{file} {array}"]
    assert entry.error == pytest.approx(1e-3, rel=0.1) and "1 differ" in entry.note
    assert list(report.lines())[-1].endswith(" 1 failed")


@pytest.mark.parametrize(
    ("file", "array"),
    [
        ("lm.npz", "image.position_ids"),
        ("lm.npz", "greedy_text.sequences"),
        ("lm.npz", "stream_text.last_yield"),
        ("lm.npz", "sample_image.sequences"),
    ],
)
def test_one_other_id_fails(folder: Path, file: str, array: str) -> None:
    edit(folder / file, array, count_up)
    assert f"{file} {array}" in failing(verify(folder))


def test_a_mask_of_another_bit_fails(folder: Path) -> None:
    name = "image.attention_mask_4d_true_is_masked"
    edit(folder / "lm.npz", name, lambda mask: ~mask)
    assert failing(verify(folder)) == [f"lm.npz {name}"]


def test_another_shape_fails(folder: Path) -> None:
    edit(folder / "lm.npz", "image.logits", lambda logits: logits[:, :-1])
    report = verify(folder)
    assert failing(report) == ["lm.npz image.logits"]
    assert "shape" in report.entries["lm.npz image.logits"].note


def test_nan_agrees_only_with_itself(folder: Path) -> None:
    def spoil(array: Any) -> None:
        array.reshape(-1)[0] = np.nan

    edit(folder / "lm.npz", "image.logits", spoil)
    assert failing(verify(folder)) == ["lm.npz image.logits"]


def test_arrays_that_nobody_knows_are_named(folder: Path) -> None:
    edit(folder / "lm.npz", "image.logits", lambda array: array, new="image.mystery")
    np.savez(folder / "other.npz", some=np.zeros(3))
    report = verify(folder)
    lines = list(report.lines())
    assert any("lm.npz image.mystery" in line and line.endswith("not checked") for line in lines)
    assert lines[-2] == "2 arrays were not checked: lm.npz image.mystery, other.npz some"
    assert lines[-1].endswith(", 0 failed")


def test_a_step_that_the_network_does_not_have_fails(folder: Path) -> None:
    edit(folder / "vision.npz", "vit_layer0", lambda array: array, new="vit_layer99")
    assert failing(verify(folder)) == ["vision.npz vit_layer99"]


def test_a_changed_tensor_shows_in_everything_that_needs_it(folder: Path) -> None:
    stored = folder / "ckpt_fp32_safetensors"
    reader = CheckpointReader(stored)
    tensors = {name: tensor.clone() for name, tensor in reader}
    tensors["transformer.layers.1.mlp.dense_4h_to_h.bias"][0] += 0.05
    shards = json.loads((stored / "model.safetensors.index.json").read_text())["weight_map"]
    entries = reader.entries()
    for shard in set(shards.values()):
        held = [name for name in tensors if shards[name] == shard]
        (stored / shard).unlink()
        write_safetensors(
            stored / shard,
            {name: entries[name] for name in held},
            ((name, tensors[name]) for name in held),
        )
    report = verify(folder)
    found = failing(report)
    assert {"lm.npz image.hidden2", "lm.npz image.logits"} <= set(found)
    assert "lm.npz image.hidden1" not in found
    assert not any(name.startswith(("vision.npz", "image.npz", "sampling.npz")) for name in found)
    # Where there is another format, it shows that the two are not the same.
    if (folder / "ckpt_fp32_bin").is_dir():
        assert "ckpt_fp32_safetensors" in report.entries["lm.npz image.logits"].note
        assert "ckpt_fp32_safetensors" in found


def test_a_damaged_checkpoint_is_told(folder: Path) -> None:
    index = folder / "ckpt_fp32_safetensors" / "model.safetensors.index.json"
    index.write_text("{}", encoding="utf-8")
    report = verify(folder)
    assert "ckpt_fp32_safetensors" in failing(report)
    assert "weight_map" in report.entries["ckpt_fp32_safetensors"].note


def test_what_is_missing_is_told(own: Path, tmp_path: Path) -> None:
    shutil.copy(own / "sampling.npz", tmp_path)
    report = verify(tmp_path)
    said = " ".join(report.lines())
    assert "No ckpt_* folder" in said and "No lm.npz." in said and "No ice_text.model" in said
    assert report.failed == 0 and report.verified == 3


def test_other_settings_for_a_sample_are_read(own: Path, tmp_path: Path) -> None:
    """Without the seed in meta.json the draw is another one, so it does matter."""
    shutil.copytree(own, tmp_path / "copy")
    (tmp_path / "copy" / "meta.json").unlink()
    found = failing(verify(tmp_path / "copy"))
    assert found and all(name.startswith("lm.npz sample_image.") for name in found)
    seed = np.array(77), np.array(9)
    with np.load(tmp_path / "copy" / "lm.npz") as archive:
        arrays = {key: archive[key] for key in archive.files}
    arrays |= dict(zip(("sample_image.seed", "sample_image.top_k"), seed, strict=True))
    np.savez(tmp_path / "copy" / "lm.npz", **arrays)
    assert failing(verify(tmp_path / "copy")) == []


def test_text_that_reads_otherwise_fails(tmp_path: Path) -> None:
    source = golden()
    shutil.copy(source / "sampling.npz", tmp_path)
    shutil.copy(source / "ice_text.model", tmp_path)
    for name, path in (("tokenizer.json", ("strings", 0, "ids")), ("prompts.json", None)):
        raw = json.loads((source / name).read_text(encoding="utf-8"))
        if path:
            raw[path[0]][path[1]][path[2]][0] += 1
        else:
            raw["process_response"][0]["output"] += "?"
        (tmp_path / name).write_text(json.dumps(raw), encoding="utf-8")
    report = verify(tmp_path)
    assert failing(report) == ["tokenizer.json strings", "prompts.json process_response"]
    assert report.failed == 5  # the ids, their pieces, both their texts; and the response


def test_a_folder_without_vectors_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match="no golden vectors"):
            verify(folder)


def test_threads_are_given_back(own: Path) -> None:
    before = torch.get_num_threads()
    verify(own)
    assert torch.get_num_threads() == before

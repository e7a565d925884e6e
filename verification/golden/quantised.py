"""quant.npz: integers, scales, what they stand for, and logits of a quantised network."""

from __future__ import annotations

import torch
from torch import Tensor

from models.visualglm.checkpoint.pretrained import load_pretrained
from models.visualglm.checkpoint.reader import CheckpointReader
from models.visualglm.network.quantisation import dequantise_weight, pack, quantise_weight, unpack
from verification.golden.cases import Folder, set_attention
from verification.golden.checkpoints import Network, Stored
from verification.golden.language import run
from verification.golden.report import CLOSE, EXACT, HALF

_KIND = r"int(\d)(_from_fp32)?"


def check_quantised(folder: Folder, cases: Folder | None) -> None:
    """`cases` is the file whose input ids the logits belong to."""
    _check_packing(folder)
    _check_weights(folder)
    _check_logits(folder, cases)


def _check_packing(folder: Folder) -> None:
    vectors = folder.vectors
    for match in vectors.matching(r"(.+)\.packed"):
        whole = f"{match[1]}.int"
        with vectors.guard([whole, match[0]]):
            vectors.check(match[0], pack(vectors[whole]))
            vectors.check(whole, unpack(vectors[match[0]]))


def _sources(folder: Folder, from_fp32: bool) -> list[Stored]:
    """Which checkpoints are quantised: the half ones, unless a name says otherwise."""
    half = folder.checkpoints.of(folder.stem, half=True)
    full = folder.checkpoints.of(folder.stem, half=False)
    return full if from_fp32 else half or full


def _check_weights(folder: Folder) -> None:
    vectors = folder.vectors
    for stored in _sources(folder, from_fp32=False):
        for name, tensor in CheckpointReader(stored.folder):
            own = f"original_half.{name.removeprefix('transformer.')}"
            vectors.check(own, tensor.half(), EXACT, stored.name)
            for match in vectors.matching(r"int(\d)\.(layers\..+)\.weight"):
                if name == f"transformer.{match[2]}.weight":
                    _check_weight(folder, match[0], int(match[1]), tensor.half(), stored.name)
    for stored in _sources(folder, from_fp32=True):
        for name, tensor in CheckpointReader(stored.folder):
            for match in vectors.matching(r"int(\d)_from_fp32\.(layers\..+)\.weight"):
                if name == f"transformer.{match[2]}.weight":
                    _check_weight(folder, match[0], int(match[1]), tensor, stored.name)


def _check_weight(folder: Folder, name: str, bits: int, weight: Tensor, way: str) -> None:
    vectors = folder.vectors
    stem = name.removesuffix("weight")
    names = [name, f"{name}_scale", f"{stem}dequantized_half"]
    with vectors.expect(names, way):
        integers, scale = quantise_weight(weight, bits)
        vectors.check(names[0], integers, EXACT, way)
        vectors.check(names[1], scale, EXACT, way)
        vectors.check(names[2], dequantise_weight(integers, scale, bits), EXACT, way)


def _check_logits(folder: Folder, cases: Folder | None) -> None:
    vectors = folder.vectors
    for match in vectors.matching(rf"{_KIND}\.(.+)\.logits_(fp16c|fp32c)"):
        if cases is None or f"{match[3]}.input_ids" not in cases.vectors:
            continue
        with vectors.guard([match[0]]):
            prompt = cases.prompt(
                match[3],
                cases.vectors[f"{match[3]}.input_ids"],
                cases.vectors.get(f"{match[3]}.attention_mask"),
            )
            half = match[4] == "fp16c"
            for network in _networks(folder, int(match[1]), bool(match[2]), half):
                with vectors.expect([match[0]], network.name):
                    set_attention(network.model, fused=False)
                    logits = run(network, prompt)["logits"]
                    vectors.check(match[0], logits, HALF if half else CLOSE, network.name)


def _networks(folder: Folder, bits: int, from_fp32: bool, half: bool) -> list[Network]:
    dtype = torch.float16 if half else torch.float32
    return [
        Network(
            f"{stored.name} in {bits} bit",
            load_pretrained(stored.folder, dtype, "cpu", bits),
        )
        for stored in _sources(folder, from_fp32)
    ]

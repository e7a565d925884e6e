"""The tiny checkpoints of a golden folder, loaded in each precision that a vector asks for."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from errors import KexError, WeightsError
from models.visualglm.checkpoint.layout import EMBEDDINGS, LM_HEAD
from models.visualglm.checkpoint.pretrained import load_pretrained
from models.visualglm.checkpoint.reader import CheckpointReader, check_entries
from models.visualglm.config import VisualGLMConfig, read_config
from models.visualglm.network.model import VisualGLM
from verification.golden.report import Report

_NAME = re.compile(r"ckpt_?(?P<rest>.*)")
_FORMATS = {"bin", "safetensors", "fp32", "fp16", "half", "float"}
FP32, HALF_STORED, HALF_COMPUTED = "fp32", "fp16w_fp32c", "fp16w_fp16c"


@dataclass(frozen=True)
class Network:
    """A network that can run, and how it came to be."""

    name: str
    model: VisualGLM

    @property
    def config(self) -> VisualGLMConfig:
        return self.model.config

    @property
    def dtype(self) -> torch.dtype:
        return self.model.transformer.word_embeddings.weight.dtype


@dataclass(frozen=True)
class Stored:
    """A checkpoint folder; `stem` is what tells it from the main set, `ckpt_STEM_fp32_bin`."""

    folder: Path
    stem: str
    half: bool

    @property
    def name(self) -> str:
        return self.folder.name

    def tensors(self) -> dict[str, Tensor]:
        return {name: tensor.clone() for name, tensor in CheckpointReader(self.folder)}


class Checkpoints:
    """All of a folder's checkpoints, by stem."""

    def __init__(self, folder: Path, report: Report) -> None:
        self._loaded: dict[tuple[str, str], list[Network]] = {}
        self.stored: list[Stored] = []
        for path in sorted(folder.glob("ckpt_*")):
            if path.is_dir():
                self._find(path, report)
        if not self.stored:
            report.remark("No ckpt_* folder can be read: nothing that needs a network is checked.")

    def _find(self, path: Path, report: Report) -> None:
        match = _NAME.fullmatch(path.name)
        words = match["rest"].split("_") if match else []
        stem = "_".join(word for word in words if word not in _FORMATS)
        try:
            reader = CheckpointReader(path)
            types = Counter(dtype for _, dtype in reader.entries().values())
            check_entries(reader, read_config(path))
        except KexError as error:
            report.group(path.name, 1, [error.message])
            return
        half = "fp16" in words if {"fp16", "fp32"} & set(words) else types["F16"] > types["F32"]
        self.stored.append(Stored(path, stem, half))

    def of(self, stem: str, *, half: bool) -> list[Stored]:
        return [one for one in self.stored if one.stem == stem and one.half == half]

    def has(self, stem: str) -> bool:
        return any(one.stem == stem for one in self.stored)

    def networks(self, stem: str, kind: str) -> list[Network]:
        """The stem's checkpoints as `kind` asks: FP32, HALF_STORED or HALF_COMPUTED.

        Where no half checkpoint is there, a float32 one is rounded, which is the same.
        """
        key = (stem, kind)
        if key not in self._loaded:
            self._loaded[key] = [self._load(one, kind) for one in self._sources(stem, kind)]
        return self._loaded[key]

    def _sources(self, stem: str, kind: str) -> list[Stored]:
        full, half = self.of(stem, half=False), self.of(stem, half=True)
        return full if kind == FP32 else half or full

    def _load(self, stored: Stored, kind: str) -> Network:
        if kind == FP32:
            return Network(stored.name, load_pretrained(stored.folder, torch.float32, "cpu"))
        model = load_pretrained(stored.folder, torch.float16, "cpu")
        name = stored.name if stored.half else f"{stored.name} rounded to half"
        if kind == HALF_STORED:
            return Network(f"{name}, computed in float32", model.float())
        return Network(f"{name}, computed in half", model)

    def config(self, stem: str) -> VisualGLMConfig:
        """WeightsError where the stem has no checkpoint."""
        for one in self.stored:
            if one.stem == stem:
                return read_config(one.folder)
        raise WeightsError(f"no checkpoint {stem or 'of the main set'}")


def check_alike(checkpoints: Checkpoints, report: Report) -> None:
    """One line per checkpoint: embeddings stored twice, and the same numbers in every format."""
    first: dict[str, dict[str, Tensor]] = {}
    for stored in sorted(checkpoints.stored, key=lambda one: one.half):
        tensors = stored.tensors()
        differing = []
        if LM_HEAD in tensors and not torch.equal(tensors[LM_HEAD], tensors[EMBEDDINGS]):
            differing.append(f"{LM_HEAD} is not {EMBEDDINGS}")
        note = "float16" if stored.half else "float32"
        other = first.setdefault(stored.stem, tensors)
        if other is not tensors:
            note += ", numbers as in the first of its kind"
            differing += [n for n in sorted({*other, *tensors}) if not _same(n, tensors, other)]
        report.group(stored.name, len(tensors), differing, note)


def _same(name: str, one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    if name not in one or name not in other:
        return False
    return torch.equal(one[name], other[name].to(one[name].dtype))

"""`sample_*`: answers drawn with a seed, which two programs share only if every step agrees."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

from models.visualglm.config import VisualGLMConfig
from models.visualglm.engine.sampling import SamplingParams
from verification.golden.cases import Folder, Prompt, split_variant
from verification.golden.decoding import end_of, sequences, steps
from verification.golden.report import EXACT


@dataclass(frozen=True)
class Draw:
    """How the official answers were drawn; `min_new` counts tokens after the prompt."""

    seed: int = 1234
    top_p: float = 0.4
    top_k: int = 100
    temperature: float = 0.8
    repetition_penalty: float = 1.2
    min_new: int = 4


_NAMES = {field.name: int if field.type == "int" else float for field in fields(Draw)}
_SHORT = {
    "topp": "top_p", "topk": "top_k", "temp": "temperature", "rep": "repetition_penalty",
    "repetition": "repetition_penalty", "minnew": "min_new", "min_new_tokens": "min_new",
}  # fmt: skip
_NUMBER = r"(\d*\.?\d+)"
_STATED = {
    "seed": rf"manual_seed\({_NUMBER}\)",
    "top_p": rf"top_p[ =]+{_NUMBER}",
    "top_k": rf"top_k[ =]+{_NUMBER}",
    "temperature": rf"temperature[ =]+{_NUMBER}",
    "repetition_penalty": rf"repetition_penalty[ =]+{_NUMBER}",
    "min_new": rf"min_length[ =]+prompt ?\+ ?{_NUMBER}",
}


def read_draw(folder: Path, vectors_folder: Folder, name: str) -> Draw:
    """What the folder says of a sample: README.md, meta.json, arrays beside it, its own name."""
    draw = Draw()
    readme = folder / "README.md"
    if readme.is_file():
        text = readme.read_text(encoding="utf-8")
        stated = next(
            (line for line in re.split(r"\n\* ", text) if line.startswith("`sample_")), ""
        )
        found = {key: re.search(pattern, stated) for key, pattern in _STATED.items()}
        draw = _with(draw, {key: match[1] for key, match in found.items() if match})
    meta = folder / "meta.json"
    if meta.is_file():
        raw = json.loads(meta.read_text(encoding="utf-8"))
        raw = raw if isinstance(raw, dict) else {}
        for key in ("sampling", "sample", name):
            if isinstance(raw.get(key), dict):
                draw = _with(draw, raw[key])
        draw = _with(draw, {k.removeprefix("sample_"): v for k, v in raw.items() if k != "seed"})
    vectors = vectors_folder.vectors
    for match in vectors.matching(rf"{re.escape(name)}\.([a-z_]+)"):
        if _SHORT.get(match[1], match[1]) in _NAMES and not vectors[match[0]].ndim:
            vectors.given(match[0])
            draw = _with(draw, {match[1]: vectors[match[0]].item()})
    words = re.findall(rf"_(seed|top_?p|top_?k|temp(?:erature)?|rep(?:etition)?){_NUMBER}", name)
    return _with(draw, {key: value for key, value in words})


def _with(draw: Draw, stated: dict[str, Any]) -> Draw:
    known = {_SHORT.get(key, key): value for key, value in stated.items()}
    values: dict[str, Any] = {k: _NAMES[k](float(v)) for k, v in known.items() if k in _NAMES}
    return replace(draw, **values)


def check_sampled(folder: Folder, path: Path) -> None:
    vectors = folder.vectors
    for match in vectors.matching(r"(sample(?:_.+)?)\.(?:sequences|processed_scores)"):
        names = [f"{match[1]}.sequences", f"{match[1]}.processed_scores"]
        if match[0].endswith("sequences") or names[0] not in vectors:
            with vectors.guard(names):
                _check_draw(folder, match[1], names, read_draw(path, folder, match[1]))
    for match in vectors.matching(r"(sample(?:_.+)?)\.greedy_with_repetition_penalty"):
        with vectors.guard([match[0]]):
            penalty = read_draw(path, folder, match[1]).repetition_penalty
            _check_penalised(folder, match[1], match[0], penalty)


def _prompt(folder: Folder, name: str, length: int) -> Prompt:
    ids = folder.vectors[f"{name}.sequences"][:, :length]
    return folder.prompt(split_variant(name)[0], ids)


def _length(folder: Folder, name: str, config: VisualGLMConfig) -> int:
    theirs = folder.vectors[f"{name}.sequences"]
    scores = folder.vectors.get(f"{name}.processed_scores")
    if scores is not None:
        return theirs.shape[1] - scores.shape[1]
    return theirs[0].tolist().index(config.bos_token_id) + 1


def _check_draw(folder: Folder, name: str, names: list[str], draw: Draw) -> None:
    """The same seed draws the same ids; the scores are compared along the official ids, so that
    one other draw does not make all that follow incomparable."""
    vectors, config = folder.vectors, folder.config
    theirs, length = vectors[names[0]], _length(folder, name, config)
    prompt, answer = _prompt(folder, name, length), theirs[:, length:]
    params = SamplingParams(
        draw.temperature, draw.top_k, draw.top_p, draw.repetition_penalty, length + draw.min_new
    )
    variant = split_variant(name)[1]
    for way, network in folder.runs(variant, prompt.padded):
        with vectors.expect(names, way):
            torch.manual_seed(draw.seed)
            taken = steps(network, prompt, answer.shape[1], params, eos=config.eos_token_id)
            vectors.check(names[0], sequences(prompt, taken, config), EXACT, way)
            taken = steps(
                network, prompt, answer.shape[1], params, eos=config.eos_token_id, forced=answer
            )
            scores = torch.stack([step.scores for step in taken], dim=1)
            vectors.check(names[1], scores, variant.tolerance, way)


def _check_penalised(folder: Folder, name: str, array: str, penalty: float) -> None:
    vectors, config = folder.vectors, folder.config
    theirs = vectors[array]
    length = _length(folder, name, config)
    prompt = _prompt(folder, name, length)
    answer = theirs[:, length:]
    params = SamplingParams(repetition_penalty=penalty)
    for way, network in folder.runs(split_variant(name)[1], prompt.padded):
        with vectors.expect([array], way):
            taken = steps(network, prompt, answer.shape[1], params, eos=end_of(answer, config))
            vectors.check(array, sequences(prompt, taken, config), EXACT, way)

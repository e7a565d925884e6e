"""The .json files of names, shapes and types: what a checkpoint of any size consists of."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from models.visualglm.checkpoint.layout import Entry, Shape, tensor_shapes
from models.visualglm.checkpoint.reader import CheckpointReader
from models.visualglm.config import VisualGLMConfig, parse_config
from verification.golden.checkpoints import Checkpoints
from verification.golden.report import Report

OWN, OFFICIAL = "state_dict_shapes.json", "official_state_dict_shapes.json"
OFFICIAL_CONFIG = "official_config.json"
_QUANTISED = re.compile(r"int(\d)_state_dict_layer(\d+)\.json")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def official_config(folder: Path) -> VisualGLMConfig | None:
    path = folder / OFFICIAL_CONFIG
    return parse_config(read_json(path)) if path.is_file() else None


def check_shapes(folder: Path, checkpoints: Checkpoints, report: Report) -> None:
    _check_own(folder, checkpoints, report)
    _check_official(folder, report)
    for path in sorted(folder.glob("int*_state_dict_layer*.json")):
        match = _QUANTISED.fullmatch(path.name)
        if match and checkpoints.has(""):
            config = checkpoints.config("")
            _check_quantised(path, config, int(match[1]), int(match[2]), report)


def _check_own(folder: Path, checkpoints: Checkpoints, report: Report) -> None:
    """What we expect, and what the checkpoints have, is what the official model has."""
    if not (folder / OWN).is_file():
        report.remark(f"No {OWN}.")
        return
    theirs = _shapes(read_json(folder / OWN))
    stored = [one for one in checkpoints.stored if not one.stem]
    if stored:
        ours = {n: shape for n, (shape, _) in tensor_shapes(checkpoints.config("")).items()}
        report.group(OWN, len(theirs), _differing(ours, theirs))
    for one in stored:
        found = {n: shape for n, (shape, _) in CheckpointReader(one.folder).entries().items()}
        report.group(f"{OWN} {one.name}", len(theirs), _differing(found, theirs))


def _check_official(folder: Path, report: Report) -> None:
    config = official_config(folder)
    if config is None or not (folder / OFFICIAL).is_file():
        report.remark(f"No {OFFICIAL_CONFIG} and {OFFICIAL}: the full size is not checked.")
        return
    # Bits and lengths are a choice; the rest of the published configuration is built in.
    built_in = [] if config == VisualGLMConfig() else ["not the configuration that is built in"]
    report.group(OFFICIAL_CONFIG, 1, built_in)
    theirs = _shapes(read_json(folder / OFFICIAL))
    ours = {name: shape for name, (shape, _) in tensor_shapes(config).items()}
    report.group(OFFICIAL, len(theirs), _differing(ours, theirs))


def _check_quantised(
    path: Path, config: VisualGLMConfig, bits: int, layer: int, report: Report
) -> None:
    prefix = f"transformer.layers.{layer}."
    table = tensor_shapes(replace(config, num_layers=layer + 1), bits)
    ours = {name: entry for name, entry in table.items() if name.startswith(prefix)}
    theirs = {name: _entry(value) for name, value in read_json(path).items()}
    report.group(path.name, len(theirs), _differing(ours, theirs))


def _shapes(raw: Mapping[str, Any]) -> dict[str, Shape]:
    return {name: _entry(value)[0] for name, value in raw.items()}


def _entry(value: Any) -> Entry:
    """`[2, 3]` or `[[2, 3], "torch.float16"]`."""
    if value and isinstance(value[0], list):
        names = {"torch.float32": "F32", "torch.float16": "F16", "torch.int8": "I8"}
        return tuple(value[0]), names.get(value[1], str(value[1]))
    return tuple(value), ""


def _differing(ours: Mapping[str, object], theirs: Mapping[str, object]) -> list[str]:
    return [
        f"{name}: {ours.get(name)} and not {theirs.get(name)}"
        for name in sorted({*ours, *theirs})
        if ours.get(name) != theirs.get(name)
    ]

"""Writes a checkpoint anew as safetensors shards, in another type or quantised.

Streams: at any time one shard of the source is mapped and one tensor is in memory. The new folder
appears whole or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from errors import InputError, WeightsError
from models.visualglm.checkpoint.layout import (
    INV_FREQ,
    SCALE,
    Entry,
    entry_bytes,
    is_quantised,
    quantised_entries,
)
from models.visualglm.checkpoint.reader import SAFETENSORS_INDEX, CheckpointReader, check_entries
from models.visualglm.checkpoint.safetensors import DTYPE_NAMES, DTYPES, write_safetensors
from models.visualglm.config import CONFIG_FILE, VisualGLMConfig, read_config
from models.visualglm.network.quantisation import quantise_weight
from wording import message

TOKENIZER_FILE = "ice_text.model"
DTYPE_CHOICES = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}
OnProgress = Callable[[int, int], None]
_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Conversion:
    """What was written: shard files, their tensors' bytes, and what a person should know."""

    shards: tuple[str, ...]
    size: int
    warnings: tuple[str, ...]


def convert(
    source: Path,
    target: Path,
    *,
    dtype: str = "fp16",
    bits: int = 0,
    shard_bytes: int = 2 * 10**9,
    on_progress: OnProgress | None = None,
) -> Conversion:
    """Write the checkpoint in `source` to the new folder `target`.

    Floating tensors become `dtype`, a key of DTYPE_CHOICES; `bits` 8 or 4 quantises the language
    layers' matrices from their stored numbers; a quantised source stays as it is. A shard has up
    to `shard_bytes`, or one tensor. `on_progress` is told the bytes read and their sum. Raises
    InputError if `target` exists, WeightsError for a source that does not fit together or a disk
    that is full.
    """
    if target.exists() or target.is_symlink():
        raise InputError(message("errors.checkpoint_target_exists", target=target), field="DST")
    config = read_config(source)
    _require_bits(config, bits)
    reader = CheckpointReader(source)
    check_entries(reader, config)
    entries = reader.entries()
    kind = DTYPE_CHOICES[dtype]
    shards = _shards(entries, kind, bits, shard_bytes)
    size = sum(entry_bytes(entry) for shard in shards for entry in shard.values())

    def fill(part: Path) -> tuple[list[str], tuple[str, ...]]:
        names = _write_shards(part, reader, entries, shards, kind, bits, on_progress)
        return names, _write_others(source, part, kind, bits, names, shards, size)

    try:
        _require_space(target, size)
        names, warnings = _whole_or_not(target, fill)
    except OSError as error:
        raise WeightsError(
            message("errors.checkpoint_unwritable", target=target, reason=error.strerror or error),
            field="DST",
        ) from error
    return Conversion(tuple(names), size, warnings)


def _whole_or_not(target: Path, fill: Callable[[Path], _Made]) -> _Made:
    """Let `fill` write into a folder beside `target`, and only then give it its name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    try:
        part.mkdir()
    except FileExistsError as error:
        raise InputError(
            message("errors.checkpoint_part_exists", part=part),
            field="DST",
        ) from error
    try:
        made = fill(part)
        if target.exists():
            raise InputError(
                message("errors.checkpoint_target_appeared", target=target), field="DST"
            )
        part.rename(target)
    except BaseException:  # an interrupt too leaves nothing behind
        shutil.rmtree(part, ignore_errors=True)
        raise
    return made


def _require_bits(config: VisualGLMConfig, bits: int) -> None:
    stored = config.quantization_bits
    if stored and bits not in (0, stored):
        raise InputError(
            message("errors.checkpoint_quantised", stored=stored, bits=bits),
            field="--quant",
        )


def _require_space(target: Path, size: int) -> None:
    above = next(folder for folder in target.absolute().parents if folder.exists())
    free = shutil.disk_usage(above).free
    if free < size:
        raise WeightsError(
            message("errors.checkpoint_no_space", size=size, folder=above, free=free),
            field="DST",
        )


def _outcome(name: str, entry: Entry, dtype: torch.dtype, bits: int) -> dict[str, Entry]:
    """What is written for one stored tensor."""
    shape, stored = entry
    if not DTYPES[stored].is_floating_point or name.endswith((SCALE, INV_FREQ)):
        return {name: entry}
    if bits and is_quantised(name):
        return quantised_entries(name, shape, bits)
    return {name: (shape, DTYPE_NAMES[dtype])}


def _shards(
    entries: dict[str, Entry], dtype: torch.dtype, bits: int, limit: int
) -> list[dict[str, Entry]]:
    """The tensors to write, shard by shard, in the order in which they will be read."""
    shards: list[dict[str, Entry]] = [{}]
    filled = 0
    for name, entry in entries.items():
        made = _outcome(name, entry, dtype, bits)
        size = sum(map(entry_bytes, made.values()))
        if shards[-1] and filled + size > limit:
            shards.append({})
            filled = 0
        shards[-1].update(made)
        filled += size
    return shards


def _write_shards(
    part: Path,
    reader: CheckpointReader,
    entries: dict[str, Entry],
    shards: list[dict[str, Entry]],
    dtype: torch.dtype,
    bits: int,
    on_progress: OnProgress | None,
) -> list[str]:
    stream = _converted(reader, entries, dtype, bits, on_progress)
    names = []
    for number, shard in enumerate(shards, 1):
        names.append(f"model-{number:05}-of-{len(shards):05}.safetensors")
        # zip takes from the shard's names first, so that no tensor of the next shard is lost.
        # The stream goes on after this shard, so it is longer: not strict.
        write_safetensors(part / names[-1], shard, (made for _, made in zip(shard, stream)))  # noqa: B905
    for _ in stream:  # its last word: the progress of what brought nothing more
        raise WeightsError(message("errors.checkpoint_changed", folder=reader.folder))
    return names


def _converted(
    reader: CheckpointReader,
    entries: dict[str, Entry],
    dtype: torch.dtype,
    bits: int,
    on_progress: OnProgress | None,
) -> Iterator[tuple[str, Tensor]]:
    """Every tensor to write, in the order of `_shards`."""
    total = sum(map(entry_bytes, entries.values()))
    done = 0
    for name, tensor in reader:
        made = _outcome(name, entries[name], dtype, bits)
        done += entry_bytes(entries[name])
        if len(made) == 2:
            yield from zip(made, quantise_weight(tensor, bits), strict=True)
        else:
            yield name, _cast(name, tensor, DTYPES[made[name][1]])
        del tensor  # it holds the shard
        if on_progress:
            on_progress(done, total)


def _cast(name: str, tensor: Tensor, dtype: torch.dtype) -> Tensor:
    cast = tensor.to(dtype)
    if dtype == torch.float16 and tensor.dtype != dtype and not bool(cast.isfinite().all()):
        raise WeightsError(
            message("errors.checkpoint_fp16_range", name=name),
            field="--dtype",
        )
    return cast


def _write_others(
    source: Path,
    part: Path,
    dtype: torch.dtype,
    bits: int,
    names: list[str],
    shards: list[dict[str, Entry]],
    size: int,
) -> tuple[str, ...]:
    """Index, configuration, vocabulary; what is not there is told."""
    table = {name: file for file, shard in zip(names, shards, strict=True) for name in shard}
    index = {"metadata": {"total_size": size}, "weight_map": dict(sorted(table.items()))}
    _write_json(part / SAFETENSORS_INDEX, index)
    config: dict[str, Any] = json.loads((source / CONFIG_FILE).read_text(encoding="utf-8"))
    config["torch_dtype"] = str(dtype).removeprefix("torch.")
    if bits:
        config["quantization_bit"] = bits
    _write_json(part / CONFIG_FILE, config)
    if not (source / TOKENIZER_FILE).is_file():
        return (message("warnings.checkpoint_no_vocabulary", source=source, file=TOKENIZER_FILE),)
    shutil.copyfile(source / TOKENIZER_FILE, part / TOKENIZER_FILE)
    return ()


def _write_json(path: Path, content: dict[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())

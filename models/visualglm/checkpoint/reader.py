"""Finds and reads a checkpoint folder in either official format, at most one shard at a time.

Knows tensors by their official names and nothing of the network; `loading` brings them there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from errors import WeightsError
from models.visualglm.checkpoint.layout import INV_FREQ, LM_HEAD, Entry, Shape, tensor_shapes
from models.visualglm.checkpoint.safetensors import DTYPE_NAMES, SafetensorsFile
from models.visualglm.config import VisualGLMConfig
from wording import joined, message

SAFETENSORS_INDEX = "model.safetensors.index.json"
BIN_INDEX = "pytorch_model.bin.index.json"
_INDEXES = {SAFETENSORS_INDEX: "model.safetensors", BIN_INDEX: "pytorch_model.bin"}
_FIELD = "KEX_GLM_PATH"
_ZIP = b"PK\x03\x04"
_FOREIGN_NAME = re.compile(r"unsupported (?:global|class):?\s+(?:global )?(\S+)", re.IGNORECASE)


class CheckpointReader:
    """The tensors of a folder: `for name, tensor in reader`, shard by shard, as stored.

    safetensors is preferred where both formats lie side by side. A tensor is a view of its mapped
    shard: let go of it before the next one comes, or two shards stay mapped. Every complaint is a
    WeightsError that names the file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        index, single = _find(folder)
        # Tensor -> shard, as the index says; empty for a checkpoint of one file.
        self._index = {} if single else read_index(folder / index)
        self.shards = [single] if single else sorted(set(self._index.values()))
        self.safetensors = index == SAFETENSORS_INDEX
        missing = [name for name in self.shards if not (folder / name).is_file()]
        if missing:
            raise WeightsError(
                message(
                    "errors.checkpoint_files_missing",
                    folder=folder,
                    names=shortened(missing),
                    index=index,
                ),
                field=_FIELD,
            )

    def entries(self) -> dict[str, Entry]:
        """Official name -> (shape, type) of every tensor, in the order of iteration.

        Reads headers only; for a .bin, its pickle, while the tensors' bytes stay on the disk.
        """
        found: dict[str, Entry] = {}
        for shard in self.shards:
            found.update(self._select(shard, self._shard_entries(shard)))
        return found

    def __iter__(self) -> Iterator[tuple[str, Tensor]]:
        for shard in self.shards:
            tensors = self._open(shard)
            names = list(self._select(shard, dict.fromkeys(tensors)))
            for name in names:
                yield name, tensors[name]
            del tensors  # unmapped before the next one is mapped

    def _shard_entries(self, shard: str) -> dict[str, Entry]:
        path = self.folder / shard
        if self.safetensors:
            return SafetensorsFile(path).entries
        return {name: entry_of(tensor) for name, tensor in _load_bin(path).items()}

    def _open(self, shard: str) -> Mapping[str, Tensor]:
        path = self.folder / shard
        return SafetensorsFile(path) if self.safetensors else _load_bin(path)

    def _select(self, shard: str, found: Mapping[str, Any]) -> dict[str, Any]:
        """What counts of a shard's tensors: those the index puts there, or into no shard."""
        lost = [n for n, place in self._index.items() if place == shard and n not in found]
        if lost:
            raise WeightsError(
                message(
                    "errors.checkpoint_tensors_missing",
                    shard=self.folder / shard,
                    names=shortened(lost),
                ),
                field=_FIELD,
            )
        return {n: what for n, what in found.items() if self._index.get(n, shard) == shard}


def entry_of(tensor: Tensor) -> Entry:
    shape: Shape = tuple(tensor.shape)
    return shape, DTYPE_NAMES[tensor.dtype]


def shortened(names: list[str]) -> str:
    """Up to ten names, and how many more there are."""
    shown = ", ".join(names[:10])
    if len(names) <= 10:
        return shown
    return message("errors.checkpoint_more", names=shown, count=len(names) - 10)


def misfit(
    folder: Path, missing: list[str], unexpected: list[str], wrong: list[str]
) -> WeightsError | None:
    """One error for all tensors that do not fit, None if there are none."""
    parts = [
        message(key, count=len(found), names=shortened(found))
        for key, found in (
            ("errors.checkpoint_missing", missing),
            ("errors.checkpoint_unexpected", unexpected),
            ("errors.checkpoint_wrong", wrong),
        )
        if found
    ]
    if not parts:
        return None
    return WeightsError(
        message("errors.checkpoint_misfit", folder=folder, parts=joined("clauses", parts)),
        field=_FIELD,
    )


def check_entries(reader: CheckpointReader, config: VisualGLMConfig) -> None:
    """Raise WeightsError unless the checkpoint holds what the configuration promises.

    Any floating type will do. Tensors that nobody loads may be missing.
    """
    wanted = tensor_shapes(config, config.quantization_bits)
    found = reader.entries()
    missing = [n for n in wanted if n not in found and n != LM_HEAD and not n.endswith(INV_FREQ)]
    unexpected = [name for name in found if name not in wanted]
    wrong = [
        f"{name} ({found[name][1]} {list(found[name][0])} in place of {dtype} {list(shape)})"
        for name, (shape, dtype) in wanted.items()
        if name in found and not _alike(found[name], (shape, dtype))
    ]
    error = misfit(reader.folder, missing, unexpected, wrong)
    if error:
        raise error


def _alike(found: Entry, wanted: Entry) -> bool:
    floats = ("F32", "F16", "BF16")
    alike = found[1] in floats if wanted[1] in floats else found[1] == wanted[1]
    return alike and found[0] == wanted[0]


def _find(folder: Path) -> tuple[str, str]:
    """The index file's name and, for a checkpoint of one file, that file's."""
    for index, single in _INDEXES.items():
        if (folder / index).is_file():
            return index, ""
        if (folder / single).is_file():
            return index, single
    raise WeightsError(
        message(
            "errors.checkpoint_none",
            folder=folder,
            files=", ".join((*_INDEXES, *_INDEXES.values())),
        ),
        field=_FIELD,
    )


def read_index(path: Path) -> dict[str, str]:
    """Tensor name -> shard file, as an index file says; no shard lies outside its folder."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(
            message("errors.file_unreadable", path=path, reason=error.strerror), field=_FIELD
        ) from error
    except (ValueError, RecursionError) as error:
        raise WeightsError(
            message("errors.file_not_json", path=path, reason=str(error)), field=_FIELD
        ) from error
    table = raw.get("weight_map") if isinstance(raw, dict) else None
    if not isinstance(table, dict) or not table:
        raise WeightsError(message("errors.checkpoint_no_weight_map", path=path), field=_FIELD)
    suffix = ".safetensors" if path.name == SAFETENSORS_INDEX else ".bin"
    for name, shard in table.items():
        if not _plain_file(shard, suffix):
            raise WeightsError(
                message(
                    "errors.checkpoint_bad_weight_map",
                    path=path,
                    name=name[:200],
                    shard=str(shard)[:200],
                    suffix=suffix,
                ),
                field=_FIELD,
            )
    return dict(table)


def _plain_file(name: Any, suffix: str) -> bool:
    if not isinstance(name, str) or not name.endswith(suffix) or name.startswith("."):
        return False
    return name.isprintable() and not set(name) & set('/\\:*?"<>|')


def _load_bin(path: Path) -> dict[str, Tensor]:
    """A shard that torch.save wrote, mapped, without running any code that it may hold.

    The older format, from before torch 1.6, cannot be mapped: it is read into memory whole.
    """
    try:
        with path.open("rb") as file:
            mapped = file.read(4) == _ZIP
    except OSError as error:
        raise WeightsError(
            message("errors.file_unreadable", path=path, reason=error.strerror), field=_FIELD
        ) from error
    try:
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    # Whatever the restricted unpickler stumbles over in a damaged or hostile file, of any type.
    except Exception as error:
        raise WeightsError(_refusal(path, error), field=_FIELD) from error
    if not isinstance(found, dict) or not found:
        raise WeightsError(message("errors.checkpoint_no_tensors", path=path), field=_FIELD)
    for name, tensor in found.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise WeightsError(
                message(
                    "errors.checkpoint_foreign_object",
                    path=path,
                    name=str(name)[:200],
                    kind=type(tensor).__name__,
                ),
                field=_FIELD,
            )
        if tensor.dtype not in DTYPE_NAMES or tensor.layout != torch.strided:
            raise WeightsError(
                message(
                    "errors.checkpoint_bad_tensor",
                    path=path,
                    name=name[:200],
                    dtype=tensor.dtype,
                    layout=tensor.layout,
                ),
                field=_FIELD,
            )
    return found


def _refusal(path: Path, error: Exception) -> str:
    """Why torch would not read it, without its advice to run the code all the same."""
    text = str(error.__context__ or error).strip()
    refused = _FOREIGN_NAME.search(text)
    if refused:
        return message("errors.checkpoint_hostile", path=path, asked=refused[1][:100])
    first = text.splitlines()[0][:200] if text else type(error).__name__
    return message("errors.checkpoint_damaged_bin", path=path, first=first)

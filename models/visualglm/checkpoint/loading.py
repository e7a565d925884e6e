"""Brings a checkpoint's tensors into an empty network, one by one, straight to its device.

Everything that does not fit is told at once, where possible before the first byte moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn

from models.visualglm.checkpoint.layout import (
    EMBEDDINGS,
    INV_FREQ,
    LM_HEAD,
    SCALE,
    Shape,
    entry_bytes,
)
from models.visualglm.checkpoint.reader import CheckpointReader, misfit
from models.visualglm.checkpoint.safetensors import DTYPE_NAMES, DTYPES
from wording import message

Names = Callable[[str], str | None] | Mapping[str, str]
Transform = Callable[[str, Tensor], Iterable[tuple[str, Tensor]]]
OnProgress = Callable[[int, int], None]


def load_into(
    model: nn.Module,
    reader: CheckpointReader,
    *,
    names: Names,
    dtype: torch.dtype,
    device: torch.device | str,
    on_progress: OnProgress | None = None,
    transform: Transform | None = None,
) -> None:
    """Fill `model`, built on the meta device, with the checkpoint's tensors.

    `names` gives the official name of a parameter or persistent buffer; None: it is not loaded.
    Floating tensors become `dtype`, except the scales of quantised weights, which stay as stored.
    `transform` gets official names and tensors on the device, in their stored type, and yields
    what takes their place. `on_progress` is told the bytes read and their sum. Of host memory a
    tensor and its converted copy are needed besides the mapped shard. Raises WeightsError naming
    all missing, unexpected and misshapen tensors.
    """
    places = _Places(model, names, deferred=transform is not None)
    entries = reader.entries()
    for name, (shape, stored) in entries.items():
        places.expect(name, shape, DTYPES[stored])
    places.complain(reader, final=transform is None)
    total = sum(entry_bytes(entry) for entry in entries.values())
    done = 0
    for name, tensor in reader:
        done += entry_bytes(entries[name])
        if name in places.official:
            moved = tensor.to(device) if transform else tensor
            for out, value in transform(name, moved) if transform else ((name, moved),):
                places.put(out, value, tensor, dtype, device)
                del value
            del moved
        del tensor  # it holds the shard
        if on_progress:
            on_progress(done, total)
    places.complain(reader, final=True)


class _Places:
    """Where each tensor belongs in the network, by official name, and what was wrong so far.

    `deferred`: a transform may yet bring what is missing, and make integers of floats.
    """

    def __init__(self, model: nn.Module, names: Names, *, deferred: bool) -> None:
        self._model = model
        self._deferred = deferred
        self.official: dict[str, str] = {}
        self._wanted: dict[str, Tensor] = {}
        for ours, value in model.state_dict(keep_vars=True).items():
            name = names(ours) if callable(names) else names.get(ours)
            if name is None:
                continue
            if name in self.official:
                raise ValueError(f"{ours} and {self.official[name]} are both {name}")
            self.official[name], self._wanted[name] = ours, value
        self._seen: set[str] = set()
        self._unexpected: list[str] = []
        self._wrong: list[str] = []

    def expect(self, name: str, shape: Shape, dtype: torch.dtype) -> None:
        """Judge a stored tensor by its header."""
        if name == LM_HEAD and name not in self._wanted:  # tied: only its shape counts
            embeddings = self._wanted.get(EMBEDDINGS)
            if embeddings is not None:
                self._compare(name, shape, dtype, embeddings)
        elif name not in self._wanted:
            if not name.endswith(INV_FREQ):
                self._unexpected.append(name)
        else:
            wanted = self._wanted[name]
            if self._deferred and dtype.is_floating_point and not wanted.dtype.is_floating_point:
                # For the transform to mend; it packs up to two columns into a byte.
                if tuple(wanted.shape) in (shape, (*shape[:-1], shape[-1] // 2)):
                    return
            self._seen.add(name)
            self._compare(name, shape, dtype, wanted)

    def put(
        self,
        name: str,
        tensor: Tensor,
        source: Tensor,
        dtype: torch.dtype,
        device: torch.device | str,
    ) -> None:
        """Take a tensor in at its place, independent of the shard that `source` is a view of."""
        wanted = self._wanted.get(name)
        if wanted is None:
            self._unexpected.append(name)
            return
        self._seen.add(name)
        if not self._compare(name, tuple(tensor.shape), tensor.dtype, wanted):
            return
        keep = name.endswith(SCALE) or not tensor.is_floating_point()
        value = tensor.detach().to(device=device, dtype=tensor.dtype if keep else dtype)
        value = value.contiguous()
        if value.untyped_storage().data_ptr() == source.untyped_storage().data_ptr():
            value = value.clone()
        owner, _, leaf = self.official[name].rpartition(".")
        if isinstance(wanted, nn.Parameter):
            value = nn.Parameter(value, requires_grad=False)
        setattr(self._model.get_submodule(owner), leaf, value)

    def complain(self, reader: CheckpointReader, *, final: bool) -> None:
        """Raise for everything wrong so far; what is missing counts only when `final`."""
        missing = [name for name in self._wanted if name not in self._seen] if final else []
        error = misfit(reader.folder, missing, self._unexpected, self._wrong)
        if error:
            raise error

    def _compare(self, name: str, shape: Shape, dtype: torch.dtype, wanted: Tensor) -> bool:
        alike = dtype.is_floating_point if wanted.dtype.is_floating_point else dtype == wanted.dtype
        if alike and shape == tuple(wanted.shape):
            return True
        self._wrong.append(
            message(
                "errors.checkpoint_tensor",
                name=name,
                found=DTYPE_NAMES.get(dtype, dtype),
                shape=list(shape),
                wanted=DTYPE_NAMES.get(wanted.dtype, wanted.dtype),
                wanted_shape=list(wanted.shape),
            )
        )
        return False

"""What a configuration needs in memory, by part, before anything is loaded; and what would fit.

Counts bytes by the layout's shapes and by formulas for the working space. GB are 10⁹ bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch

from errors import WeightsError
from models.visualglm.checkpoint.layout import (
    EMBEDDINGS,
    INV_FREQ,
    LM_HEAD,
    SCALE,
    entry_bytes,
    is_quantised,
    tensor_shapes,
)
from models.visualglm.checkpoint.safetensors import DTYPE_NAMES
from models.visualglm.config import VisualGLMConfig
from wording import joined, message

STEP_CONTEXT = 256  # contexts are proposed in its multiples; KEX_GLM_CONTEXT takes no less
MATMUL_WORKSPACE = 64 << 20  # cuBLAS keeps 32 MiB on the largest cards, for each of two streams

WEIGHT_PARTS = (
    "word embeddings (and output)", "language matrices", "language biases, norms", "ViT",
    "Q-Former", "glm_proj",
)  # fmt: skip


@dataclass(frozen=True)
class MemoryPlan:
    """Bytes by part. `bits` is 0 where the language matrices have the type `dtype`."""

    config: VisualGLMConfig
    dtype: torch.dtype
    bits: int
    slots: int
    context: int
    weights: dict[str, int]
    cache: int
    working: int

    @property
    def resident(self) -> int:
        """All weights."""
        return sum(self.weights.values())

    @property
    def total(self) -> int:
        return self.resident + self.cache + self.working

    def lines(self) -> list[str]:
        """A table for people, one line per part."""
        rows = [
            *self.weights.items(),
            ("weights", self.resident),
            (f"KV cache, {self.slots} × {self.context} tokens", self.cache),
            ("working space", self.working),
            ("total", self.total),
        ]
        width = max(len(name) for name, _ in rows)
        return [f"{name:<{width}}  {size / 1e9:7.3f} GB" for name, size in rows]


def plan(
    config: VisualGLMConfig, dtype: torch.dtype, bits: int, slots: int, context: int
) -> MemoryPlan:
    """What a model with `slots` sequences of up to `context` tokens each takes."""
    return MemoryPlan(
        config=config,
        dtype=dtype,
        bits=bits,
        slots=slots,
        context=context,
        weights=dict(_weights(config, dtype, bits)),
        cache=slots * context * cache_bytes_per_token(config, dtype),
        working=_working_bytes(config, dtype, bits, slots, context),
    )


@lru_cache(maxsize=16)
def _weights(config: VisualGLMConfig, dtype: torch.dtype, bits: int) -> tuple[tuple[str, int], ...]:
    weights = dict.fromkeys(WEIGHT_PARTS, 0)
    for name, entry in tensor_shapes(config, bits, DTYPE_NAMES[dtype]).items():
        if name != LM_HEAD and not name.endswith(INV_FREQ):
            weights[_part(name)] += entry_bytes(entry)
    return tuple(weights.items())


def cache_bytes_per_token(config: VisualGLMConfig, dtype: torch.dtype) -> int:
    """Keys and values of all layers."""
    return 2 * config.num_layers * config.hidden_size * dtype.itemsize


def _part(name: str) -> str:
    if name == EMBEDDINGS:
        return WEIGHT_PARTS[0]
    if name.startswith("transformer."):
        return WEIGHT_PARTS[1 if is_quantised(name) or name.endswith(SCALE) else 2]
    for prefix, part in (("vit.", 3), ("qformer.", 4)):
        if name.startswith(f"image_encoder.{prefix}"):
            return WEIGHT_PARTS[part]
    return WEIGHT_PARTS[5]


def _working_bytes(
    config: VisualGLMConfig, dtype: torch.dtype, bits: int, slots: int, context: int
) -> int:
    """The most that lives at once besides weights and cache; an estimate from above.

    A picture and a prompt are worked on one after the other, and one at a time, so the larger
    counts. Attention is the fused kernel, which never holds all scores; only the last position
    has logits. Each vector of logits is held in the model's type, and for drawing in float32
    three times (processed, sorted, summed up) with int64 indices.
    """
    seen = _block_bytes(config.vit.num_positions, config.vit.hidden_size, dtype,
                        config.vit.inner_hidden_size)  # fmt: skip
    read = _block_bytes(context, config.hidden_size, dtype, config.inner_hidden_size)
    mask = context * context * (1 + dtype.itemsize)  # as bools, and as what is added to scores
    logits = slots * config.vocab_size * (dtype.itemsize + 3 * 4 + 8)
    unpacked = _unpacked_bytes(config, dtype) if bits else 0
    return max(seen, read + mask + unpacked) + logits + MATMUL_WORKSPACE


def _block_bytes(length: int, width: int, dtype: torch.dtype, inner: int) -> int:
    """Activations inside one layer, of one sequence.

    Attention: the stream, its norm and that one scaled, q|k|v, q and k turned (with a temporary),
    v and the result laid out anew, the output: 11 widths. MLP: 4 widths, and the inner layer
    before and after its GELU.
    """
    return length * max(11 * width, 4 * width + 2 * inner) * dtype.itemsize


def _unpacked_bytes(config: VisualGLMConfig, dtype: torch.dtype) -> int:
    """The largest quantised matrix on the plain path: integers (4 bits: unpacked), in half, times
    the scale, and that in the model's type unless it is half."""
    largest = config.hidden_size * max(config.inner_hidden_size, 3 * config.hidden_size)
    other = 0 if dtype == torch.float16 else dtype.itemsize
    return largest * (1 + 2 + 2 + other)


def check(plan: MemoryPlan, free_bytes: int) -> None:
    """Raise WeightsError unless the plan fits; it names the settings that would make it fit."""
    if plan.total <= free_bytes:
        return
    fits = _remedies(plan, free_bytes)
    remedy = message("errors.glm_memory_remedy", settings=joined("or_with", fits))
    if not fits:
        remedy = message("errors.glm_memory_no_remedy")
    raise WeightsError(
        message(
            "errors.glm_memory",
            total=plan.total / 1000000000.0,
            resident=plan.resident / 1000000000.0,
            cache=plan.cache / 1000000000.0,
            working=plan.working / 1000000000.0,
            free=free_bytes / 1000000000.0,
            remedy=remedy,
        ),
        field=fits[0].split("=")[0] if fits else "KEX_GLM_DEVICE",
    )


_Change = dict[str, int | torch.dtype]


def _remedies(this: MemoryPlan, free: int) -> list[str]:
    """Settings that make the plan fit, each with the mildest value; found by trying.

    Where no single one suffices, the mildest combination.
    """
    bits: list[_Change] = []
    if not this.config.quantization_bits:  # a quantised checkpoint stays what it is
        bits = [{"bits": n} for n in (8, 4) if not this.bits or n < this.bits]
    types: list[_Change] = [{"dtype": torch.bfloat16}] if this.dtype == torch.float32 else []
    slots: list[_Change] = [{"slots": n} for n in range(this.slots - 1, 0, -1)]
    below = (this.context - 1) // STEP_CONTEXT * STEP_CONTEXT
    contexts: list[_Change] = [{"context": n} for n in range(below, 0, -STEP_CONTEXT)]
    single = [_first_fit(this, options, free) for options in (bits, types, slots, contexts)]
    found = [change for change in single if change]
    if not found:
        every: Iterator[_Change] = (
            {**b, **t, **s, **c}
            for b in ({}, *bits)
            for t in ({}, *types)
            for s in ({}, *slots[-1:])
            for c in ({}, *contexts)
        )
        both = _first_fit(this, every, free)
        found = [both] if both else []
    return [
        joined("options", (_setting(*item) for item in change.items())) or "" for change in found
    ]


def _first_fit(this: MemoryPlan, options: Iterable[_Change], free: int) -> _Change | None:
    for change in options:
        other = replace(this, **change)  # type: ignore[arg-type]  # names of its fields
        other = plan(other.config, other.dtype, other.bits, other.slots, other.context)
        if other.total <= free:
            return change
    return None


def _setting(name: str, value: int | torch.dtype) -> str:
    variable = {"bits": "QUANT", "dtype": "DTYPE", "slots": "SLOTS", "context": "CONTEXT"}[name]
    return f"KEX_GLM_{variable}={'bf16' if isinstance(value, torch.dtype) else value}"


def free_memory(device: torch.device | str) -> int:
    """Bytes that a new model can have on `device`, as its driver or the kernel says now."""
    device = torch.device(device)
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return host_memory()


def host_memory(root: Path = Path("/")) -> int:
    """What Linux calls available, or what the process's control groups leave, if that is less.

    `root` is where `proc` and `sys` lie. Raises WeightsError where they say nothing.
    """
    meminfo = _text(root / "proc/meminfo")
    lines = (line.split() for line in meminfo.splitlines())
    found = [int(words[1]) * 1024 for words in lines if words[:1] == ["MemAvailable:"]]
    if not found:
        raise WeightsError(
            message("errors.glm_memory_unknown"),
            field="KEX_GLM_DEVICE",
        )
    return min([*found, *_group_rooms(root)])


def _group_rooms(root: Path) -> Iterator[int]:
    """What each control group above the process leaves; its file cache counts as free."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        old = "memory" in controllers.split(",")
        if controllers and not old:
            continue
        top = root / "sys/fs/cgroup" / ("memory" if old else "")
        limit, usage, cache = (
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            if old
            else ("memory.max", "memory.current", "inactive_file")
        )
        inner = top / path.strip("/")
        for group in (inner, *inner.parents):
            most, used = _text(group / limit).strip(), _text(group / usage).strip()
            if most.isdecimal() and used.isdecimal():
                words = (line.split() for line in _text(group / "memory.stat").splitlines())
                idle = sum(int(w[1]) for w in words if w[0] == cache)
                yield max(0, int(most) - int(used) + idle)
            if group == top:
                break


def _text(path: Path) -> str:
    """A file of the kernel's, empty where there is none."""
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""

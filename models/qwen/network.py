"""The network as Python sees it: a batch of tokens in, logits out.

Not thread-safe: one caller at a time (`models.qwen.engine` has one thread for it).
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.qwen.gguf import Q4_K, Q5_0, Q8_0, Gguf, GgufError, read_gguf
from models.qwen.weights import Tiles

MATRICES = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
NORMS = ("attn_norm", "ffn_norm")
MAX_RANK, MAX_ADAPTERS = 64, 4  # as in kernels/engine.c
NO_ADAPTER = -1
MOST = 1 << 20  # rows, columns, heads or layers of any network
LANES = 16  # numbers that a kernel takes at a time, as in kernels/engine.c
EMBEDDINGS = (Q4_K, Q5_0, Q8_0)  # types that a token's row can be read of

Logits = NDArray[np.float32]


class _Shape(ctypes.Structure):
    """`Shape` of kernels/engine.c."""

    _fields_ = [
        *((name, ctypes.c_int) for name in (
            "layers", "width", "inner", "heads", "key_heads", "head", "vocabulary", "context",
            "sequences", "threads",
        )),
        ("rope_base", ctypes.c_float),
        ("epsilon", ctypes.c_float),
    ]  # fmt: skip


@dataclass(frozen=True)
class Token:
    """One token of a batch: where it stands in which sequence, and whether its logits matter."""

    id: int
    position: int
    sequence: int
    adapter: int = NO_ADAPTER
    wanted: bool = False


class Network:
    """A Qwen2 network with a cache of `sequences` sequences of `context` tokens each."""

    def __init__(
        self,
        gguf: Gguf,
        tiles: Tiles,
        library: ctypes.CDLL,
        *,
        context: int,
        sequences: int,
        threads: int,
    ) -> None:
        """Raises GgufError where the file is of another kind, MemoryError."""
        require_qwen2(gguf)
        self._library, self.gguf = library, gguf
        self._kept: list[object] = [gguf, tiles]  # whose memory the network reads
        embeddings = gguf.tensor("token_embd.weight")
        if embeddings.type not in EMBEDDINGS or len(embeddings.shape) != 2:
            raise GgufError(f"The embeddings are of type {embeddings.type}, {embeddings.shape}.")
        shape = _shape(gguf, embeddings.shape[0], context, sequences, threads)
        _check(gguf, shape)
        self.context, self.sequences = context, sequences
        self.vocabulary = int(shape.vocabulary)
        self.max_batch = int(library.kex_max_batch())
        self.kernels: str = library.kex_isa().decode()  # the instruction set, for people
        self._layers = int(shape.layers)
        self.bytes_a_step = sum(tile.nbytes for tile in tiles.values())
        self._net = library.kex_open(ctypes.byref(shape))
        if not self._net:
            raise MemoryError("There is not enough memory for the network's cache.")
        library.kex_set_embeddings(self._net, embeddings.type, embeddings.data.ctypes.data)
        self._fill(gguf, tiles)

    def _fill(self, gguf: Gguf, tiles: Tiles) -> None:
        for layer in range(self._layers):
            for which, name in enumerate(MATRICES):
                self._matrix(gguf, tiles, layer, which, f"blk.{layer}.{name}")
            for which, name in enumerate(NORMS):
                weight = self._floats(gguf, f"blk.{layer}.{name}.weight")
                self._library.kex_set_norm(self._net, layer, which, weight)
        # A file without an output matrix would use the embeddings as one.
        self._matrix(gguf, tiles, -1, 0, "output")
        self._library.kex_set_norm(self._net, -1, 0, self._floats(gguf, "output_norm.weight"))

    def _matrix(self, gguf: Gguf, tiles: Tiles, layer: int, which: int, name: str) -> None:
        tensor = gguf.tensor(f"{name}.weight")
        rows, columns = tensor.shape
        bias = self._floats(gguf, f"{name}.bias") if f"{name}.bias" in gguf.tensors else None
        self._library.kex_set_matrix(
            self._net, layer, which, tensor.type, rows, columns,
            tiles[tensor.name].ctypes.data, bias,
        )  # fmt: skip

    def _floats(self, gguf: Gguf, name: str) -> int:
        """The address of a small tensor's numbers."""
        values = np.ascontiguousarray(gguf.tensor(name).floats())
        self._kept.append(values)
        return int(values.ctypes.data)

    def add_adapter(self, number: int, path: Path) -> None:
        """Load a LoRA file (GGUF) as adapter `number`; raises GgufError where it does not fit."""
        gguf = read_gguf(path)
        alpha = gguf.number("adapter.lora.alpha")
        for name, first in gguf.tensors.items():
            if not name.endswith(".weight.lora_a"):
                continue
            _, layer, matrix, *_ = name.split(".")
            second = gguf.tensors.get(name.removesuffix("a") + "b")
            rank = first.shape[0]
            whole = self.gguf.tensors.get(name.removesuffix(".lora_a"))
            if (
                second is None
                or whole is None
                or matrix not in MATRICES
                or (*second.shape, *first.shape) != (whole.shape[0], rank, rank, whole.shape[1])
            ):
                raise GgufError(f"{path.name} has a matrix that does not fit: {name}.")
            if rank > MAX_RANK or number >= MAX_ADAPTERS:
                raise GgufError(f"{path.name} has rank {rank}; at most {MAX_RANK} is known.")
            a = np.ascontiguousarray(first.floats(), np.float16)
            rows = second.shape[0]
            # [rows, rank] → [rows / 16, rank, 16]: a load brings one rank of sixteen rows.
            sixteens = second.floats().reshape(rows // 16, 16, rank)
            b = np.ascontiguousarray(sixteens.transpose(0, 2, 1), np.float16)
            self._kept += [a, b]
            self._library.kex_set_low_rank(
                self._net, number, int(layer), MATRICES.index(matrix), a.ctypes.data,
                b.ctypes.data, rank, alpha / rank,
            )  # fmt: skip

    def forward(self, batch: Sequence[Token]) -> Logits:
        """The logits [wanted tokens, vocabulary] after each token that is `wanted`, in order.

        Every token also enters the cache at its place.
        """
        if not 0 < len(batch) <= self.max_batch:
            raise ValueError(f"A batch has 1 to {self.max_batch} tokens, not {len(batch)}.")
        for token in batch:
            if not (0 <= token.position < self.context and 0 <= token.id < self.vocabulary):
                raise ValueError(f"A token is outside of the context or the vocabulary: {token}.")
        fields = np.array(
            [(one.id, one.position, one.sequence, one.adapter) for one in batch], np.int32
        ).T.copy()
        wanted = np.array([at for at, one in enumerate(batch) if one.wanted], np.int32)
        logits = np.empty((len(wanted), self.vocabulary), np.float32)
        self._library.kex_forward(
            self._net, len(batch), *(row.ctypes.data for row in fields), len(wanted),
            wanted.ctypes.data, logits.ctypes.data,
        )  # fmt: skip
        return logits

    def copy(self, source: int, target: int, count: int) -> None:
        """The first `count` positions of one sequence also for another."""
        self._library.kex_copy(self._net, source, target, count)

    def best(self, logits: Logits, allowed: NDArray[np.uint32] | None = None) -> int:
        """The most probable token, of those whose bit is set in `allowed`; -1 where none is."""
        mask = allowed.ctypes.data if allowed is not None else None
        return int(self._library.kex_best(logits.ctypes.data, len(logits), mask))

    def logprob(self, logits: Logits, token: int) -> float:
        """The natural logarithm of the probability of a token."""
        total = self._library.kex_log_sum_exp(logits.ctypes.data, len(logits))
        return float(logits[token]) - float(total)

    def close(self) -> None:
        if self._net:
            self._library.kex_close(self._net)
            self._net = None


def require_qwen2(gguf: Gguf) -> None:
    """Raises GgufError where the file holds a network of another kind."""
    kind = gguf.metadata.get("general.architecture")
    if kind != "qwen2":
        raise GgufError(f"the network is of the kind {kind!r}, not 'qwen2'")


def _check(gguf: Gguf, shape: _Shape) -> None:
    """Raises GgufError where a tensor is not as large as the metadata says.

    The kernels read as many numbers as the metadata says, wherever that leads.
    """
    width, inner, head = int(shape.width), int(shape.inner), int(shape.head)
    keys = int(shape.key_heads) * head
    wanted = {
        "attn_q": (width, width), "attn_k": (keys, width), "attn_v": (keys, width),
        "attn_output": (width, width), "ffn_gate": (inner, width), "ffn_up": (inner, width),
        "ffn_down": (width, inner),
    }  # fmt: skip
    expected: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (int(shape.vocabulary), width),
        "output.weight": (int(shape.vocabulary), width),
        "output_norm.weight": (width,),
    }
    for layer in range(shape.layers):
        for name, form in wanted.items():
            expected[f"blk.{layer}.{name}.weight"] = form
            if f"blk.{layer}.{name}.bias" in gguf.tensors:
                expected[f"blk.{layer}.{name}.bias"] = form[:1]
        for name in NORMS:
            expected[f"blk.{layer}.{name}.weight"] = (width,)
    for name, sizes in expected.items():
        found = gguf.tensor(name).shape
        if found != sizes:
            raise GgufError(f"{name} has the shape {found}; the metadata says {sizes}.")


def _shape(gguf: Gguf, vocabulary: int, context: int, sequences: int, threads: int) -> _Shape:
    def number(name: str) -> int:
        found = gguf.number(f"qwen2.{name}")
        if not 1 <= found <= MOST or found != int(found):
            raise GgufError(f"qwen2.{name} is {found}.")
        return int(found)

    def share(name: str) -> float:
        found = gguf.number(f"qwen2.{name}")
        if not (0 < found < math.inf):
            raise GgufError(f"qwen2.{name} is {found}.")
        return found

    width, heads = number("embedding_length"), number("attention.head_count")
    key_heads, layers = number("attention.head_count_kv"), number("block_count")
    if width % heads or heads % key_heads or (width // heads) % LANES:
        raise GgufError(f"{heads} and {key_heads} heads do not share {width} columns evenly.")
    if f"blk.{layers - 1}.attn_q.weight" not in gguf.tensors:  # before anything is made for them
        raise GgufError(f"The file does not have the {layers} layers that it says.")
    return _Shape(
        layers, width, number("feed_forward_length"), heads, key_heads, width // heads,
        vocabulary, context, sequences, threads,
        share("rope.freq_base"), share("attention.layer_norm_rms_epsilon"),
    )  # fmt: skip

"""A Qwen2 network of a few thousand numbers as a GGUF file, and its blocks as plain numbers."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.qwen.gguf import BLOCKS, F16, F32, Q4_K, Q5_0, Q6_K, Q8_0
from models.qwen.tokenizer import _byte_alphabet

INNER, LAYERS = 512, 2
MERGES = ["a b", "ab c", "Ġ a", "1 9"]
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
END = 256 + len(MERGES) + 2
VOCABULARY = 272  # whole sixteens
# Where a block has its scales, in half precision.
SCALES = {Q4_K: slice(0, 4), Q5_0: slice(0, 2), Q6_K: slice(208, 210), Q8_0: slice(0, 2)}


@dataclass(frozen=True)
class Form:
    """A network's widths, and the types of its matrices: most of them, and the finer ones."""

    width: int
    heads: int
    key_heads: int
    usual: int
    finer: int


LARGE = Form(width=256, heads=4, key_heads=2, usual=Q4_K, finer=Q6_K)  # as the file of 1.5 billion
SMALL = Form(width=224, heads=7, key_heads=1, usual=Q5_0, finer=Q8_0)  # as the one of 0.5 billion


def random_blocks(type_: int, rows: int, columns: int, seed: int) -> NDArray[np.uint8]:
    """Blocks of a matrix [rows, columns] with random bits and scales of a usual size."""
    rng = np.random.default_rng(seed)
    columns_each, size = BLOCKS[type_]
    count = rows * columns // columns_each
    raw = rng.integers(0, 256, (count, size), np.uint8)
    scales = rng.uniform(0.5, 1.5, (count, 2)).astype(np.float16)
    sizes = {Q4_K: 2e-4, Q5_0: 6e-3, Q6_K: 5e-5, Q8_0: 8e-4}
    place = SCALES[type_]
    number = (place.stop - place.start) // 2
    raw[:, place] = (scales[:, :number] * np.float16(sizes[type_])).copy().view(np.uint8)
    return raw.reshape(-1)


def numbers(type_: int, raw: NDArray[np.uint8], columns: int) -> NDArray[np.float64]:
    """The matrix that blocks stand for, straight from the format's description."""
    blocks = raw.reshape(-1, BLOCKS[type_][1])
    read = {Q4_K: _numbers4, Q5_0: _numbers5, Q6_K: _numbers6, Q8_0: _numbers8}[type_]
    whole: NDArray[np.float64] = read(blocks).reshape(-1, columns)
    return whole


def _numbers5(blocks: NDArray[np.uint8]) -> NDArray[np.float64]:
    d = blocks[:, :2].copy().view(np.float16).astype(np.float64)
    fifth = np.unpackbits(blocks[:, 2:6], axis=1, bitorder="little").astype(int)
    low = np.concatenate([blocks[:, 6:] & 15, blocks[:, 6:] >> 4], 1)
    whole: NDArray[np.float64] = d * ((low | fifth << 4) - 16)
    return whole


def _numbers8(blocks: NDArray[np.uint8]) -> NDArray[np.float64]:
    d = blocks[:, :2].copy().view(np.float16).astype(np.float64)
    made: NDArray[np.float64] = d * blocks[:, 2:].copy().view(np.int8)
    return made


def _numbers4(blocks: NDArray[np.uint8]) -> NDArray[np.float64]:
    out = np.empty((len(blocks), 256))
    for block, to in zip(blocks, out, strict=True):
        d, dmin = block[:4].view(np.float16).astype(np.float64)
        p, q = block[4:16].astype(int), block[16:].reshape(4, 32)
        for j in range(8):
            if j < 4:
                scale, least = p[j] & 63, p[j + 4] & 63
            else:
                scale = (p[j + 4] & 15) | ((p[j - 4] >> 6) << 4)
                least = (p[j + 4] >> 4) | ((p[j] >> 6) << 4)
            bits = q[j // 2] >> 4 if j % 2 else q[j // 2] & 15
            to[32 * j : 32 * j + 32] = d * scale * bits - dmin * least
    return out


def _numbers6(blocks: NDArray[np.uint8]) -> NDArray[np.float64]:
    out = np.empty((len(blocks), 256))
    for block, to in zip(blocks, out, strict=True):
        d = block[208:210].view(np.float16).astype(np.float64)[0]
        low, high = block[:128].astype(int), block[128:192].astype(int)
        scales = block[192:208].view(np.int8).astype(np.float64)
        for column in range(256):
            half, place = divmod(column, 128)
            quarter, i = divmod(place, 32)
            four = low[64 * half + i + 32 * (quarter % 2)] >> (4 * (quarter // 2)) & 15
            two = high[32 * half + i] >> (2 * quarter) & 3
            to[column] = d * scales[column // 16] * ((four | two << 4) - 32)
    return out


class GgufFile:
    """What is put in comes out as a file of version 3."""

    def __init__(self) -> None:
        self._entries: list[bytes] = []
        self._tensors: list[tuple[str, tuple[int, ...], int, bytes]] = []

    def put(self, key: str, value: Any) -> None:
        self._entries.append(_string(key) + _typed(value))

    def put_raw(self, key: str, type_: int, count: int, items: bytes) -> None:
        """An array of a type that `put` does not write."""
        self._entries.append(_string(key) + struct.pack("<IIQ", 9, type_, count) + items)

    def tensor(self, name: str, shape: tuple[int, ...], type_: int, data: Any) -> None:
        self._tensors.append((name, shape, type_, np.ascontiguousarray(data).tobytes()))

    def write(self, path: Path) -> Path:
        head = b"GGUF" + struct.pack("<IQQ", 3, len(self._tensors), len(self._entries))
        head += b"".join(self._entries)
        body = b""
        for name, shape, type_, data in self._tensors:
            sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *reversed(shape))
            head += _string(name) + sizes + struct.pack("<IQ", type_, len(body))
            body += data + bytes(-len(data) % 32)
        path.write_bytes(head + bytes(-len(head) % 32) + body)
        return path


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _typed(value: Any) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + _string(value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    inner = _typed(value[0])[:4]
    items = b"".join(_typed(item)[4:] for item in value)
    return struct.pack("<I", 9) + inner + struct.pack("<Q", len(value)) + items


def tiny_qwen(path: Path, form: Form = LARGE) -> Path:
    """A network with random weights and a vocabulary of bytes and four merges."""
    file = GgufFile()
    file.put("general.architecture", "qwen2")
    shape = {
        "block_count": LAYERS, "embedding_length": form.width, "feed_forward_length": INNER,
        "attention.head_count": form.heads, "attention.head_count_kv": form.key_heads,
        "rope.freq_base": 10000.0, "attention.layer_norm_rms_epsilon": 1e-6,
    }  # fmt: skip
    for key, value in shape.items():
        file.put(f"qwen2.{key}", value)
    tokens = [*_byte_alphabet().values(), *(merge.replace(" ", "") for merge in MERGES), *SPECIAL]
    tokens += [f"[PAD{number}]" for number in range(len(tokens), VOCABULARY)]
    file.put("tokenizer.ggml.model", "gpt2")
    file.put("tokenizer.ggml.pre", "qwen2")
    file.put("tokenizer.ggml.tokens", tokens)
    ordinary = 256 + len(MERGES)
    file.put("tokenizer.ggml.token_type", [1 if n < ordinary else 3 for n in range(VOCABULARY)])
    file.put("tokenizer.ggml.merges", MERGES)
    file.put("tokenizer.ggml.eos_token_id", END)
    _fill(file, form)
    return file.write(path)


def _fill(file: GgufFile, form: Form) -> None:
    rng = np.random.default_rng(7)
    width, usual = form.width, form.usual
    keys = form.key_heads * width // form.heads

    def matrix(name: str, type_: int, rows: int, columns: int) -> None:
        data = random_blocks(type_, rows, columns, len(name) + rows)
        file.tensor(f"{name}.weight", (rows, columns), type_, data)

    def vector(name: str, size: int, around: float) -> None:
        data = (around + 0.1 * rng.standard_normal(size)).astype(np.float32)
        file.tensor(name, (size,), F32, data)

    matrix("token_embd", usual, VOCABULARY, width)
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        for name, rows in (("attn_q", width), ("attn_k", keys), ("attn_v", keys)):
            matrix(f"{block}.{name}", form.finer if name == "attn_v" else usual, rows, width)
            vector(f"{block}.{name}.bias", rows, 0.0)
        matrix(f"{block}.attn_output", usual, width, width)
        matrix(f"{block}.ffn_gate", usual, INNER, width)
        matrix(f"{block}.ffn_up", usual, INNER, width)
        matrix(f"{block}.ffn_down", Q6_K if layer else Q4_K, width, INNER)
        vector(f"{block}.attn_norm.weight", width, 1.0)
        vector(f"{block}.ffn_norm.weight", width, 1.0)
    vector("output_norm.weight", width, 1.0)
    matrix("output", form.finer, VOCABULARY, width)


def tiny_adapter(path: Path, rank: int = 3, form: Form = LARGE) -> Path:
    """A LoRA adapter for the tiny network's query and down matrices."""
    rng = np.random.default_rng(3)
    file = GgufFile()
    file.put("adapter.lora.alpha", 6.0)
    for layer in range(LAYERS):
        for name, rows, columns in (
            ("attn_q", form.width, form.width),
            ("ffn_down", form.width, INNER),
        ):
            for side, shape in (("a", (rank, columns)), ("b", (rows, rank))):
                data = (0.05 * rng.standard_normal(shape)).astype(np.float16)
                file.tensor(f"blk.{layer}.{name}.weight.lora_{side}", shape, F16, data)
    return file.write(path)

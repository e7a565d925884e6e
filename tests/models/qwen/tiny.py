"""A Qwen2 network of a few thousand numbers as a GGUF file, and its blocks as plain numbers."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.qwen.gguf import F16, F32, Q4_K, Q6_K
from models.qwen.tokenizer import _byte_alphabet

WIDTH, INNER, HEADS, KEY_HEADS, LAYERS = 256, 512, 4, 2, 2
BLOCK_BYTES = {Q4_K: 144, Q6_K: 210}
MERGES = ["a b", "ab c", "Ġ a", "1 9"]
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
END = 256 + len(MERGES) + 2
VOCABULARY = 272  # whole sixteens


def random_blocks(type_: int, rows: int, columns: int, seed: int) -> NDArray[np.uint8]:
    """Blocks of a matrix [rows, columns] with random bits and scales of a usual size."""
    rng = np.random.default_rng(seed)
    count = rows * columns // 256
    raw = rng.integers(0, 256, (count, BLOCK_BYTES[type_]), np.uint8)
    scales = rng.uniform(0.5, 1.5, (count, 2)).astype(np.float16)
    if type_ == Q4_K:
        raw[:, :4] = (scales * np.float16(2e-4)).view(np.uint8)
    else:
        raw[:, 208:] = (scales[:, :1] * np.float16(5e-5)).view(np.uint8)
    return raw.reshape(-1)


def numbers(type_: int, raw: NDArray[np.uint8], columns: int) -> NDArray[np.float64]:
    """The matrix that blocks stand for, straight from the format's description."""
    blocks = raw.reshape(-1, BLOCK_BYTES[type_])
    made = _numbers4(blocks) if type_ == Q4_K else _numbers6(blocks)
    return made.reshape(-1, columns)


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


def tiny_qwen(path: Path) -> Path:
    """A network with random weights and a vocabulary of bytes and four merges."""
    file = GgufFile()
    file.put("general.architecture", "qwen2")
    shape = {
        "block_count": LAYERS, "embedding_length": WIDTH, "feed_forward_length": INNER,
        "attention.head_count": HEADS, "attention.head_count_kv": KEY_HEADS,
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
    _fill(file)
    return file.write(path)


def _fill(file: GgufFile) -> None:
    rng = np.random.default_rng(7)
    keys = KEY_HEADS * WIDTH // HEADS

    def matrix(name: str, type_: int, rows: int, columns: int) -> None:
        data = random_blocks(type_, rows, columns, len(name) + rows)
        file.tensor(f"{name}.weight", (rows, columns), type_, data)

    def vector(name: str, size: int, around: float) -> None:
        data = (around + 0.1 * rng.standard_normal(size)).astype(np.float32)
        file.tensor(name, (size,), F32, data)

    matrix("token_embd", Q4_K, VOCABULARY, WIDTH)
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        for name, rows in (("attn_q", WIDTH), ("attn_k", keys), ("attn_v", keys)):
            matrix(f"{block}.{name}", Q6_K if name == "attn_v" else Q4_K, rows, WIDTH)
            vector(f"{block}.{name}.bias", rows, 0.0)
        matrix(f"{block}.attn_output", Q4_K, WIDTH, WIDTH)
        matrix(f"{block}.ffn_gate", Q4_K, INNER, WIDTH)
        matrix(f"{block}.ffn_up", Q4_K, INNER, WIDTH)
        matrix(f"{block}.ffn_down", Q6_K if layer else Q4_K, WIDTH, INNER)
        vector(f"{block}.attn_norm.weight", WIDTH, 1.0)
        vector(f"{block}.ffn_norm.weight", WIDTH, 1.0)
    vector("output_norm.weight", WIDTH, 1.0)
    matrix("output", Q6_K, VOCABULARY, WIDTH)


def tiny_adapter(path: Path, rank: int = 3) -> Path:
    """A LoRA adapter for the tiny network's query and down matrices."""
    rng = np.random.default_rng(3)
    file = GgufFile()
    file.put("adapter.lora.alpha", 6.0)
    for layer in range(LAYERS):
        for name, rows, columns in (("attn_q", WIDTH, WIDTH), ("ffn_down", WIDTH, INNER)):
            for side, shape in (("a", (rank, columns)), ("b", (rows, rank))):
                data = (0.05 * rng.standard_normal(shape)).astype(np.float16)
                file.tensor(f"blk.{layer}.{name}.weight.lora_{side}", shape, F16, data)
    return file.write(path)

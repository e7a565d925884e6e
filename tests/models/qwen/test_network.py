"""The network against the same network in numpy."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.qwen.gguf import Gguf, GgufError, read_gguf
from models.qwen.library import build, load
from models.qwen.network import Network, Token, require_qwen2
from models.qwen.weights import tiles_of
from tests.models.qwen.conftest import flags, make_network
from tests.models.qwen.tiny import (
    LAYERS,
    SMALL,
    VOCABULARY,
    GgufFile,
    numbers,
    tiny_adapter,
    tiny_qwen,
)

Numbers = NDArray[np.float64]
IDS = [3, 200, 17, 17, 259, 90, 4, 131]


class Reference:
    """Plain float64, one sequence read whole, no cache, no quantised activations."""

    def __init__(self, gguf: Gguf, adapter: Gguf | None = None) -> None:
        self._gguf, self._adapter = gguf, adapter
        self._heads = int(gguf.number("qwen2.attention.head_count"))
        self._key_heads = int(gguf.number("qwen2.attention.head_count_kv"))

    def matrix(self, name: str) -> Numbers:
        tensor = self._gguf.tensors[f"{name}.weight"]
        whole = numbers(tensor.type, tensor.data, tensor.shape[1])
        low = self._adapter.tensors.get(f"{name}.weight.lora_a") if self._adapter else None
        if low is not None and self._adapter is not None:
            high = self._adapter.tensors[f"{name}.weight.lora_b"].floats().astype(float)
            scale = self._adapter.number("adapter.lora.alpha") / low.shape[0]
            whole = whole + scale * high @ low.floats().astype(float)
        return whole

    def vector(self, name: str) -> Numbers:
        plain: Numbers = np.asarray(self._gguf.tensors[name].floats(), np.float64)
        return plain

    def norm(self, x: Numbers, name: str) -> Numbers:
        normed: Numbers = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6) * self.vector(name)
        return normed

    def logits(self, ids: list[int]) -> Numbers:
        x = self.matrix("token_embd")[ids]
        for layer in range(LAYERS):
            block = f"blk.{layer}"
            normed = self.norm(x, f"{block}.attn_norm.weight")
            x = x + self.attention(normed, block) @ self.matrix(f"{block}.attn_output").T
            normed = self.norm(x, f"{block}.ffn_norm.weight")
            gate = normed @ self.matrix(f"{block}.ffn_gate").T
            up = normed @ self.matrix(f"{block}.ffn_up").T
            x = x + (gate / (1 + np.exp(-gate)) * up) @ self.matrix(f"{block}.ffn_down").T
        return self.norm(x, "output_norm.weight") @ self.matrix("output").T

    def attention(self, x: Numbers, block: str) -> Numbers:
        def heads(name: str, count: int) -> Numbers:
            flat = x @ self.matrix(f"{block}.{name}").T + self.vector(f"{block}.{name}.bias")
            return flat.reshape(len(x), count, -1).transpose(1, 0, 2)

        query = turned(heads("attn_q", self._heads))
        key = turned(heads("attn_k", self._key_heads))
        value = heads("attn_v", self._key_heads)
        group = self._heads // self._key_heads
        key, value = key.repeat(group, 0), value.repeat(group, 0)
        scores = query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1])
        scores += np.triu(np.full((len(x), len(x)), -np.inf), 1)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        mixed: Numbers = (weights @ value).transpose(1, 0, 2).reshape(len(x), -1)
        return mixed


def turned(x: Numbers) -> Numbers:
    """Rotary positions: the first half of a head with the second."""
    half = x.shape[-1] // 2
    angle = np.outer(np.arange(x.shape[1]), 10000.0 ** (-np.arange(half) / half))
    a, b = x[..., :half], x[..., half:]
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.concatenate([a * cosine - b * sine, a * sine + b * cosine], -1)


def read(
    network: Network, ids: list[int], sequence: int = 0, adapter: int = -1, begin: int = 0
) -> NDArray[np.float32]:
    tokens = [Token(one, begin + at, sequence, adapter, True) for at, one in enumerate(ids)]
    return network.forward(tokens)


@pytest.mark.parametrize("adapter", [-1, 0])
def test_logits_are_those_of_the_reference(
    network: Network, gguf: Gguf, folder: Path, adapter: int
) -> None:
    low = read_gguf(tiny_adapter(folder / "adapter.gguf")) if adapter == 0 else None
    assert_near(read(network, IDS, adapter=adapter), Reference(gguf, low).logits(IDS))


@pytest.mark.parametrize("adapter", [-1, 0])
def test_a_small_network_has_its_own_types_and_an_odd_width(
    library: ctypes.CDLL, tmp_path: Path, adapter: int
) -> None:
    gguf = read_gguf(tiny_qwen(tmp_path / "small.gguf", SMALL))
    path = tiny_adapter(tmp_path / "low.gguf", form=SMALL)
    tiles = tiles_of(gguf, library, None, "small", 1)
    network = Network(gguf, tiles, library, context=32, sequences=1, threads=2)
    network.add_adapter(0, path)
    low = read_gguf(path) if adapter == 0 else None
    assert_near(read(network, IDS, adapter=adapter), Reference(gguf, low).logits(IDS))
    network.close()


def assert_near(got: NDArray[np.float32], wanted: Numbers) -> None:
    # Activations have eight bits and keys and values sixteen: some parts in a hundred.
    assert np.abs(got - wanted).max() < 0.06 * np.abs(wanted).max()
    for mine, theirs in zip(got, wanted, strict=True):
        assert np.corrcoef(mine, theirs)[0, 1] > 0.998


LONG = [(7 * at + at * at) % VOCABULARY for at in range(43)]  # no multiple of 4 or 16


@pytest.mark.parametrize("adapter", [-1, 0])
def test_a_long_prompt_has_the_logits_of_the_reference(
    network: Network, gguf: Gguf, folder: Path, adapter: int
) -> None:
    low = read_gguf(tiny_adapter(folder / "adapter.gguf")) if adapter == 0 else None
    assert_near(read(network, LONG, adapter=adapter), Reference(gguf, low).logits(LONG))


@pytest.mark.parametrize("chosen", flags(), ids=" ".join)
def test_every_instruction_set_gives_the_logits_of_plain_c(
    gguf: Gguf, plain: ctypes.CDLL, folder: Path, chosen: tuple[str, ...]
) -> None:
    made = []
    for one in (plain, load(build(folder, chosen))):
        network = make_network(gguf, one, folder)
        made.append(read(network, LONG, adapter=0).tobytes())
        network.close()
    assert made[0] == made[1]


def test_the_adapter_changes_the_logits_of_its_tokens_only(network: Network) -> None:
    plain = read(network, IDS)
    mixed = [
        Token(one, at, sequence, adapter, True)
        for at, one in enumerate(IDS)
        for sequence, adapter in ((1, 0), (2, -1))
    ]
    logits = network.forward(mixed)
    assert logits[1::2].tobytes() == plain.tobytes()
    assert logits[::2].tobytes() == read(network, IDS, adapter=0).tobytes()
    assert np.abs(logits[::2] - plain).max() > 0.01


def test_the_same_bits_in_one_batch_and_token_by_token(network: Network) -> None:
    together = read(network, IDS)
    for at, one in enumerate(IDS):
        assert read(network, [one], 1, begin=at)[0].tobytes() == together[at].tobytes()


def test_the_same_bits_on_one_thread_and_on_three(
    gguf: Gguf, library: ctypes.CDLL, folder: Path
) -> None:
    made = []
    for threads in (1, 3):
        network = make_network(gguf, library, folder, threads)
        made.append(read(network, IDS, adapter=0).tobytes())
        network.close()
    assert made[0] == made[1]


def test_a_copied_beginning_is_worth_one_that_was_read(network: Network) -> None:
    wanted = read(network, IDS)[-1]
    network.copy(0, 2, 5)
    assert read(network, IDS[5:], 2, begin=5)[-1].tobytes() == wanted.tobytes()
    wanted = read(network, LONG)[-1]
    network.copy(0, 1, 21)
    assert read(network, LONG[21:], 1, begin=21)[-1].tobytes() == wanted.tobytes()


def test_the_best_token_and_its_probability(network: Network) -> None:
    logits = read(network, IDS)[-1]
    assert network.best(logits) == int(logits.argmax())
    mask = np.zeros(-(-VOCABULARY // 32), np.uint32)
    assert network.best(logits, mask) == -1
    mask[1] = 1 << 3 | 1 << 7
    assert network.best(logits, mask) == max((35, 39), key=lambda one: logits[one])
    exact = logits.astype(float)
    wanted = exact[9] - np.log(np.exp(exact - exact.max()).sum()) - exact.max()
    assert network.logprob(logits, 9) == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize(
    "token", [Token(VOCABULARY, 0, 0), Token(-1, 0, 0), Token(1, 128, 0), Token(1, -1, 0)]
)
def test_a_token_outside_is_refused(network: Network, token: Token) -> None:
    with pytest.raises(ValueError, match="outside"):
        network.forward([token])


def test_an_adapter_of_another_network_is_refused(network: Network, tmp_path: Path) -> None:
    file = GgufFile()
    file.put("adapter.lora.alpha", 1.0)
    zeros: Any = np.zeros((1, 1), np.float16)
    file.tensor("blk.9.attn_q.weight.lora_a", (1, 1), 1, zeros)
    with pytest.raises(GgufError, match="does not fit"):
        network.add_adapter(1, file.write(tmp_path / "other.gguf"))


def test_another_kind_of_network_is_refused(gguf: Gguf) -> None:
    with pytest.raises(GgufError, match="'llama'"):
        require_qwen2(Gguf({"general.architecture": "llama"}, gguf.tensors))


def test_an_adapter_of_another_width_is_refused(network: Network, tmp_path: Path) -> None:
    other = tiny_adapter(tmp_path / "other.gguf", form=SMALL)
    with pytest.raises(GgufError, match="does not fit"):
        network.add_adapter(1, other)

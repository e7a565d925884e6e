"""Steps of several tokens on the engine of our own, beside what the memory alone would allow."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any

import click
import numpy as np
from rich.table import Table

from cli.language import say
from cli.terminal import print_table
from settings import load_settings

SIZES = (1, 2, 3, 4, 6, 8, 12, 16)
PREFILL_TOKENS, POSITION = 256, 256
MILLISECONDS = 1000.0  # in a second
PIECES = 64  # of the memory that is read


def measure(rounds: int) -> dict[str, Any]:
    """Milliseconds by size without and with the adapter, tokens a second of a prompt, and the
    floor: milliseconds in which the weights can be read from memory at all."""
    from models.embedded.model import Embedded
    from models.embedded.own_engine import open_network
    from models.embedded.profile import ADAPTER
    from models.qwen.network import Token

    settings = load_settings()
    model = Embedded(settings)
    path = model.weights_path()
    network = open_network(path, model.content_key(path), ADAPTER, settings, model.threads())

    def seconds(count: int, adapter: int) -> float:
        batch = [Token(1000 + at, POSITION + at, 0, adapter, wanted=True) for at in range(count)]
        began = time.perf_counter()
        network.forward(batch)
        return time.perf_counter() - began

    try:
        prefill = [Token(1000 + at, at, 0, 0) for at in range(PREFILL_TOKENS)]
        network.forward(prefill)
        began = time.perf_counter()
        network.forward(prefill)
        figures: dict[str, Any] = {"prefill": PREFILL_TOKENS / (time.perf_counter() - began)}
        for name, adapter in (("plain", -1), ("with_adapter", 0)):
            taken: dict[int, list[float]] = {size: [] for size in SIZES}
            for _ in range(rounds):
                for size in SIZES:
                    taken[size].append(seconds(size, adapter))
            figures[name] = {size: MILLISECONDS * median(all_) for size, all_ in taken.items()}
        figures["floor"] = MILLISECONDS * _memory_floor(network.bytes_a_step, model.threads())
    finally:
        network.close()
    return figures


def _memory_floor(size: int, threads: int) -> float:
    """Seconds in which `threads` threads read `size` bytes; the best of five."""
    memory = np.ones(size // 8, np.uint64)
    pieces = np.array_split(memory, PIECES)
    best = float("inf")
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(5):
            began = time.perf_counter()
            list(pool.map(np.max, pieces))
            best = min(best, time.perf_counter() - began)
    return best


def show(figures: dict[str, Any]) -> None:
    click.echo(say("bench_prefill", rate=figures["prefill"]))
    table = Table("", *map(str, SIZES), title=say("bench_steps"), title_justify="left")
    for name in ("plain", "with_adapter"):
        row = figures[name]
        cells = (f"{row[size]:.1f} ({row[size] / row[1]:.2f} ×)" for size in SIZES)
        table.add_row(say(f"bench_{name}"), *cells)
    print_table(table)
    click.echo(say("bench_floor", milliseconds=figures["floor"]))

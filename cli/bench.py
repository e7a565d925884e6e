"""`app.py bench`: how fast the embedded model is on this machine, beside llama.cpp.

Whole requests are asked in turn of both engines in one run, so that a busy machine slows both; the
figures are medians and ratios.
"""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from cli.language import say
from cli.terminal import print_table
from errors import Unavailable
from settings import Settings, load_settings
from wording import message

if TYPE_CHECKING:
    from models.base import GenerateRequest
    from models.embedded.model import Embedded

STEP_SIZES = (1, 2, 3, 4, 6, 8, 12, 16)
PREFILL_TOKENS, STEP_POSITION = 256, 256
BESIDE = 4  # requests at a time, in one measurement
# Of the annotated texts: so many for each language and task, of usual length.
TEXTS, SHORTEST, LONGEST = 2, {"zh": 60, "en": 200}, {"zh": 200, "en": 600}
MILLISECONDS = 1000.0  # in a second

JSON_FILE = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class Timed:
    """One answer: seconds until its first text and its end, and its tokens."""

    first: float
    whole: float
    tokens: int


@click.group()
def bench() -> None:
    """How fast the embedded model is here, on Kex's own engine and on llama.cpp."""


@bench.command("requests")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--out", type=JSON_FILE, help="JSON file to write.")
def requests_command(rounds: int, out: Path | None) -> None:
    """Ask whole requests of both engines in turn; medians, and llama.cpp's time over our own."""
    own, llama = _embedded("own"), _embedded("llama.cpp")
    try:
        asked = _requests(own)
        figures: dict[str, dict[str, list[Timed]]] = {
            name: {"own": [], "llama": []} for name in asked
        }
        for number in range(rounds + 1):
            for name, request in asked.items():
                for kind, model in (("own", own), ("llama", llama)):
                    timed = _ask(model, request)
                    if number:  # the first round reads the weights from disk
                        figures[name][kind].append(timed)
        beside = {"own": _beside(own, asked), "llama": _beside(llama, asked)}
    finally:
        own.close()
        llama.close()
    rows = {name: _medians(by_kind) for name, by_kind in figures.items()}
    summary = {
        "whole": statistics.median(row["llama_whole"] / row["own_whole"] for row in rows.values()),
        "first": statistics.median(row["own_first"] / row["llama_first"] for row in rows.values()),
        "beside": beside["own"] / beside["llama"],
    }
    _print_requests(rows, summary)
    _write(out, {"requests": rows, "ratios": summary, "tokens_per_second_beside": beside})


@bench.command("steps")
@click.option("--rounds", type=click.IntRange(1), default=9, show_default=True)
@click.option("--out", type=JSON_FILE, help="JSON file to write.")
def steps_command(rounds: int, out: Path | None) -> None:
    """What a step of several tokens costs on Kex's own engine, and how fast it reads."""
    from models.embedded.own_engine import open_network
    from models.embedded.profile import ADAPTER
    from models.qwen.network import Token

    settings = load_settings()
    model = _embedded("own")
    path = model.weights_path()
    network = open_network(path, model.content_key(path), ADAPTER, settings, model.threads())

    def seconds(count: int, position: int, adapter: int) -> float:
        batch = [Token(1000 + at, position + at, 0, adapter, wanted=True) for at in range(count)]
        began = time.perf_counter()
        network.forward(batch)
        return time.perf_counter() - began

    try:
        prefill = [Token(1000 + at, at, 0, 0) for at in range(PREFILL_TOKENS)]
        network.forward(prefill)
        began = time.perf_counter()
        network.forward(prefill)
        figures: dict[str, Any] = {"prefill": PREFILL_TOKENS / (time.perf_counter() - began)}
        for adapter in (-1, 0):
            taken: dict[int, list[float]] = {size: [] for size in STEP_SIZES}
            for _ in range(rounds):
                for size in STEP_SIZES:
                    taken[size].append(seconds(size, STEP_POSITION, adapter))
            name = "with_adapter" if adapter == 0 else "plain"
            medians = {size: statistics.median(all_) for size, all_ in taken.items()}
            figures[name] = {size: MILLISECONDS * median for size, median in medians.items()}
    finally:
        network.close()
    click.echo(say("bench_prefill", rate=figures["prefill"]))
    table = Table("", *map(str, STEP_SIZES), title=say("bench_steps"), title_justify="left")
    for name in ("plain", "with_adapter"):
        row = figures[name]
        cells = (f"{row[size]:.1f} ({row[size] / row[1]:.2f} ×)" for size in STEP_SIZES)
        table.add_row(say(f"bench_{name}"), *cells)
    print_table(table)
    _write(out, figures)


def _embedded(engine: str) -> Embedded:
    """A loaded model; raises Unavailable where the engine cannot run it."""
    from models.embedded.model import Embedded

    settings: Settings = load_settings().model_copy(update={"embedded_engine": engine})
    model = Embedded(settings)
    model.load()
    return model


def _requests(model: Embedded) -> dict[str, GenerateRequest]:
    """Requests of both languages and all tasks over annotated texts, as `extract` makes them."""
    from evaluation.gold.rows import OWN, read_gold
    from extraction.prompting.messages import build_request
    from extraction.request.task import make_task

    if not model.capabilities.tuned:
        raise Unavailable(message("errors.bench_other_weights"))
    found: dict[str, GenerateRequest] = {}
    counts: dict[tuple[str, str], int] = {}
    for row in read_gold([OWN]):
        kind = row.lang, row.task
        usual = SHORTEST[row.lang] <= len(row.text) <= LONGEST[row.lang]
        if not usual or counts.get(kind, 0) == TEXTS:
            continue
        counts[kind] = counts.get(kind, 0) + 1
        task = make_task(row.task, row.text, lang=row.lang, entity=row.entity)
        found[row.id] = build_request(task, row.text, model.capabilities)
    return found


def _ask(model: Embedded, request: GenerateRequest) -> Timed:
    from models.base import Finish, Text

    began = time.perf_counter()
    first = None
    tokens = 0
    for chunk in model.generate(request):
        if isinstance(chunk, Text) and first is None:
            first = time.perf_counter() - began
        if isinstance(chunk, Finish):
            tokens = chunk.usage.completion_tokens or 0
    whole = time.perf_counter() - began
    return Timed(first if first is not None else whole, whole, tokens)


def _beside(model: Embedded, asked: dict[str, GenerateRequest]) -> float:
    """Tokens a second where several requests are asked at a time."""
    chosen = list(asked.values())[:BESIDE]
    done: list[Timed] = []
    threads = [
        threading.Thread(target=lambda one=one: done.append(_ask(model, one))) for one in chosen
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(timed.tokens for timed in done) / (time.perf_counter() - began)


def _medians(by_kind: dict[str, list[Timed]]) -> dict[str, float]:
    row: dict[str, float] = {}
    for kind, all_ in by_kind.items():
        for field in ("first", "whole", "tokens"):
            row[f"{kind}_{field}"] = statistics.median(asdict(timed)[field] for timed in all_)
    return row


def _print_requests(rows: dict[str, dict[str, float]], ratios: dict[str, float]) -> None:
    heads = ("request", "own_whole", "llama_whole", "own_first", "llama_first", "tokens")
    table = Table(*(say(f"bench_{head}") for head in heads))
    for name, row in rows.items():
        seconds: Sequence[str] = [f"{row[head]:.2f}" for head in heads[1:5]]
        table.add_row(name, *seconds, f"{row['own_tokens']:.0f}")
    print_table(table)
    click.echo(say("bench_ratios", **ratios))


def _write(out: Path | None, figures: dict[str, Any]) -> None:
    if out is not None:
        out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")

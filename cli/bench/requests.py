"""Whole requests, a long prompt, and four requests at a time, on both engines."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from cli.bench.models import ENGINES, Timed, ask, both, long_prompt, requests_of
from cli.language import say
from cli.terminal import print_table, remark

if TYPE_CHECKING:
    from models.base import GenerateRequest
    from models.embedded.model import Embedded

BESIDE = 4  # requests at a time
FIELDS = ("first", "whole", "tokens")


def measure(rounds: int) -> dict[str, Any]:
    """Medians by request and engine, and the ratios of the engines."""
    with both() as models:
        asked = requests_of(models["own"])
        answers: dict[str, dict[str, list[Timed]]] = {
            name: {engine: [] for engine in ENGINES} for name in asked
        }
        reading: dict[str, list[float]] = {engine: [] for engine in ENGINES}
        rates: dict[str, list[float]] = {"beside": [], "one_by_one": []}
        for engine in ENGINES:  # the weights come from the disk
            ask(models[engine], next(iter(asked.values())))
        for number in range(rounds):
            for engine in ENGINES:
                reading[engine].append(ask(models[engine], long_prompt(number)).whole)
            for name, request in asked.items():
                for engine in ENGINES:
                    answers[name][engine].append(ask(models[engine], request))
                remark(say("bench_round", number=number + 1, rounds=rounds, name=name))
            four = list(asked.values())[:: len(asked) // BESIDE][:BESIDE]
            rates["beside"].append(_beside(models["own"], four))
            alone = [ask(models["llama.cpp"], one) for one in four]
            rates["one_by_one"].append(
                sum(one.tokens for one in alone) / sum(one.whole for one in alone)
            )
    rows = {
        name: {
            engine: {field: median(getattr(one, field) for one in all_) for field in FIELDS}
            for engine, all_ in by_engine.items()
        }
        for name, by_engine in answers.items()
    }
    return {"requests": rows, "ratios": _ratios(rows, reading, rates), "rates": rates}


def _ratios(
    rows: dict[str, dict[str, dict[str, float]]],
    reading: dict[str, list[float]],
    rates: dict[str, list[float]],
) -> dict[str, float]:
    def over(one: str, other: str, field: str) -> float:
        return median(row[one][field] / row[other][field] for row in rows.values())

    return {
        "whole": over("llama.cpp", "own", "whole"),
        "first": over("own", "llama.cpp", "first"),
        "reading": median(
            theirs / ours for ours, theirs in zip(reading["own"], reading["llama.cpp"], strict=True)
        ),
        "beside": median(
            ours / theirs for ours, theirs in zip(rates["beside"], rates["one_by_one"], strict=True)
        ),
    }


def _beside(model: Embedded, asked: Sequence[GenerateRequest]) -> float:
    """Tokens a second where all requests are asked at once."""
    done: list[Timed] = []
    threads = [
        threading.Thread(target=lambda one=one: done.append(ask(model, one))) for one in asked
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(timed.tokens for timed in done) / (time.perf_counter() - began)


def show(figures: dict[str, Any]) -> None:
    heads = ("request", "own_whole", "llama_whole", "own_first", "llama_first", "tokens")
    table = Table(*(say(f"bench_{head}") for head in heads))
    for name, row in figures["requests"].items():
        seconds = (row[engine][field] for field in ("whole", "first") for engine in ENGINES)
        table.add_row(name, *(f"{one:.2f}" for one in seconds), f"{row['own']['tokens']:.0f}")
    print_table(table)
    click.echo(say("bench_ratios", **figures["ratios"]))

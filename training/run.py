"""Trains an adapter on prepared groups, in as many runs as it takes.

`python -m training.run GGUF GROUPS STATE --minutes M [--start ADAPTER]` goes on from what STATE
holds, or begins from ADAPTER or anew. Every ten minutes STATE gets the adapter, the optimiser and
the place in the groups, so a killed run loses at most that. The learning rate is level and falls
in the last fifth of the time, so every run ends with an adapter worth measuring.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from training.base import load_base
from training.train import adapt, learn, read_sequences

RANK, ALPHA = 16, 32
RATE, WARM_STEPS, LEAST = 2e-4, 10, 0.05
FALLING = 0.2  # of the time, at its end
BATCH = 3  # groups a step
SAVE_EVERY = 600.0  # seconds


def run(gguf: Path, groups: Path, state: Path, minutes: float, start: Path | None) -> None:
    torch.manual_seed(1)
    os.nice(19)
    state.mkdir(parents=True, exist_ok=True)
    sequences = read_sequences(gguf, groups)
    model = load_base(gguf)
    stored = state / "adapter"
    tuned = adapt(model, stored if stored.is_dir() else start, RANK, ALPHA)
    free = [parameter for parameter in tuned.parameters() if parameter.requires_grad]
    # The adapter computes in bfloat16 like the model; its small steps are added up in float32.
    exact = [parameter.detach().float() for parameter in free]
    optimizer = torch.optim.AdamW(exact, weight_decay=0.0, betas=(0.9, 0.98))
    place = 0
    if (state / "optimizer.pt").exists():
        read = torch.load(state / "optimizer.pt", weights_only=True)
        place = read["place"] if read["groups"] == groups.name else 0
        optimizer.load_state_dict(read["optimizer"])
        for own, parameter in zip(exact, read["exact"], strict=True):
            own.copy_(parameter)
    began = saved = time.monotonic()
    step = tokens = 0
    mean: float | None = None
    with (state / "log.jsonl").open("a", encoding="utf-8") as log:
        while place < len(sequences):
            spent = (time.monotonic() - began) / (60 * minutes)
            if spent > 1:
                break
            step += 1
            for group in optimizer.param_groups:
                group["lr"] = rate(step, spent)
            batch = sequences[place : place + BATCH]
            loss = learn(model, batch)
            for own, parameter in zip(exact, free, strict=True):
                own.grad = parameter.grad.float()  # type: ignore[union-attr]  # learn() set it
                parameter.grad = None
            torch.nn.utils.clip_grad_norm_(exact, 1.0)
            optimizer.step()
            with torch.no_grad():
                for own, parameter in zip(exact, free, strict=True):
                    parameter.copy_(own)
            place += len(batch)
            tokens += sum(len(sequence.ids) for sequence in batch)
            mean = loss if mean is None else 0.97 * mean + 0.03 * loss
            entry = {
                "groups": groups.name, "place": place, "loss": round(mean, 4), "tokens": tokens,
                "tokens_per_second": round(tokens / (time.monotonic() - began), 1),
            }  # fmt: skip
            log.write(json.dumps(entry) + "\n")
            log.flush()
            if time.monotonic() - saved > SAVE_EVERY:
                save(state, tuned, optimizer, exact, {"place": place, "groups": groups.name})
                saved = time.monotonic()
    save(state, tuned, optimizer, exact, {"place": place, "groups": groups.name})


def rate(step: int, spent: float) -> float:
    """A short climb, a level, and a straight fall in the last part of the run."""
    fall = min(1.0, max(LEAST, (1 - spent) / FALLING))
    return RATE * min(1.0, step / WARM_STEPS) * fall


def save(
    state: Path,
    tuned: PeftModel,
    optimizer: torch.optim.Optimizer,
    exact: list[torch.Tensor],
    rest: dict[str, Any],
) -> None:
    """Write adapter and optimiser; a run killed here leaves the files of before or of now."""
    tuned.save_pretrained(state / "adapter")
    new = state / "optimizer.pt.new"
    torch.save({"optimizer": optimizer.state_dict(), "exact": exact, **rest}, new)
    os.replace(new, state / "optimizer.pt")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("groups", type=Path)
    parser.add_argument("state", type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--start", type=Path)
    options = parser.parse_args()
    run(options.gguf, options.groups, options.state, options.minutes, options.start)

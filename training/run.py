"""Trains the adapter on prepared groups, in as many runs as it takes.

`python -m training.run GGUF GROUPS STATE --minutes M [--start ADAPTER] [--dev GROUPS]` continues
from what STATE holds, or begins from ADAPTER (a folder or a GGUF file) or anew. Every ten minutes
STATE gets the adapter, the optimiser and the place in the groups, so that a killed run loses at
most that. The learning rate is level and falls in the last third of the time: every run ends with
an adapter that is worth measuring. `log.jsonl` in STATE has a line a step; with --dev also the
loss on the first 60 rows of those groups, at the beginning, once an hour and at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch.nn.functional import cross_entropy

from training.base import load_base, read_sequences
from training.export import NAMES, read_adapter
from training.packing import Sequence

FIRST_LAYER = 8  # below it neither gradients nor adapters are needed
WARM_STEPS, LEAST = 10, 0.05
FALLING = 0.3  # of the time, at its end
BATCH = 3  # groups a step
SAVE_SECONDS, CURVE_SECONDS = 600.0, 3600.0
CURVE_ROWS = 60


@dataclass(frozen=True)
class RunOptions:
    """What a run trains, where, and for how long; `rate` is the learning rate's level."""

    gguf: Path
    groups: Path
    state: Path
    minutes: float
    start: Path | None = None
    dev: Path | None = None
    device: str = "cpu"
    rank: int = 16
    rate: float = 3.5e-4


class Training:
    """The network with its adapter, the optimiser, and the place in the groups."""

    def __init__(self, options: RunOptions) -> None:
        self._options = options
        self._adapter = options.state / "adapter"
        start = self._adapter if self._adapter.is_dir() else options.start
        self._model = load_base(options.gguf).to(options.device)
        self._tuned = adapt(self._model, start, options.rank)
        self._free = [one for one in self._tuned.parameters() if one.requires_grad]
        # The adapter computes in bfloat16 like the model; its small steps are added up in float32.
        self._exact = [parameter.detach().float() for parameter in self._free]
        self._optimizer = torch.optim.AdamW(self._exact, weight_decay=0.0, betas=(0.9, 0.98))
        self.place = self._read_state()

    def _read_state(self) -> int:
        path = self._options.state / "optimizer.pt"
        if not path.exists():
            return 0
        read = torch.load(path, weights_only=True, map_location=self._options.device)
        self._optimizer.load_state_dict(read["optimizer"])
        for own, parameter in zip(self._exact, read["exact"], strict=True):
            own.copy_(parameter)
        same = read["groups"] == self._options.groups.name
        return int(read["place"]) if same else 0

    def step(self, batch: list[Sequence], rate: float) -> float:
        """One step of the optimiser; the batch's mean loss per answer token."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        loss = learn(self._model, [one.to(self._options.device) for one in batch])
        for own, parameter in zip(self._exact, self._free, strict=True):
            own.grad = parameter.grad.float()  # type: ignore[union-attr]  # learn() set it
            parameter.grad = None
        torch.nn.utils.clip_grad_norm_(self._exact, 1.0)
        self._optimizer.step()
        with torch.no_grad():
            for own, parameter in zip(self._exact, self._free, strict=True):
                parameter.copy_(own)
        self.place += len(batch)
        return loss

    @torch.no_grad()
    def loss_on(self, sequences: list[Sequence]) -> float:
        """The mean loss per answer token of rows that are not trained on."""
        moved = [one.to(self._options.device) for one in sequences]
        count = sum(int((one.targets >= 0).sum()) for one in moved)
        return sum(loss_of(self._model, one).item() for one in moved) / count

    def save(self) -> None:
        """Write adapter and optimiser; a run killed here leaves the files of before or of now."""
        self._tuned.save_pretrained(self._adapter)
        new = self._options.state / "optimizer.pt.new"
        state = {
            "optimizer": self._optimizer.state_dict(),
            "exact": self._exact,
            "place": self.place,
            "groups": self._options.groups.name,
        }
        torch.save(state, new)
        os.replace(new, self._options.state / "optimizer.pt")


def run(options: RunOptions) -> None:
    torch.manual_seed(1)
    options.state.mkdir(parents=True, exist_ok=True)
    sequences = read_sequences(options.gguf, options.groups)
    dev = read_sequences(options.gguf, options.dev, CURVE_ROWS) if options.dev else []
    training = Training(options)
    began = time.monotonic()
    step = tokens = 0
    mean: float | None = None
    with (options.state / "log.jsonl").open("a", encoding="utf-8") as log:

        def note(**figures: Any) -> None:
            line = {"groups": options.groups.name, "place": training.place, **figures}
            log.write(json.dumps(line) + "\n")
            log.flush()

        def draw_curve() -> None:
            if dev:
                note(dev_loss=round(training.loss_on(dev), 4))

        saving = _Every(SAVE_SECONDS, training.save)
        drawing = _Every(CURVE_SECONDS, draw_curve)
        draw_curve()
        while training.place < len(sequences):
            spent = (time.monotonic() - began) / (60 * options.minutes)
            if spent > 1:
                break
            step += 1
            batch = list(islice(sequences, training.place, training.place + BATCH))
            loss = training.step(batch, options.rate * share(step, spent))
            tokens += sum(len(sequence.ids) for sequence in batch)
            mean = loss if mean is None else 0.97 * mean + 0.03 * loss
            speed = tokens / (time.monotonic() - began)
            note(loss=round(mean, 4), tokens=tokens, tokens_per_second=round(speed, 1))
            saving.check()
            drawing.check()
        training.save()
        draw_curve()


class _Every:
    """Does something again each time that so many seconds have passed."""

    def __init__(self, seconds: float, action: Callable[[], None]) -> None:
        self._seconds, self._action = seconds, action
        self._last = time.monotonic()

    def check(self) -> None:
        if time.monotonic() - self._last > self._seconds:
            self._action()
            self._last = time.monotonic()


def adapt(model: torch.nn.Module, start: Path | None, rank: int) -> PeftModel:
    """The model with an adapter to be trained: `start`'s (peft's folder or an exported file), or a
    fresh one of this rank."""
    matrices = read_adapter(start) if start is not None and start.suffix == ".gguf" else {}
    if start is not None and not matrices:
        return PeftModel.from_pretrained(
            model, start, is_trainable=True, autocast_adapter_dtype=False
        ).to(torch.bfloat16)
    config = LoraConfig(
        r=rank,
        lora_alpha=2 * rank,
        target_modules=[name.split(".")[1] for name in NAMES],
        layers_to_transform=list(range(FIRST_LAYER, model.config.num_hidden_layers)),
        task_type="CAUSAL_LM",
    )
    tuned = get_peft_model(model, config, autocast_adapter_dtype=False)
    if matrices:  # torch refuses matrices of another rank
        found = tuned.load_state_dict(matrices, strict=False)
        if found.unexpected_keys:
            raise ValueError(f"{start} has matrices of other layers: {found.unexpected_keys[:3]}")
    return tuned


def learn(model: torch.nn.Module, batch: list[Sequence]) -> float:
    """Gradients of the batch's mean loss per answer token; sequence by sequence, none padded."""
    count = sum(int((sequence.targets >= 0).sum()) for sequence in batch)
    total = 0.0
    for sequence in batch:
        loss = loss_of(model, sequence) / count
        loss.backward()
        total += loss.item()
    return total


def loss_of(model: torch.nn.Module, sequence: Sequence) -> torch.Tensor:
    """The sum of the losses of a sequence's answer tokens."""
    hidden = model.model(
        input_ids=sequence.ids[None],
        position_ids=sequence.positions[None],
        attention_mask=sequence.mask(),
        use_cache=False,
    ).last_hidden_state[0]  # [T, C]
    learnt = sequence.targets >= 0
    logits = model.lm_head(hidden[learnt]).float()  # [answers, V]
    return cross_entropy(logits, sequence.targets[learnt], reduction="sum")


def share(step: int, spent: float) -> float:
    """Of the learning rate: a short climb, a level, and a straight fall in the last part."""
    fall = min(1.0, max(LEAST, (1 - spent) / FALLING))
    return min(1.0, step / WARM_STEPS) * fall


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("groups", type=Path)
    parser.add_argument("state", type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--dev", type=Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--rate", type=float, default=3.5e-4)
    os.nice(19)
    run(RunOptions(**vars(parser.parse_args())))

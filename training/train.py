"""Trains the adapter on the CPU: `python -m training.train GGUF GROUPS.jsonl OUT MINUTES [FROM]`.

LoRA of rank 8 on all linear layers from the ninth on: below it neither gradients nor adapters are
needed. Only answers are learnt. The learning rate falls to its end with the groups or with the
time, whichever runs out first. FROM is an adapter's folder to go on from.

Rows of one group are computed as one sequence (training/packing.py).
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch.nn.functional import cross_entropy
from transformers import AutoTokenizer

from training.base import load_base
from training.export import NAMES
from training.packing import Sequence, pack

RANK, ALPHA = 8, 16
FIRST_LAYER = 8
RATE, WARM_STEPS, LEAST = 3e-4, 8, 0.05
BATCH = 2  # groups a step
SAVE_EVERY = 600.0  # seconds


def train(gguf: Path, rows: Path, out: Path, minutes: float, start: Path | None = None) -> None:
    """Save an adapter into `out`, now and then and at the end."""
    torch.manual_seed(1)
    sequences = read_sequences(gguf, rows)
    model = load_base(gguf)
    tuned = adapt(model, start)
    free = [parameter for parameter in tuned.parameters() if parameter.requires_grad]
    # The adapter computes in bfloat16 like the model; its small steps are added up in float32.
    exact = [parameter.detach().float() for parameter in free]
    optimizer = torch.optim.AdamW(exact, weight_decay=0.0, betas=(0.9, 0.98))
    began = saved = time.monotonic()
    tokens, mean = 0, None
    for step, first in enumerate(range(0, len(sequences), BATCH), start=1):
        batch = sequences[first : first + BATCH]
        spent = (time.monotonic() - began) / (60 * minutes)
        for group in optimizer.param_groups:
            group["lr"] = rate(step, max(first / len(sequences), spent))
        loss = learn(model, batch)
        for own, parameter in zip(exact, free, strict=True):
            own.grad = parameter.grad.float()  # type: ignore[union-attr]  # learn() set it
            parameter.grad = None
        torch.nn.utils.clip_grad_norm_(exact, 1.0)
        optimizer.step()
        with torch.no_grad():
            for own, parameter in zip(exact, free, strict=True):
                parameter.copy_(own)
        tokens += sum(len(sequence.ids) for sequence in batch)
        mean = loss if mean is None else 0.95 * mean + 0.05 * loss
        speed = tokens / (time.monotonic() - began)
        print(f"{first + len(batch)} groups: loss {mean:.3f}, {speed:.0f} tokens/s", flush=True)
        if time.monotonic() - saved > SAVE_EVERY:
            tuned.save_pretrained(out)
            saved = time.monotonic()
        if spent > 1:
            break
    tuned.save_pretrained(out)


def adapt(
    model: torch.nn.Module, start: Path | None, rank: int = RANK, alpha: int = ALPHA
) -> PeftModel:
    """The model with an adapter to be trained: `start`'s, or a fresh one of this rank."""
    if start is not None:
        return PeftModel.from_pretrained(
            model, start, is_trainable=True, autocast_adapter_dtype=False
        ).to(torch.bfloat16)
    config = LoraConfig(
        r=rank,
        lora_alpha=alpha,
        target_modules=[name.split(".")[1] for name in NAMES],
        layers_to_transform=list(range(FIRST_LAYER, model.config.num_hidden_layers)),
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config, autocast_adapter_dtype=False)


def rate(step: int, progress: float) -> float:
    """The learning rate: a short climb, then half a cosine down to 5%."""
    fall = max(LEAST, 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))
    return RATE * min(1.0, (step + 1) / WARM_STEPS) * fall


def learn(model: torch.nn.Module, batch: list[Sequence]) -> float:
    """Gradients of the batch's mean loss per answer token; sequence by sequence, none padded."""
    count = sum(int((sequence.targets >= 0).sum()) for sequence in batch)
    total = 0.0
    for sequence in batch:
        hidden = model.model(
            input_ids=sequence.ids[None],
            position_ids=sequence.positions[None],
            attention_mask=sequence.mask(),
            use_cache=False,
        ).last_hidden_state[0]  # [T, C]
        learnt = sequence.targets >= 0
        logits = model.lm_head(hidden[learnt]).float()  # [answers, V]
        loss = cross_entropy(logits, sequence.targets[learnt], reduction="sum") / count
        loss.backward()
        total += loss.item()
    return total


def read_sequences(gguf: Path, groups: Path) -> list[Sequence]:
    """The groups as tokens, in the model's own chat form."""
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)

    def tokens(text: str) -> list[int]:
        return tokenizer(text, add_special_tokens=False).input_ids

    sequences = []
    for line in groups.read_text(encoding="utf-8").splitlines():
        group = json.loads(line)
        rows = [
            (
                tokens(
                    f"<|im_start|>system\n{group['system']}<|im_end|>\n"
                    f"<|im_start|>user\n{row['user']}<|im_end|>\n<|im_start|>assistant\n"
                ),
                tokens(row["answer"] + "<|im_end|>"),
            )
            for row in group["rows"]
        ]
        sequences.append(pack(rows))
    return sequences


if __name__ == "__main__":
    start = Path(sys.argv[5]) if len(sys.argv) > 5 else None
    train(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]), start)

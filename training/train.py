"""Trains the adapter on the CPU: `python -m training.train GGUF ROWS.jsonl OUT MINUTES`.

LoRA of rank 8 on all linear layers from the ninth on: below it neither gradients nor adapters are
needed. Only answers are learnt. The learning rate falls to its end with the rows or with the time,
whichever runs out first.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from torch.nn.functional import cross_entropy
from transformers import AutoTokenizer

from training.base import load_base
from training.export import NAMES

RANK, ALPHA = 8, 16
FIRST_LAYER = 8
RATE, WARM_STEPS, LEAST = 3e-4, 8, 0.05
BATCH = 8  # rows a step
LONGEST = 650  # tokens of a row; longer ones are left out
SAVE_EVERY = 600.0  # seconds

Pair = tuple[list[int], list[int]]  # tokens of the prompt, of the answer


def train(gguf: Path, rows: Path, out: Path, minutes: float) -> None:
    """Save an adapter into `out`, now and then and at the end."""
    torch.manual_seed(1)
    pairs = read_pairs(gguf, rows)
    model = load_base(gguf)
    layers = list(range(FIRST_LAYER, model.config.num_hidden_layers))
    modules = [name.split(".")[1] for name in NAMES]
    tuned = get_peft_model(
        model,
        LoraConfig(
            r=RANK, lora_alpha=ALPHA, target_modules=modules, layers_to_transform=layers,
            task_type="CAUSAL_LM",
        ),
    )  # fmt: skip
    free = [parameter for parameter in tuned.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(free, weight_decay=0.0, betas=(0.9, 0.98))
    began = saved = time.monotonic()
    tokens, mean = 0, None
    for step, first in enumerate(range(0, len(pairs), BATCH), start=1):
        batch = pairs[first : first + BATCH]
        spent = (time.monotonic() - began) / (60 * minutes)
        for group in optimizer.param_groups:
            group["lr"] = rate(step, max(first / len(pairs), spent))
        loss = learn(model, batch)
        torch.nn.utils.clip_grad_norm_(free, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        tokens += sum(len(prompt) + len(answer) for prompt, answer in batch)
        mean = loss if mean is None else 0.9 * mean + 0.1 * loss
        speed = tokens / (time.monotonic() - began)
        print(f"{first + len(batch)} rows: loss {mean:.3f}, {speed:.0f} tokens/s", flush=True)
        if time.monotonic() - saved > SAVE_EVERY:
            tuned.save_pretrained(out)
            saved = time.monotonic()
        if spent > 1:
            break
    tuned.save_pretrained(out)


def rate(step: int, progress: float) -> float:
    """The learning rate: a short climb, then half a cosine down to 5%."""
    fall = max(LEAST, 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))
    return RATE * min(1.0, (step + 1) / WARM_STEPS) * fall


def learn(model: torch.nn.Module, batch: list[Pair]) -> float:
    """Gradients of the batch's mean loss per answer token; row by row, so nothing is padded."""
    count = sum(len(answer) for _, answer in batch)
    total = 0.0
    for prompt, answer in batch:
        ids = torch.tensor([prompt + answer])
        hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state  # [1, T, C]
        logits = model.lm_head(hidden[:, len(prompt) - 1 : -1]).float()  # [1, answer, V]
        loss = cross_entropy(logits[0], ids[0, len(prompt) :], reduction="sum") / count
        loss.backward()
        total += loss.item()
    return total


def read_pairs(gguf: Path, rows: Path) -> list[Pair]:
    """The rows as tokens, in the model's own chat form."""
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    pairs = []
    for line in rows.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        prompt = (
            f"<|im_start|>system\n{row['system']}<|im_end|>\n"
            f"<|im_start|>user\n{row['user']}<|im_end|>\n<|im_start|>assistant\n"
        )
        pair = (
            tokenizer(prompt, add_special_tokens=False).input_ids,
            tokenizer(row["answer"] + "<|im_end|>", add_special_tokens=False).input_ids,
        )
        if len(pair[0]) + len(pair[1]) <= LONGEST:
            pairs.append(pair)
    return pairs


if __name__ == "__main__":
    train(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]))

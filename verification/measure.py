"""What a VisualGLM costs on this machine: seconds to load and to answer, tokens a second, memory.

Runs a checkpoint, or random numbers in the real one's shape, which cost the same.
"""

from __future__ import annotations

import platform
import resource
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from errors import Unavailable
from models.gpus import missing_card
from models.visualglm.checkpoint.memory_plan import check, free_memory, plan
from models.visualglm.checkpoint.pretrained import DTYPES, effective_bits, load_pretrained
from models.visualglm.checkpoint.random_weights import random_model
from models.visualglm.config import VisualGLMConfig, read_config
from models.visualglm.engine.engine import Engine
from models.visualglm.engine.sampling import SamplingParams
from models.visualglm.engine.slots import End, Generation, Picture, Request, Token
from models.visualglm.network.model import VisualGLM
from wording import message

SEED = 20230526


@dataclass(frozen=True)
class MeasureOptions:
    """What to measure. `folder` None: random numbers in VisualGLM-6B's shape.

    `prompt` tokens are read (a picture among them), `tokens` written, by one request and then by
    `slots` at a time.
    """

    folder: Path | None
    device: str
    dtype: str
    bits: int
    slots: int
    context: int
    prompt: int = 300
    tokens: int = 32


@dataclass(frozen=True)
class Figures:
    """Seconds, tokens a second, and bytes."""

    machine: str
    torch: str
    weights: str
    device: str
    dtype: str
    bits: int
    slots: int
    context: int
    prompt_tokens: int
    new_tokens: int
    load_seconds: float
    first_token_seconds: float
    tokens_per_second: float
    all_slots_tokens_per_second: float
    peak_bytes: int
    planned_bytes: int

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    def lines(self) -> list[str]:
        """For people."""
        bits = f"{self.bits} bit" if self.bits else "not quantised"
        rows = {
            "load": f"{self.load_seconds:9.1f} s",
            "first token": f"{self.first_token_seconds:9.3f} s ({self.prompt_tokens} tokens read)",
            "one answer": f"{self.tokens_per_second:9.2f} tokens/s",
            f"{self.slots} at a time": f"{self.all_slots_tokens_per_second:9.2f} tokens/s",
            "peak memory": f"{self.peak_bytes / 1e9:9.2f} GB",
            "planned": f"{self.planned_bytes / 1e9:9.2f} GB",
        }
        title = f"{self.weights}, {self.dtype}, {bits}, {self.device} ({self.machine})"
        return [title, *(f"{name:<14}{value}" for name, value in rows.items())]


def shape_of(folder: Path | None) -> VisualGLMConfig:
    """The checkpoint's configuration, or VisualGLM-6B's."""
    return VisualGLMConfig() if folder is None else read_config(folder)


def measure(options: MeasureOptions) -> Figures:
    """Load, answer once to warm up, then measure. Raises WeightsError where it cannot fit."""
    card = missing_card(options.device)
    if card is not None:
        raise Unavailable(message("errors.verification_no_card", card=card), field="device")
    config, dtype = shape_of(options.folder), DTYPES[options.dtype]
    bits = effective_bits(config, options.bits)
    context = min(options.context, config.max_sequence_length)
    planned = plan(config, dtype, bits, options.slots, context)
    check(planned, free_memory(options.device))
    if options.device != "cpu":
        torch.cuda.reset_peak_memory_stats(options.device)
    began = time.monotonic()
    model = _model(options, config, dtype, bits)
    loaded = time.monotonic() - began
    engine = Engine(model, options.slots, context)
    try:
        _run(engine, config, options, 1)  # warm-up: kernels are chosen, the picture is encoded
        first, single = _run(engine, config, options, 1)
        _, together = _run(engine, config, options, options.slots)
    finally:
        engine.close()
    return Figures(
        machine=_machine(options.device),
        torch=torch.__version__,
        weights=str(options.folder.name) if options.folder else "random weights, full size",
        device=options.device,
        dtype=options.dtype,
        bits=bits,
        slots=options.slots,
        context=context,
        prompt_tokens=_prompt_tokens(config, options),
        new_tokens=options.tokens,
        load_seconds=loaded,
        first_token_seconds=first,
        tokens_per_second=single,
        all_slots_tokens_per_second=together,
        peak_bytes=peak_memory(options.device),
        planned_bytes=planned.total,
    )


def _model(
    options: MeasureOptions, config: VisualGLMConfig, dtype: torch.dtype, bits: int
) -> VisualGLM:
    if options.folder is None:
        return random_model(config, SEED, dtype, options.device, bits)
    return load_pretrained(options.folder, dtype, options.device, options.bits)


def _prompt_tokens(config: VisualGLMConfig, options: MeasureOptions) -> int:
    return max(options.prompt, config.image_length + 8)


def _request(config: VisualGLMConfig, options: MeasureOptions) -> Request:
    size = config.vit.image_size
    length = _prompt_tokens(config, options)
    words = tuple(10 + n % (config.vocab_size // 2) for n in range(length - 2))
    return Request(
        (*words, config.gmask_token_id, config.bos_token_id),
        options.tokens,
        SamplingParams(min_length=length + options.tokens + 1),
        picture=Picture(torch.zeros(3, size, size), 3, b"black"),
    )


def _run(
    engine: Engine, config: VisualGLMConfig, options: MeasureOptions, count: int
) -> tuple[float, float]:
    """Seconds to the first token, and tokens a second after each answer's first."""
    began = time.monotonic()
    generations = [engine.submit(_request(config, options)) for _ in range(count)]
    moments = [moment for generation in generations for moment in _moments(generation)]
    first = min(moments)
    if len(moments) == count:
        return first - began, 0.0
    # With several slots the prompts are read one after the other, between the steps: that counts.
    return first - began, (len(moments) - count) / (max(moments) - first)


def _moments(generation: Generation) -> list[float]:
    """When each token was there; the events wait in a queue, so that is told by the engine."""
    moments = []
    while True:
        event = generation.next(600.0)
        if event is None:
            raise Unavailable(message("errors.verification_silent"))
        if isinstance(event, Token):
            moments.append(event.at)
        elif isinstance(event, End):
            return moments


def peak_memory(device: str) -> int:
    """The most bytes ever held: on a card what torch reserved, else by the whole process."""
    if device != "cpu":
        return int(torch.cuda.max_memory_reserved(device))
    scale = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


def _machine(device: str) -> str:
    if device != "cpu":
        return str(torch.cuda.get_device_name(device))
    return f"{platform.machine()}, {torch.get_num_threads()} threads"

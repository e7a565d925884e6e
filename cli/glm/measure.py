"""`kex glm plan` and `kex glm measure`: what VisualGLM-6B needs and gives on this machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from cli.language import say
from settings import Settings, load_settings

F = TypeVar("F", bound=Callable[..., Any])
DTYPE = click.Choice(["fp16", "bf16", "fp32"])
QUANT = click.Choice(["none", "8", "4"])


def _shape_options(command: F) -> F:
    """What both commands ask; the settings answer where the user does not."""
    for option in (
        click.option("--device", help="cuda, cuda:1, … or cpu (KEX_GLM_DEVICE)."),
        click.option("--dtype", type=DTYPE, help="KEX_GLM_DTYPE."),
        click.option("--quant", type=QUANT, help="KEX_GLM_QUANT."),
        click.option("--slots", type=click.IntRange(1, 64), help="KEX_GLM_SLOTS."),
        click.option("--context", type=click.IntRange(256), help="KEX_GLM_CONTEXT."),
        click.option(
            "--random-weights",
            is_flag=True,
            help="VisualGLM-6B's shape with random numbers, in place of KEX_GLM_PATH.",
        ),
    ):
        command = option(command)
    return command


def _settings(given: dict[str, Any]) -> Settings:
    changes = {f"glm_{name}": value for name, value in given.items() if value is not None}
    return load_settings().model_copy(update=changes)


@click.command()
@_shape_options
def plan_command(random_weights: bool, **given: Any) -> None:
    """Print what the model needs in memory, part by part, and what is free."""
    settings = _settings(given)
    from models.gpus import missing_card
    from models.local_glm.model import torch_dtype
    from models.visualglm.checkpoint.memory_plan import check, free_memory, plan
    from verification.measure import shape_of

    config = shape_of(None if random_weights else settings.glm_path)
    bits = 0 if settings.glm_quant == "none" else int(settings.glm_quant)
    context = min(settings.glm_context, config.max_sequence_length)
    needed = plan(
        config, torch_dtype(settings), bits or config.quantization_bits, settings.glm_slots, context
    )
    for line in needed.lines():
        click.echo(line)
    missing = missing_card(settings.glm_device)
    if missing is not None:
        click.echo(say("glm_nothing_to_compare", reason=missing), err=True)
        return
    free = free_memory(settings.glm_device)
    click.echo(say("glm_free", device=settings.glm_device, free=free / 1000000000.0), err=True)
    check(needed, free)


@click.command()
@_shape_options
@click.option("--tokens", type=click.IntRange(2), default=32, show_default=True)
@click.option("--prompt", type=click.IntRange(1), default=300, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="JSON file to write.")
def measure_command(
    random_weights: bool, tokens: int, prompt: int, out: Path | None, **given: Any
) -> None:
    """Load the model, let it answer, and print seconds, tokens a second and memory."""
    settings = _settings(given)
    from verification.measure import MeasureOptions, measure

    automatic = "bf16" if settings.glm_device == "cpu" else "fp16"
    figures = measure(
        MeasureOptions(
            folder=None if random_weights else settings.glm_path,
            device=settings.glm_device,
            dtype=automatic if settings.glm_dtype == "auto" else settings.glm_dtype,
            bits=0 if settings.glm_quant == "none" else int(settings.glm_quant),
            slots=settings.glm_slots,
            context=settings.glm_context,
            prompt=prompt,
            tokens=tokens,
        )
    )
    for line in figures.lines():
        click.echo(line)
    if out is not None:
        out.write_text(json.dumps(figures.as_dict(), indent=2) + "\n", encoding="utf-8")

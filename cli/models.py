"""`app.py models`: which models can serve, and the embedded model's weights on this machine.

Knows no engine and no network; errors go up as KexError, `cli.main` gives them their exit codes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import click

from errors import InputError, Unavailable
from models.weights import QWEN_CODER_1_5B, WeightsStore, locate_own
from settings import ModelName, Settings, load_settings

NAME = click.Choice(get_args(ModelName))


@click.group()
def models() -> None:
    """The models, and the weights of the embedded one."""


@models.command("list")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
def list_command(form: str) -> None:
    """Say of each model whether it can serve, and if not, why."""
    from models.registry import Registry

    registry = Registry(load_settings())
    try:
        rows = registry.describe()
    finally:
        registry.close()
    if form == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    cells = [("model", "status", "detail")]
    cells += [(row["name"], row["status"], row["detail"]) for row in rows]
    first, second = (max(len(row[column]) for row in cells) for column in (0, 1))
    for name, status, detail in cells:
        click.echo(f"{name:<{first}}  {status:<{second}}  {detail}".rstrip())


@models.command("get")
@click.argument("name", type=NAME, default="Embedded", metavar="[NAME]")
def get_command(name: str) -> None:
    """Fetch the weights of NAME (Embedded) and print where they are."""
    settings = load_settings()
    own = _own_file(name, settings)
    if own is not None:
        click.echo(f"KEX_EMBEDDED_PATH names this file; nothing is fetched: {own}", err=True)
        click.echo(own)
        return
    store = _store(settings)
    weights = store.weights
    click.echo(f"{weights.title}; licence {weights.licence}.", err=True)
    found = store.locate()
    if found is not None:
        click.echo("Already here, verified.", err=True)
    click.echo(found or store.get())


@models.command("verify")
@click.argument("name", type=NAME, default="Embedded", metavar="[NAME]")
def verify_command(name: str) -> None:
    """Check every byte of the weights of NAME (Embedded) and print where they are."""
    settings = load_settings()
    own = _own_file(name, settings)
    if own is not None:
        click.echo("A GGUF file of your own: Kex has no hash to compare it with.", err=True)
        click.echo(own)
        return
    store = _store(settings)
    click.echo(f"Reading {store.path} …", err=True)
    path = store.verify()
    click.echo(f"SHA-256 {store.weights.sha256}: as it should be.", err=True)
    click.echo(path)


def _own_file(name: str, settings: Settings) -> Path | None:
    """The user's own GGUF file, if the settings name one; raises for a model without weights."""
    if name == "Local-GLM":
        raise Unavailable(
            "Local-GLM cannot be fetched by this version of Kex yet: put the VisualGLM-6B"
            f" checkpoint into {settings.glm_path}, or name its folder with KEX_GLM_PATH.",
            field="KEX_GLM_PATH",
        )
    if name == "ChatGpt":
        raise InputError(
            "ChatGpt has no weights to fetch or verify: it needs OPENAI_API_KEY,"
            " or OPENAI_BASE_URL for a server of your own.",
            field="OPENAI_API_KEY",
        )
    return locate_own(settings.embedded_path) if settings.embedded_path is not None else None


def _store(settings: Settings) -> WeightsStore:
    return WeightsStore(
        QWEN_CODER_1_5B, settings.cache_dir, settings.hf_endpoint, settings.weight_sources
    )

"""`app.py models`: which models can serve, and the weights on this machine: fetch, check, convert.

Knows no engine and no network; errors go up as KexError, `cli.main` gives them their exit codes.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import get_args

import click

from errors import InputError, WeightsError
from models.embedded.weights import QWEN_CODER_1_5B, WeightsStore, locate_own
from models.local_glm.weights import GlmStore
from models.recognisers import Recognizers
from models.weights.download import Meter
from settings import ModelName, Settings, load_settings

NAME = click.Choice(get_args(ModelName))
GLM = "Local-GLM"
FOLDER = click.Path(path_type=Path)


@click.group()
def models() -> None:
    """The models, and the weights of those that run here."""


@models.command("list")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
def list_command(form: str) -> None:
    """Say of each model whether it can serve, and if not, why."""
    from models.registry import Registry

    settings = load_settings()
    registry = Registry(settings)
    try:
        rows = registry.describe()
    finally:
        registry.close()
    for row in rows:
        if row["name"] == "Embedded":
            row["detail"] = f"{row['detail']} {_recognizers_here(settings)}".lstrip()
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
@click.option("--accept-licence", is_flag=True, help="Accept the licence of Local-GLM's weights.")
@click.option("--update", is_flag=True, help="Local-GLM: take the hub's files of today.")
def get_command(name: str, accept_licence: bool, update: bool) -> None:
    """Fetch the weights of NAME (Embedded, Local-GLM) and print where they are."""
    settings = load_settings()
    if name == GLM:
        _get_glm(settings, accept_licence, update)
        return
    if accept_licence or update:
        raise click.UsageError(f"--accept-licence and --update are for {GLM} alone.")
    own = _own_file(name, settings)
    _get_recognizers(settings)
    if own is not None:
        click.echo(f"KEX_EMBEDDED_PATH names this file; no weights are fetched: {own}", err=True)
        click.echo(own)
        return
    store = _store(settings)
    weights = store.weights
    click.echo(f"{weights.title}; licence {weights.licence}.", err=True)
    found = store.locate()
    if found is not None:
        click.echo("Already here, verified.", err=True)
    click.echo(found or store.get())


def _get_recognizers(settings: Settings) -> None:
    """Fetch the small files that find names; Embedded answers without them too."""
    for store in _recognizers(settings).stores.values():
        try:
            store.get()
        except WeightsError as error:
            click.echo(f"Without {store.pack.title}: {error.message}", err=True)


def _recognizers_here(settings: Settings) -> str:
    """Which recognisers have their files here, in one sentence."""
    recognizers = _recognizers(settings)
    here = [lang for lang in recognizers.stores if recognizers.available(lang)]
    missing = [lang for lang in recognizers.stores if lang not in here]
    if not missing:
        return f"Its recognisers of names ({', '.join(here)}) are here."
    return (
        f"Its recognisers of names are missing ({', '.join(missing)}):"
        " run `python app.py models get Embedded`."
    )


def _get_glm(settings: Settings, accepted: bool, update: bool) -> None:
    store = _glm_store(settings)
    if not update and store.complete():
        click.echo("Already here, verified.", err=True)
        click.echo(store.folder)
        return
    click.echo(store.repository.licence, err=True)
    if not accepted:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise InputError(
                "The weights are fetched once their licence is accepted: add --accept-licence.",
                field="--accept-licence",
            )
        if not click.confirm("Do you accept it?", err=True):
            raise InputError("Nothing is fetched: the licence was not accepted.")
    click.echo(store.get(update=update))


@models.command("verify")
@click.argument("name", type=NAME, default="Embedded", metavar="[NAME]")
def verify_command(name: str) -> None:
    """Check every byte of the weights of NAME (Embedded, Local-GLM), print where they are."""
    settings = load_settings()
    if name == GLM:
        glm = _glm_store(settings)
        click.echo(f"Reading {glm.folder} …", err=True)
        folder = glm.verify()
        click.echo("Every file and every tensor is as it should be.", err=True)
        click.echo(folder)
        return
    own = _own_file(name, settings)
    for pack in _recognizers(settings).stores.values():
        good = pack.locate() is not None
        click.echo(f"{pack.path}: as it should be." if good else pack.missing(), err=True)
    if own is not None:
        click.echo("A GGUF file of your own: Kex has no hash to compare it with.", err=True)
        click.echo(own)
        return
    store = _store(settings)
    click.echo(f"Reading {store.path} …", err=True)
    path = store.verify()
    click.echo(f"SHA-256 {store.weights.sha256}: as it should be.", err=True)
    click.echo(path)


@models.command("convert")
@click.argument("source", type=FOLDER, metavar="SRC")
@click.argument("target", type=FOLDER, metavar="DST")
@click.option(
    "--dtype", type=click.Choice(["fp16", "bf16", "fp32"]), default="fp16", show_default=True
)
@click.option("--quant", type=click.Choice(["8", "4"]), help="Bits of the language layers.")
@click.option("--shard-size", default="2GB", show_default=True, help="Largest file, like 500MB.")
def convert_command(
    source: Path, target: Path, dtype: str, quant: str | None, shard_size: str
) -> None:
    """Write the VisualGLM checkpoint in SRC as safetensors into the new folder DST."""
    size = _bytes(shard_size)
    from models.visualglm.checkpoint.conversion import convert

    with _shown(f"Converting to {dtype}{f', {quant} bit' if quant else ''}") as on_progress:
        made = convert(
            source.expanduser(),
            target.expanduser(),
            dtype=dtype,
            bits=int(quant or 0),
            shard_bytes=size,
            on_progress=on_progress,
        )
    for warning in made.warnings:
        click.echo(warning, err=True)
    click.echo(f"{len(made.shards)} shards, {made.size / 1e9:.2f} GB of tensors.", err=True)
    click.echo(target)


def _bytes(text: str) -> int:
    """`2GB`, `500 MB`, … in bytes; units are powers of 1000."""
    found = re.fullmatch(r"([1-9]\d{0,5}) ?([KMG])B", text.strip(), re.IGNORECASE)
    if not found:
        raise InputError(f"--shard-size takes a size like 500MB or 2GB, not {text!r}.")
    return int(found[1]) * {"K": 10**3, "M": 10**6, "G": 10**9}[found[2].upper()]


@contextmanager
def _shown(title: str) -> Iterator[Callable[[int, int], None]]:
    """Shows the progress that it is told, from the first time on."""
    done = 0
    with ExitStack() as stack:

        def show(now: int, total: int) -> None:
            nonlocal done
            begins, done = not done, now
            if begins:
                stack.enter_context(Meter(title, total, lambda: done))

        yield show


def _own_file(name: str, settings: Settings) -> Path | None:
    """The user's own GGUF file, if the settings name one; raises for a model without weights."""
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


def _recognizers(settings: Settings) -> Recognizers:
    return Recognizers(settings.cache_dir, settings.weight_sources)


def _glm_store(settings: Settings) -> GlmStore:
    return GlmStore(settings.glm_path, settings.hf_endpoint)

"""`kex models`: which models can serve, and the weights on this machine: fetch, check, convert.

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
from rich.cells import cell_len, set_cell_size

from cli.language import locale_language, say
from errors import InputError, WeightsError
from models.embedded.one_copy import OneCopy
from models.embedded.weights import QWEN_CODER_1_5B, WeightsStore, locate_own
from models.local_glm.packages import require_packages
from models.local_glm.weights import GlmStore
from models.weights.download import Meter
from settings import ModelName, Settings, load_settings
from wording import localised, message

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
    """List the models: whether each can serve, and why not."""
    from models.registry import Registry

    settings = load_settings()
    registry = Registry(settings)
    try:
        rows = localised(registry.describe(), locale_language())
    finally:
        registry.close()
    if form == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    cells = [tuple(say(f"models_column_{name}") for name in ("model", "status", "detail"))]
    cells += [(row["name"], row["status"], row["detail"]) for row in rows]
    first, second = (max(cell_len(row[column]) for row in cells) for column in (0, 1))
    for name, status, detail in cells:
        padded = set_cell_size(name, first), set_cell_size(status, second), detail
        click.echo("  ".join(padded).rstrip())


@models.command("get")
@click.argument("name", type=NAME, default="Embedded", metavar="[NAME]")
@click.option("--accept-licence", is_flag=True, help="Accept the licence of Local-GLM's weights.")
@click.option("--update", is_flag=True, help="Local-GLM: download the hub's newest files.")
def get_command(name: str, accept_licence: bool, update: bool) -> None:
    """Fetch the weights of NAME (Embedded, Local-GLM) and print where they are."""
    settings = load_settings()
    if name == GLM:
        _get_glm(settings, accept_licence, update)
        return
    if accept_licence or update:
        raise click.UsageError(say("models_glm_only", name=GLM))
    own = _own_file(name, settings)
    if own is not None:
        click.echo(say("models_own", path=own), err=True)
        click.echo(own)
        return
    store = _store(settings)
    weights = store.weights
    click.echo(say("models_licence", title=weights.title, licence=weights.licence), err=True)
    click.echo(_fetched(store, settings))


def _fetched(store: WeightsStore, settings: Settings) -> Path:
    """The weights, in the form that the engine reads: llama.cpp the file as it was downloaded."""
    from models.embedded.model import Embedded
    from models.qwen.gguf import GgufError
    from models.qwen.library import NoLibrary

    model, copy = Embedded(settings), OneCopy(store, settings.cache_dir)
    whole, small = store.locate(), copy.locate()
    if whole is not None or small is not None:
        click.echo(say("models_already"), err=True)
    if whole is None and small is not None:
        if model.runs_own_engine():
            return small
        try:
            return copy.restore()
        except WeightsError as error:
            _tell(error.message)
    path = whole or store.get()
    if not model.runs_own_engine():
        return path
    click.echo(say("models_rearranging"), err=True)
    try:
        return copy.make(model.threads())
    except (NoLibrary, GgufError, MemoryError, OSError, WeightsError) as error:
        reason = error.message if isinstance(error, WeightsError) else str(error)
        _tell(message("terminal.models_not_rearranged", reason=reason))
        return path


def _get_glm(settings: Settings, accepted: bool, update: bool) -> None:
    store = _glm_store(settings)
    if not update and store.complete():
        click.echo(say("models_already"), err=True)
        click.echo(store.folder)
        return
    _tell(store.repository.licence)
    if not accepted:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise InputError(
                message("errors.cli_licence_not_accepted"),
                field="--accept-licence",
            )
        if not click.confirm(say("models_accept"), err=True):
            raise InputError(message("errors.cli_licence_refused"))
    click.echo(store.get(update=update))


@models.command("verify")
@click.argument("name", type=NAME, default="Embedded", metavar="[NAME]")
def verify_command(name: str) -> None:
    """Check every byte of the weights of NAME (Embedded, Local-GLM), print where they are."""
    settings = load_settings()
    if name == GLM:
        glm = _glm_store(settings)
        click.echo(say("models_reading", path=glm.folder), err=True)
        folder = glm.verify()
        click.echo(say("models_all_correct"), err=True)
        click.echo(folder)
        return
    own = _own_file(name, settings)
    if own is not None:
        click.echo(say("models_own_unknown"), err=True)
        click.echo(own)
        return
    store = _store(settings)
    copy = OneCopy(store, settings.cache_dir)
    if copy.locate() is not None:
        click.echo(say("models_reading", path=copy.path), err=True)
        path = copy.verify()
    if copy.locate() is None or store.locate() is not None:
        click.echo(say("models_reading", path=store.path), err=True)
        path = store.verify()
    click.echo(say("models_hash_correct", sha256=store.weights.sha256), err=True)
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
    require_packages()
    from models.visualglm.checkpoint.conversion import convert

    with _shown(_converting(dtype, quant)) as on_progress:
        made = convert(
            source.expanduser(),
            target.expanduser(),
            dtype=dtype,
            bits=int(quant or 0),
            shard_bytes=size,
            on_progress=on_progress,
        )
    for warning in made.warnings:
        _tell(warning)
    click.echo(
        say("models_converted", count=len(made.shards), size=made.size / 1000000000.0), err=True
    )
    click.echo(target)


def _converting(dtype: str, quant: str | None) -> str:
    if quant:
        return say("models_converting_bits", dtype=dtype, bits=quant)
    return say("models_converting", dtype=dtype)


def _tell(text: str) -> None:
    """A line on stderr, in the user's language."""
    click.echo(localised(text, locale_language()), err=True)


def _bytes(text: str) -> int:
    """`2GB`, `500 MB`, … in bytes; units are powers of 1000."""
    found = re.fullmatch(r"([1-9]\d{0,5}) ?([KMG])B", text.strip(), re.IGNORECASE)
    if not found:
        raise InputError(message("errors.cli_shard_size", text=text))
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
            message("errors.cli_chatgpt_weights"),
            field="OPENAI_API_KEY",
        )
    path = settings.embedded_path
    if path is None or path == _store(settings).path:
        return None
    return locate_own(path)


def _store(settings: Settings) -> WeightsStore:
    return WeightsStore(
        QWEN_CODER_1_5B,
        settings.cache_dir,
        settings.hf_endpoint,
        settings.weight_sources,
        say=_tell,
    )


def _glm_store(settings: Settings) -> GlmStore:
    require_packages()  # its index of tensors is read with torch
    return GlmStore(settings.glm_path, settings.hf_endpoint, say=_tell)

"""Opens all that a run needs, lets it run, and writes the manifest when the input is at its end."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from corpus.admission import Admission
from corpus.budget import Budget, Ledger
from corpus.entries import open_input
from corpus.gate import Gate
from corpus.index import FILE, Index, told
from corpus.job import Ended, Job, Progress
from corpus.lock import claim
from corpus.manifest import FILE as MANIFEST
from corpus.manifest import Sums, sums, write_manifest
from corpus.recipe import Limits, Recipes
from corpus.shards import Shards
from corpus.words import Words, read_words
from corpus.work import Ask, Worker, ask
from errors import InputError
from models.base import Model
from models.decisive import model_settings
from models.stages import load
from settings import Settings

PATIENCE = 120.0  # seconds that a service may be gone, or ask for patience, before a run gives up


@dataclass(frozen=True)
class Wish:
    """How a run goes, which has no part in what is answered; `interrupted` ends it in order."""

    parallel: int
    budget: Budget | None = None
    limit: int | None = None
    retry: bool = False
    patience: float = PATIENCE
    interrupted: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Report:
    """How the run ended and what the folder holds now; `absent`: answers of documents that the
    input has no more; `unknown`: documents that a retry passed over."""

    ended: Ended
    progress: Progress
    sums: Sums
    guessed: bool
    absent: int
    unknown: int
    manifest: Path | None


def places(name: str, model: Model, settings: Settings) -> int:
    """How many requests the model serves at a time."""
    slots = {"Embedded": settings.embedded_slots, "Local-GLM": settings.glm_slots}
    return slots.get(name, model.capabilities.parallel)


def limits(settings: Settings) -> Limits:
    return Limits(settings.max_chars, settings.max_file_bytes)


def words_of(out: Path) -> Words:
    """The words of the job in a folder; InputError where there is none."""
    if not (out / FILE).is_file():
        raise InputError(
            f"{out} holds no job: start one with `corpus run INPUT --out {out}`.", field="out"
        )
    with told(out), closing(Index(out)) as index:
        words = read_words(index)
    if words is None:
        raise InputError(f"The job in {out} never began: start it again.", field="out")
    return words


def run(
    out: Path,
    words: Words,
    wish: Wish,
    model: Model,
    settings: Settings,
    tell: Callable[[Progress], None],
    ask: Ask = ask,
) -> Report:
    """Raises KexError: InputError for words that do not fit, Unavailable before anything is read,
    StoreFailed where the folder cannot be written."""
    input_ = open_input(words.input, words.fields, out)
    with claim(out), told(out), closing(Index(out)) as index:
        words.keep(index)
        index.put("pid", os.getpid())
        index.put("ended", None)
        index.commit()
        for _ in load(model):
            pass
        recipes = Recipes(
            words.options, words.model, model_settings(words.model, settings), limits(settings)
        )
        admission = Admission(index, recipes, words.options.types, retry=wish.retry)
        ledger = Ledger(spent(index), wish.budget)
        gate = Gate(model, wish.parallel, ledger, wish.patience)
        stop = threading.Event()
        shards = Shards(out, words.format, index)
        (out / MANIFEST).unlink(missing_ok=True)  # it would tell of an earlier run
        job = Job(
            input_,
            index,
            shards,
            admission,
            Worker(gate, words.options, recipes, limits(settings), stop, ask),
            gate,
            ledger,
            parallel=wish.parallel,
            shard_size=words.shard_size,
            stop=stop,
            interrupted=wish.interrupted,
            tell=tell,
        )
        ended = job.run(wish.limit)
        tell(job.progress)
        return _close(out, words, job.progress, ended, index, shards, admission, ledger.guessed)


def spent(index: Index) -> tuple[int, int]:
    """Tokens read and written by all runs."""
    return index.get("prompt_tokens") or 0, index.get("completion_tokens") or 0


def _close(
    out: Path,
    words: Words,
    progress: Progress,
    ended: Ended,
    index: Index,
    shards: Shards,
    admission: Admission,
    guessed: bool,
) -> Report:
    types = words.options.types
    manifest = None
    absent = 0
    if ended.how == "whole" and not admission.unknown:
        # Only now is it known which documents the input has no more.
        gone = [
            row[0] for row in index.rows("SELECT number FROM documents") if _is_gone(row, admission)
        ]
        absent = sum(not index.drop(number) for number in gone)
        index.commit()
    shards.mend()
    if ended.how in ("whole", "limit") and not admission.unknown:
        limited = ended.how == "limit"
        write_manifest(out, index, types, lambda number: limited or admission.seen(number))
        manifest = out / MANIFEST
    index.put("ended", ended.how)
    index.commit()
    return Report(ended, progress, sums(index, types), guessed, absent, admission.unknown, manifest)


def _is_gone(row: tuple[int], admission: Admission) -> bool:
    return not admission.seen(row[0])

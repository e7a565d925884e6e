"""Opens all that a run needs, lets it run, and writes the manifest when the input is at its end."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from corpus.budget import Budget, Ledger
from corpus.fingerprint import Limits, Recipes
from corpus.index import FILE, Index, translate_errors
from corpus.inputs.entry import Input
from corpus.inputs.opening import open_input
from corpus.intake import Intake
from corpus.job import Ended, Job, JobParts, Progress
from corpus.job_spec import JobSpec, read_spec
from corpus.outputs.manifest import FILE as MANIFEST
from corpus.outputs.manifest import Sums, sums, write_manifest
from corpus.outputs.shards import Shards
from corpus.rate_limited_model import RateLimitedModel
from corpus.work import Ask, Worker
from corpus.work import ask as ask_here
from errors import InputError
from folders import claim
from models.base import Model
from models.cache_key import model_settings
from models.progress import load
from settings import Settings
from wording import message

PATIENCE = 120.0  # seconds that a service may be gone, or ask for patience, before a run gives up


@dataclass(frozen=True)
class RunOptions:
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


def spec_of(out: Path) -> JobSpec:
    """The words of the job in a folder; InputError where there is none."""
    if not (out / FILE).is_file():
        raise InputError(message("errors.corpus_no_job", out=out), field="out")
    with translate_errors(out), closing(Index(out)) as index:
        spec = read_spec(index)
    if spec is None:
        raise InputError(message("errors.corpus_never_began", out=out), field="out")
    return spec


def run(
    out: Path,
    spec: JobSpec,
    options: RunOptions,
    model: Model,
    settings: Settings,
    tell: Callable[[Progress], None],
    ask: Ask | None = None,
) -> Report:
    """`ask` asks elsewhere; without it the model is loaded here.

    Raises KexError: InputError for words that do not fit, Unavailable before anything is read,
    StoreFailed where the folder cannot be written."""
    input_ = open_input(spec.input, spec.fields, out)
    with claim(out), translate_errors(out), closing(Index(out)) as index:
        spec.keep(index)
        index.put("pid", os.getpid())
        index.put("ended", None)
        index.commit()
        if ask is None:
            for _ in load(model):
                pass
        return _Run(out, spec, options, model, settings, index).report(
            input_, tell, ask or ask_here
        )


def spent(index: Index) -> tuple[int, int]:
    """Tokens read and written by all runs."""
    return index.get("prompt_tokens") or 0, index.get("completion_tokens") or 0


class _Run:
    """The parts of one run, over an open index."""

    def __init__(
        self,
        out: Path,
        spec: JobSpec,
        options: RunOptions,
        model: Model,
        settings: Settings,
        index: Index,
    ) -> None:
        self._out = out
        self._spec = spec
        self._options = options
        self._limits = limits(settings)
        self._index = index
        self._shards = Shards(out, spec.format, index)
        decisive = model_settings(spec.model, settings)
        self._recipes = Recipes(spec.options, spec.model, decisive, self._limits)
        types = spec.options.types
        self._admission = Intake(index, self._recipes, types, retry=options.retry)
        self._ledger = Ledger(spent(index), options.budget)
        self._gate = RateLimitedModel(model, options.parallel, self._ledger, options.patience)

    def report(self, input_: Input, tell: Callable[[Progress], None], ask: Ask) -> Report:
        """Run, and put the folder in order."""
        (self._out / MANIFEST).unlink(missing_ok=True)  # it would tell of an earlier run
        stop = threading.Event()
        options = self._spec.options
        job = Job(
            JobParts(
                input=input_,
                index=self._index,
                shards=self._shards,
                admission=self._admission,
                worker=Worker(self._gate, options, self._recipes, self._limits, stop, ask),
                gate=self._gate,
                ledger=self._ledger,
                parallel=self._options.parallel,
                shard_size=self._spec.shard_size,
                stop=stop,
                interrupted=self._options.interrupted,
                report=tell,
            )
        )
        ended = job.run(self._options.limit)
        job.report()
        absent = self._absent(ended)
        self._shards.mend()
        manifest = self._manifest(ended)
        self._index.put("ended", ended.how)
        self._index.commit()
        return Report(
            ended=ended,
            progress=job.progress,
            sums=sums(self._index, options.types),
            guessed=self._ledger.guessed,
            absent=absent,
            unknown=self._admission.unknown,
            manifest=manifest,
        )

    def _absent(self, ended: Ended) -> int:
        """Documents with answers that the input has no more; those without answers are forgotten.

        Known only at the input's end.
        """
        if ended.how != "whole" or self._admission.unknown:
            return 0
        numbers = [row[0] for row in self._index.rows("SELECT number FROM documents")
                   if not self._admission.seen(row[0])]  # fmt: skip
        stored = sum(not self._index.drop(number) for number in numbers)
        self._index.commit()
        return stored

    def _manifest(self, ended: Ended) -> Path | None:
        """Written where each document that was to be read has its outcome."""
        if ended.how not in ("whole", "limit") or self._admission.unknown:
            return None

        def in_input(number: int) -> bool:
            return ended.how == "limit" or self._admission.seen(number)

        write_manifest(self._out, self._index, self._spec.options.types, in_input)
        return self._out / MANIFEST

"""One run of a job: the input's documents past the index to the team, and outcomes into the index.

Only this thread touches input and index. What is finished is committed at once, but ten times a
second at most: where answers come slowly one by one, where they come fast many at a time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from corpus.budget import Ledger
from corpus.index import Index
from corpus.inputs.entry import Entry, Input
from corpus.intake import Intake
from corpus.outcomes import Known, Unit
from corpus.outputs.shards import Shards
from corpus.rate_limited_model import RateLimitedModel
from corpus.work import Work, Worker
from corpus.workers import Finished, Workers
from errors import BudgetReached, KexError

AHEAD = 64  # documents in memory beyond those being read: enough while a commit waits for the disk
SHARD_BYTES = 64_000_000
BEAT = 0.5  # seconds
COMMIT_SECONDS = 0.1  # between two commits, each of which waits for the disk

How = Literal["whole", "limit", "budget", "model", "interrupted"]


@dataclass
class Progress:
    """Where a run is; `share` of the input, counts of documents, tokens of all runs."""

    share: float = 0.0
    skipped: int = 0  # their outcomes were there already
    finished: int = 0
    failed: int = 0  # or partial
    prompt_tokens: int = 0
    completion_tokens: int = 0
    began: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Ended:
    """How a run ended, and why where it was before the input's end."""

    how: How
    error: KexError | None = None


@dataclass(frozen=True)
class JobParts:
    """What a run works with. The parts are open and stay so.

    `report` is called at every beat. `interrupted` ends the run: an exception out of a signal might
    fall between two halves of an outcome.
    """

    input: Input
    index: Index
    shards: Shards
    admission: Intake
    worker: Worker
    gate: RateLimitedModel
    ledger: Ledger
    parallel: int
    shard_size: int
    stop: threading.Event
    interrupted: threading.Event
    report: Callable[[Progress], None]


class Job:
    """One run over the documents of an input."""

    def __init__(self, parts: JobParts) -> None:
        self._parts = parts
        self._index = parts.index
        self._shards = parts.shards
        self._gate = parts.gate
        self._interrupted = parts.interrupted
        self._ahead = parts.parallel + AHEAD
        self._bad: set[int] = set()  # documents under way with a task that failed
        self._reported = 0.0
        self._read = 0.0  # share of the input
        self._committed = 0.0
        self._uncommitted = False
        self.progress = Progress()

    def run(self, limit: int | None = None) -> Ended:
        """Everything to do, or what `limit` documents of the input have to do.

        When it returns, all that was finished is committed and in a shard. When it raises, what is
        not committed is as if it had never been.
        """
        self._shards.sweep()
        team = Workers(self._parts.parallel, self._checked, self._parts.stop)
        rest = iter(self._parts.input)
        try:
            self._feed(team, islice(rest, limit))
            # Also where no more may begin: what has begun is being paid for.
            while team.under_way and not self._interrupted.is_set():
                self._collect(team, BEAT)
        finally:
            team.close()
        self._collect(team, 0)
        self._book()
        self._shards.shut()
        if self._interrupted.is_set():
            return Ended("interrupted")
        if self._gate.given_up is not None:
            error = self._gate.given_up
            return Ended("budget" if isinstance(error, BudgetReached) else "model", error)
        if limit is not None and next(rest, None) is not None:
            return Ended("limit")
        return Ended("whole")

    @property
    def _halted(self) -> bool:
        return self._gate.given_up is not None or self._interrupted.is_set()

    def _feed(self, team: Workers, entries: Iterator[Entry]) -> None:
        """Hand in what there is to do, while anything may begin."""
        for entry in entries:
            self._read = entry.at / self._parts.input.size if self._parts.input.size else 1.0
            self._admit(team, entry)
            while team.under_way >= self._ahead and not self._halted:
                self._collect(team, BEAT)
            self._collect(team, 0)
            if self._halted:
                return

    def _admit(self, team: Workers, entry: Entry) -> None:
        admitted = self._parts.admission.admit(entry)
        if admitted is None:
            self.progress.skipped += 1
        elif isinstance(admitted, Work):
            team.hand(admitted)
        else:
            known, content, error = admitted
            for type_ in self._parts.admission.types:
                self._settle(known, self._parts.worker.failed(type_, content, error))
            self.progress.finished += 1
            self.progress.failed += 1

    def _checked(self, work: Work) -> Iterator[Unit]:
        """A work's outcomes, but for those that say nothing of the document: the service failed."""
        if self._halted:
            return
        for unit in self._parts.worker.units(work):
            if unit.outcome == "done" or not self._halted:
                yield unit

    def _collect(self, team: Workers, timeout: float) -> None:
        if self._uncommitted and timeout:
            timeout = min(timeout, max(0.001, self._committed + COMMIT_SECONDS - time.monotonic()))
        for one in team.take(timeout):
            self._take(one)
            self._uncommitted = True
        now = time.monotonic()
        if self._uncommitted and now - self._committed >= COMMIT_SECONDS:
            self._book()
            self._index.commit()
            self._committed, self._uncommitted = time.monotonic(), False
        if (
            self._index.pending >= self._parts.shard_size
            or self._index.pending_bytes >= SHARD_BYTES
        ):
            self._shards.shut()
        if now - self._reported >= BEAT:
            self._reported = now
            self.report(team.under_way)

    def report(self, under_way: int = 0) -> None:
        """Where it is now; what was read of the input and is under way is not done."""
        over = self.progress.skipped + self.progress.finished
        self.progress.share = self._read * (over / (over + under_way) if over else 0.0)
        self._parts.report(self.progress)

    def _take(self, one: Finished) -> None:
        if one.error is not None:
            raise one.error
        number = one.work.known.number
        if one.unit is not None:
            if one.unit.outcome != "done":
                self._bad.add(number)
            self._settle(one.work.known, one.unit)
        if one.last:
            self.progress.finished += 1
            self.progress.failed += number in self._bad
            self._bad.discard(number)

    def _settle(self, known: Known, unit: Unit) -> None:
        """Note it, unless what is there from before is better and of the same making."""
        stored = known.stored.get(unit.type)
        if (
            stored is not None
            and (stored.content, stored.recipe) == (unit.content, unit.recipe)
            and stored.outcome == "partial"
            and unit.outcome == "failed"
        ):
            return
        self._index.settle(known, unit)

    def _book(self) -> None:
        prompt, completion = self._parts.ledger.spent
        if (prompt, completion) != (self.progress.prompt_tokens, self.progress.completion_tokens):
            self.progress.prompt_tokens, self.progress.completion_tokens = prompt, completion
            self._index.put("prompt_tokens", prompt)
            self._index.put("completion_tokens", completion)

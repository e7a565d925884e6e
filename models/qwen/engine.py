"""Answers requests side by side: one thread runs the network, batch after batch.

Each step takes from every request that is being answered its next token and the guesses that follow
it (`drafts`), and fills up with pieces of prompts that are still to be read. What a request gets
does not depend on the others: the network's sums are the same whatever shares the batch, and a
guess is only taken where the network says the same.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from models.qwen.constraint import Constraint, Grammars
from models.qwen.drafts import Drafter
from models.qwen.network import NO_ADAPTER, Logits, Network, Token
from models.qwen.pace import Luck, StepCost, worthwhile
from models.qwen.sampling import GREEDY, Sampling, draw, penalised
from models.qwen.tokenizer import QwenTokenizer

log = logging.getLogger(__name__)

DRAFTS = 7  # guesses of one request in a step, at most
FORCED = 0.95  # the chance that forced text is written in the tokenizer's usual pieces
# Tokens of prompts in a step: 0.2 s on two cores, so that a client that has left soon frees its
# slot. Larger steps read no faster.
PIECE = 64
FAILURES = 3  # steps that fail one after the other until the engine gives itself up
WORTH_WAITING = 16  # tokens that another request is reading and this one would read too

Reason = Literal["stop", "length"]


class Listener(Protocol):
    """Who hears the answer; called in the engine's thread, must not block."""

    @property
    def stopped(self) -> bool:
        """Whether nobody listens any more."""
        ...

    def read(self, done: float) -> None:
        """The share of the prompt that is read, in [0, 1]."""
        ...

    def take(self, text: bytes, logprob: float | None) -> bool:
        """The next piece of the answer; True ends it."""
        ...

    def finish(self, reason: Reason, statistics: Statistics) -> None: ...

    def fail(self, error: Exception) -> None: ...


@dataclass
class Statistics:
    """What an answer cost: `cached` tokens of the prompt were not read again, `steps` of the
    network wrote `written` tokens, `accepted` of `drafted` guesses were right."""

    prompt: int = 0
    cached: int = 0
    written: int = 0
    steps: int = 0
    drafted: int = 0
    accepted: int = 0


@dataclass(frozen=True)
class Request:
    """`text` is what the answer may copy from, `names` are strings that it often holds: both only
    for guesses. `grammar` in llguidance's Lark syntax."""

    prompt: Sequence[int]
    max_tokens: int
    text: str = ""
    names: Sequence[str] = ()
    grammar: str | None = None
    sampling: Sampling = GREEDY
    adapter: int = NO_ADAPTER
    logprobs: bool = False
    drafts: bool = True


class Closed(RuntimeError):
    """The engine was closed."""


class TooLong(ValueError):
    """Prompt and answer do not fit in the context: `tokens` of at most `limit`."""

    def __init__(self, tokens: int, limit: int) -> None:
        super().__init__(f"The prompt has {tokens} tokens; the context has {limit}.")
        self.tokens, self.limit = tokens, limit


@dataclass
class _Slot:
    """A sequence of the network's cache: what it holds, and whom it serves."""

    number: int
    tokens: list[int] = field(default_factory=list)
    adapter: int = NO_ADAPTER
    job: _Job | None = None


class _Job:
    """A request that is being answered."""

    def __init__(
        self,
        request: Request,
        listener: Listener,
        constraint: Constraint | None,
        drafter: Drafter | None,
    ) -> None:
        self.request, self.listener = request, listener
        self.constraint, self.drafter = constraint, drafter
        self.statistics = Statistics(prompt=len(request.prompt))
        self.next: int | None = None  # the token that is to be written next; None: still reading
        self.written: list[int] = []
        self.luck = Luck()
        self.number = 0  # in the order in which requests were begun
        self.generator = np.random.default_rng(request.sampling.seed)


@dataclass(frozen=True)
class _Part:
    """What one request has in a batch; the logits after its last `wanted` tokens are needed.

    Of a request that is being written: its next token, then guesses, `forced` of them first.
    """

    slot: _Slot
    job: _Job
    tokens: list[int]
    wanted: int
    forced: int = 0

    def placed(self) -> list[Token]:
        slot, first = self.slot, len(self.tokens) - self.wanted
        return [
            Token(token, len(slot.tokens) + at, slot.number, slot.adapter, at >= first)
            for at, token in enumerate(self.tokens)
        ]


class Engine:
    """Runs a network for any number of threads."""

    def __init__(
        self,
        network: Network,
        tokenizer: QwenTokenizer,
        cost: StepCost | None = None,
        on_broken: Callable[[], None] = lambda: None,
    ) -> None:
        """`cost` says what steps cost; by default it is measured.

        `on_broken` is called in the engine's thread when it ends without `close`.
        """
        self.tokenizer = tokenizer
        self._network = network
        self._grammars = Grammars(tokenizer, network.vocabulary)
        self._cost = cost or StepCost()
        self._slots = [_Slot(number) for number in range(network.sequences)]
        self._waiting: deque[_Job] = deque()
        self._change = threading.Condition()
        self._closed = False
        self._broken = False
        self._on_broken = on_broken
        self._begun = 0  # requests so far
        self._thread = threading.Thread(target=self._run, name="qwen", daemon=True)
        self._thread.start()

    @property
    def broken(self) -> bool:
        """Whether it has ended without `close`."""
        return self._broken

    def submit(self, request: Request, listener: Listener) -> None:
        """Put a request in line; raises TooLong, BadGrammar, Closed when closed or broken."""
        if len(request.prompt) >= self._network.context:
            raise TooLong(len(request.prompt), self._network.context)
        constraint = self._grammars.constraint(request.grammar) if request.grammar else None
        drafter = (
            Drafter(self.tokenizer, request.prompt, request.text, request.names)
            if request.drafts
            else None
        )
        with self._change:
            if self._closed:
                raise Closed()
            self._waiting.append(_Job(request, listener, constraint, drafter))
            self._change.notify_all()

    def ahead(self, listener: Listener) -> int:
        """How many requests have to end before this one begins; 0 where it has begun."""
        with self._change:
            for place, job in enumerate(self._waiting, start=1):
                if job.listener is listener:
                    return place
        return 0

    def close(self) -> None:
        """End everything; what is being answered fails."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        self._thread.join()
        self._network.close()

    def _run(self) -> None:
        try:
            self._serve()
        except BaseException as error:  # so that no request waits for a thread that has ended
            log.error("the engine ends: %s", type(error).__name__, exc_info=error)
        with self._change:
            self._broken = not self._closed
            self._closed = True
            waiting = list(self._waiting)
            self._waiting.clear()
        for slot in self._slots:
            self._end(slot, Closed())
        for job in waiting:
            job.listener.fail(Closed())
        if self._broken:
            self._on_broken()

    def _serve(self) -> None:
        """Step after step, until it is closed; raises what a few steps in a row have met."""
        failures = 0
        while self._admit():
            try:
                self._step()
                failures = 0
            except Exception as error:  # goes to those who wait for the answer
                for slot in self._slots:
                    self._end(slot, error)
                failures += 1
                # Too little memory is the requests' fault; anything else may be the engine's.
                if failures == FAILURES and not isinstance(error, MemoryError):
                    raise

    def _admit(self) -> bool:
        """Wait until there is something to do and give free slots to who waits; False: closed."""
        with self._change:
            while not self._closed:
                self._drop_the_gone()
                free = [slot for slot in self._slots if slot.job is None]
                for job in list(self._waiting):
                    if not free:
                        break
                    if not self._is_being_read(job):
                        self._waiting.remove(job)
                        self._begun += 1
                        job.number = self._begun
                        try:
                            self._begin(job, free)
                        except Exception as error:  # it is in no list any more
                            job.listener.fail(error)
                if len(free) < len(self._slots):
                    return True
                self._change.wait()
        return False

    def _drop_the_gone(self) -> None:
        for slot in self._slots:
            if slot.job is not None and slot.job.listener.stopped:
                slot.job = None
        gone = [job for job in self._waiting if job.listener.stopped]
        for job in gone:
            self._waiting.remove(job)

    def _is_being_read(self, job: _Job) -> bool:
        """Whether another request is just reading what this one begins with."""
        prompt, adapter = job.request.prompt[:-1], job.request.adapter
        for slot in self._slots:
            other = slot.job
            if other is None or other.next is not None or slot.adapter != adapter:
                continue
            # What follows this many tokens is in nobody's cache yet.
            if _common(other.request.prompt, prompt) >= len(slot.tokens) + WORTH_WAITING:
                return True
        return False

    def _begin(self, job: _Job, free: list[_Slot]) -> None:
        """Into the slot that holds most of its beginning; or copy that from another slot."""
        prompt, adapter = job.request.prompt, job.request.adapter
        # The last token is always read anew: the answer begins after it.
        shared = {
            slot.number: _common(slot.tokens, prompt[:-1]) if slot.adapter == adapter else 0
            for slot in self._slots
        }
        slot = max(free, key=lambda one: (shared[one.number], -len(one.tokens)))
        source = max(self._slots, key=lambda one: shared[one.number])
        if shared[source.number] > shared[slot.number]:
            # Rather overwrite a short memory than a long one.
            slot = min(free, key=lambda one: len(one.tokens))
            self._network.copy(source.number, slot.number, shared[source.number])
        count = shared[source.number]
        free.remove(slot)
        slot.tokens, slot.adapter, slot.job = list(prompt[:count]), adapter, job
        job.statistics.cached = count

    def _step(self) -> None:
        busy = [(slot, slot.job) for slot in self._slots if slot.job is not None]
        busy.sort(key=lambda pair: pair[1].number)  # who came first is read first
        parts = self._writing([(slot, job, job.next) for slot, job in busy if job.next is not None])
        written = len(parts)
        room = PIECE
        for slot, job in busy:
            if job.next is None and room > 0:
                begin = len(slot.tokens)
                tokens = list(job.request.prompt[begin : begin + room])
                room -= len(tokens)
                last = begin + len(tokens) == len(job.request.prompt)
                parts.append(_Part(slot, job, tokens, wanted=int(last)))
        batch = [token for part in parts for token in part.placed()]
        began = time.perf_counter()
        logits = self._network.forward(batch)
        if written == len(parts):
            self._cost.add(len(batch), time.perf_counter() - began)
        at = 0
        for part in parts:
            own = logits[at : at + part.wanted]
            at += part.wanted
            try:
                if part.job.next is None:
                    self._after_reading(part, own)
                else:
                    self._after_writing(part, own)
            except Exception as error:  # of one listener or constraint: the others go on
                self._end(part.slot, error)

    def _writing(self, busy: Sequence[tuple[_Slot, _Job, int]]) -> list[_Part]:
        """The next token of each request, and the guesses at what follows that are worth it."""
        guessed = [self._guesses(slot, job) for slot, job, _ in busy]
        chances = [
            [FORCED if at < forced else job.luck.chance for at in range(len(guesses))]
            for (guesses, forced), (_, job, _) in zip(guessed, busy, strict=True)
        ]
        counts = worthwhile(self._cost, len(busy), chances)
        parts = []
        for (slot, job, token), (guesses, forced), count in zip(busy, guessed, counts, strict=True):
            job.statistics.drafted += count
            tokens = [token, *guesses[:count]]
            parts.append(_Part(slot, job, tokens, len(tokens), min(count, forced)))
        return parts

    def _guesses(self, slot: _Slot, job: _Job) -> tuple[list[int], int]:
        """Guesses at what follows the next token, and how many of them the grammar forces."""
        left = self._network.context - len(slot.tokens) - 1
        limit = min(DRAFTS, left, job.request.max_tokens - len(job.written) - 1)
        if job.drafter is None or limit <= 0:
            return [], 0
        forced = job.constraint.forced() if job.constraint else []
        guesses = job.drafter.propose(forced, limit)
        if job.constraint and guesses:
            guesses = guesses[: job.constraint.valid(guesses)]
        return guesses, min(len(forced), len(guesses))

    def _after_reading(self, part: _Part, logits: Logits) -> None:
        part.slot.tokens += part.tokens
        part.job.listener.read(len(part.slot.tokens) / len(part.job.request.prompt))
        if part.wanted:
            self._choose(part.slot, part.job, logits[0])

    def _after_writing(self, part: _Part, logits: Logits) -> None:
        """Take the tokens whose guesses were right, and choose the one after them."""
        slot, job = part.slot, part.job
        job.statistics.steps += 1
        for at, token in enumerate(part.tokens):
            right = job.next == token
            if at > part.forced:
                job.luck.add(right)
            if not right:
                return  # a wrong guess: what the network said after it is of no use
            job.statistics.accepted += at > 0
            slot.tokens.append(token)
            self._choose(slot, job, logits[at])
            if slot.job is None:
                return

    def _choose(self, slot: _Slot, job: _Job, logits: Logits) -> None:
        """The token after the last one goes to the listener; or the answer ends."""
        token = self._pick(job, logits)
        job.next = token
        if token == self.tokenizer.end:
            self._finish(slot, job, "stop")
            return
        logprob = self._network.logprob(logits, token) if job.request.logprobs else None
        job.written.append(token)
        job.statistics.written += 1
        if job.drafter:
            job.drafter.take(token)
        if job.constraint:
            job.constraint.take(token)
        ended = job.listener.take(self.tokenizer.bytes_of(token), logprob)
        if ended or (job.constraint and job.constraint.ended):
            self._finish(slot, job, "stop")
        elif len(job.written) >= job.request.max_tokens or self._is_full(slot):
            self._finish(slot, job, "length")

    def _is_full(self, slot: _Slot) -> bool:
        return len(slot.tokens) + 1 >= self._network.context

    def _pick(self, job: _Job, logits: Logits) -> int:
        sampling = job.request.sampling
        if sampling.repetition_penalty != 1:
            occurred = (*job.request.prompt, *job.written)
            logits = penalised(logits, occurred, sampling.repetition_penalty)
        if not sampling.greedy:
            allowed = job.constraint.allowed() if job.constraint else None
            return draw(logits, allowed, sampling, job.generator)
        best = self._network.best(logits)
        if job.constraint is None or job.constraint.allows(best):
            return best
        return self._network.best(logits, job.constraint.allowed())

    def _finish(self, slot: _Slot, job: _Job, reason: Reason) -> None:
        job.listener.finish(reason, job.statistics)
        slot.job = None

    def _end(self, slot: _Slot, error: Exception) -> None:
        job, slot.job = slot.job, None
        slot.tokens = []  # a step that failed may have written some of it
        if job is not None:
            job.listener.fail(error)


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens both begin with."""
    for at, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return at
    return min(len(first), len(second))

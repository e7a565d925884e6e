"""A corpus read on a cluster: an actor pool of Ray in place of the model of this process.

The job stays as it is: this process reads the input and is the only one that writes index and
shards; what goes to the cluster is one task over one text, and its answer comes back. So the
guarantees of `corpus.job` hold whatever happens to actors and nodes, and nodes need no common disk.
What an actor was reading when it died another one reads; Ray restarts it, elsewhere if its node is
gone.

Needs requirements-ray.txt, here and on every node, with the same Python.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cluster.ray_cluster import joined, needs
from corpus.budget import Ledger
from corpus.rate_limited_model import RateLimitedModel
from corpus.work import ask
from errors import InputError, KexError, ModelFailed, Unavailable
from extraction.extractor import Answer
from extraction.request.task import Task
from models.base import Model
from models.registry import Registry
from settings import Settings
from wording import message

BEAT = 0.2  # seconds between two looks at whether to stop
TRIES = 3  # times that a text is given to an actor: one that kills them all is not read
START_SECONDS = 600.0  # for the first actor: its node may have to fetch the weights


@dataclass(frozen=True)
class Wanted:
    """The model that every actor has, and how often it is there.

    `actors` None: as many as the cluster has room for. `places`: requests at a time for each.
    """

    model: str
    settings: Settings
    places: int
    patience: float
    actors: int | None = None


@dataclass(frozen=True)
class Reading:
    """What an actor made of a text: an answer, or why there is none; and the tokens it took.

    `gone`: the model's service failed, which says nothing of the text.
    """

    answer: Answer | None
    error: str | None
    gone: str | None
    spent: tuple[int, int]


class Reader:
    """The actor: a model of its own, used by `places` threads."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._model = Registry(wanted.settings).get(wanted.model)

    def load(self) -> str | None:
        """Why the model cannot serve, if it cannot."""
        try:
            self._model.load()
        except KexError as error:
            return error.message
        return None

    def read(self, task: Task) -> Reading:
        ledger = Ledger()
        gate = RateLimitedModel(self._model, self._wanted.places, ledger, self._wanted.patience)
        answer, why = None, None
        try:
            answer = ask(task, gate, threading.Event())
        except KexError as error:  # its class would not survive the way back
            why = error.message
        gone = gate.given_up.message if gate.given_up else None
        return Reading(answer, why, gone, ledger.spent)


class RayEngine:
    """The pool; `ask` may be called by `parallel` threads at a time."""

    def __init__(self, actors: list[Any], wanted: Wanted) -> None:
        self.parallel = len(actors) * wanted.places
        self._actors = actors
        self._patience = wanted.patience
        self._free: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(wanted.places):
            for actor in actors:
                self._free.put(actor)

    def ask(self, task: Task, model: Model, stop: threading.Event) -> Answer | None:
        """As `corpus.work.ask`, somewhere on the cluster; `model` is the job's gate."""
        for _ in range(TRIES):
            actor = self._place(stop)
            if stop.is_set():
                return None
            if actor is None:
                why = message("errors.cluster_no_actor", seconds=self._patience)
                if isinstance(model, RateLimitedModel):
                    model.report((0, 0), why)
                raise Unavailable(why)
            reading = self._read(actor, task, stop)
            if isinstance(reading, Reading):
                if isinstance(model, RateLimitedModel):
                    model.report(reading.spent, reading.gone)
                if reading.answer is None:
                    raise ModelFailed(reading.error or message("errors.cluster_stopped"))
                return reading.answer
            if stop.is_set():
                return None
        raise ModelFailed(message("errors.cluster_actor_died", tries=TRIES))

    def _place(self, stop: threading.Event) -> Any:
        """An actor with room for one more; None where there is none for too long."""
        end = time.monotonic() + self._patience
        while not stop.is_set() and time.monotonic() < end:
            with contextlib.suppress(queue.Empty):
                return self._free.get(timeout=BEAT)
        return None

    def _read(self, actor: Any, task: Task, stop: threading.Event) -> Reading | None:
        """What the actor makes of it; None where it died, or the run is to stop."""
        import ray

        try:
            reference = actor.read.remote(task)
            while not ray.wait([reference], timeout=BEAT)[0]:
                if stop.is_set():
                    return None  # the actors end with the run
            reading: Reading = ray.get(reference)
        except ray.exceptions.RayActorError:
            # Another one reads it. This one has its place again once Ray has restarted it.
            threading.Thread(target=self._await, args=(actor,), daemon=True).start()
            return None
        except ray.exceptions.RayError as error:
            self._free.put(actor)
            raise ModelFailed(
                message("errors.cluster_failed", kind=type(error).__name__)
            ) from error
        self._free.put(actor)
        return reading

    def _await(self, actor: Any) -> None:
        import ray

        while True:
            try:
                ray.get(actor.load.remote())
            except ray.exceptions.ActorUnavailableError:
                time.sleep(BEAT)
            except Exception:  # it is gone for good, or the cluster is
                return
            else:
                self._free.put(actor)
                return

    def close(self) -> None:
        """End the actors, whatever they are at."""
        import ray

        for actor in self._actors:
            with contextlib.suppress(Exception):  # one that is gone is gone
                ray.kill(actor)


@contextmanager
def ray_engine(address: str | None, wanted: Wanted) -> Iterator[RayEngine]:
    """The pool on the cluster at `address`, None for a cluster of this machine alone.

    Raises InputError without Ray or cluster, Unavailable where no actor can serve.
    """
    with joined(address):
        engine = RayEngine(_actors(wanted), wanted)
        try:
            yield engine
        finally:
            engine.close()


def _actors(wanted: Wanted) -> list[Any]:
    """As many as are wanted; the first one has its model loaded."""
    import ray

    takes = needs(wanted.model, wanted.settings)
    room: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    fits = min(int(room.get(name, 0) // amount) for name, amount in takes.items())
    count = wanted.actors or fits
    if count < 1 or count > fits:
        each = ", ".join(f"{amount:g} {name}" for name, amount in takes.items())
        raise InputError(
            message("errors.cluster_too_many_actors", fits=fits, needs=each), field="actors"
        )
    kind: Any = ray.remote(Reader).options(
        num_cpus=takes.get("CPU", 0),
        num_gpus=takes.get("GPU", 0),
        max_restarts=-1,
        max_concurrency=wanted.places + 1,
    )
    actors = [kind.remote(wanted) for _ in range(count)]
    try:
        why: str | None = ray.get(actors[0].load.remote(), timeout=START_SECONDS)
    except ray.exceptions.RayError as error:
        raise Unavailable(message("errors.cluster_no_start", reason=str(error))) from error
    if why is not None:
        raise Unavailable(why)
    return actors

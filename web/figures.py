"""What is counted of the requests of one application, in a registry of its own.

Labels are names of routes, models and tasks, never anything that a user wrote.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from typing import TypeVar, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

from errors import KexError
from extraction.extractor import Found
from models.base import Status, Usage
from models.progress import Token
from models.registry import Registry
from web.stream import Answer, Event, Places

SECONDS = (0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600)
METHODS = ("GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS")
STATES: tuple[Status, ...] = get_args(Status)

E = TypeVar("E", bound=Event)


class Metrics:
    """The figures of an application. Thread-safe."""

    def __init__(self, gates: Mapping[str, Places], models: Registry) -> None:
        """`gates` by the model behind them; empty where there is none."""
        registry = CollectorRegistry()
        self._registry = registry
        self._requests = Counter(
            "kex_http_requests",
            "HTTP requests by route and status; a stream counts when it begins",
            ("method", "route", "status"),
            registry=registry,
        )
        self._answers = Counter(
            "kex_answers",
            "Answers by how they ended: done, stopped (the client left, or the time was up), or the"
            " code of the error",
            ("model", "task", "end"),
            registry=registry,
        )
        self._tokens = Counter(
            "kex_tokens",
            "Tokens read (prompt) and written (completion), where the model tells them",
            ("model", "kind"),
            registry=registry,
        )
        self._first = Histogram(
            "kex_first_item_seconds",
            "Time to the first item of an extraction, or the first piece of a chat",
            ("model", "task"),
            buckets=SECONDS,
            registry=registry,
        )
        self._whole = Histogram(
            "kex_answer_seconds",
            "Time to the whole answer",
            ("model", "task"),
            buckets=SECONDS,
            registry=registry,
        )
        registry.register(_Standing(gates, models))
        ProcessCollector(registry=registry)

    def text(self) -> bytes:
        """All figures in Prometheus's text format."""
        return generate_latest(self._registry)

    def count_request(self, method: str, route: str | None, status: int) -> None:
        """A request that is answered; `route` is None for an unknown address."""
        known = method if method in METHODS else "other"  # a client may invent methods
        self._requests.labels(known, route or "unknown", str(status)).inc()

    def count_tokens(self, model: str, usage: Usage) -> None:
        counts = {"prompt": usage.prompt_tokens, "completion": usage.completion_tokens}
        for kind, count in counts.items():
            if count is not None:
                self._tokens.labels(model, kind).inc(count)

    def watched(
        self, events: Generator[E, None, None], model: str, task: str
    ) -> Generator[E, None, None]:
        """The same events; their times, tokens and end are counted."""
        began = time.monotonic()
        first = Token if task == "Chat" else Found
        begun = False
        end = "stopped"  # closed from outside, unless one of these is met
        try:
            with closing(events):
                for event in events:
                    if not begun and isinstance(event, first):
                        begun = True
                        self._first.labels(model, task).observe(time.monotonic() - began)
                    if isinstance(event, Answer):
                        self._whole.labels(model, task).observe(time.monotonic() - began)
                        self.count_tokens(model, event.usage)
                        end = "done"
                    yield event
        except KexError as error:
            end = error.code
            raise
        except Exception:
            end = KexError.code
            raise
        finally:
            self._answers.labels(model, task, end).inc()


class _Standing(Collector):
    """What is read when it is asked for: places and models."""

    def __init__(self, gates: Mapping[str, Places], models: Registry) -> None:
        self._gates = gates
        self._models = models

    def collect(self) -> Iterator[Metric]:
        taken = GaugeMetricFamily(
            "kex_requests_under_way", "Requests that hold a place", labels=("model",)
        )
        limit = GaugeMetricFamily(
            "kex_places", "Places for requests (KEX_MAX_CONCURRENT)", labels=("model",)
        )
        refused = CounterMetricFamily(
            "kex_requests_refused",
            "Requests refused because every place was taken",
            labels=("model",),
        )
        for name, gate in self._gates.items():
            taken.add_metric((name,), gate.taken)
            limit.add_metric((name,), gate.limit)
            refused.add_metric((name,), gate.refused)
        yield from (taken, limit, refused)
        states = GaugeMetricFamily(
            "kex_model_state", "1 for the state that a model is in", labels=("model", "state")
        )
        for row in self._models.describe():
            for state in STATES:
                states.add_metric((row["name"], state), float(row["status"] == state))
        yield states

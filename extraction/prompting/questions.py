"""What a chunk is asked, and who reads the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from extraction.answers.answer_parser import AnswerParser
from extraction.answers.confidence import Curve, Way, curve_for
from extraction.answers.triples_as_facts import TriplesAsFacts
from extraction.prompting.messages import asked_as, build_request, style_for, tuned_for
from extraction.request.task import Task
from knowledge.raw import RawItem
from models.base import Capabilities, GenerateRequest


class Parser(Protocol):
    """What reads an answer while it is written."""

    @property
    def ended(self) -> bool: ...

    @property
    def begun(self) -> bool: ...

    @property
    def misshapen(self) -> bool: ...

    def feed(self, piece: str, logprob: float | None = None) -> list[RawItem]: ...


@dataclass(frozen=True)
class Turn:
    """One request, and who reads its answer."""

    request: GenerateRequest
    reader: Callable[[], Parser]  # a new one for each try
    curve: Curve | None = None  # None: its probabilities say nothing that was measured


def turn_for(
    task: Task, source: str, can: Capabilities, context: str = "", known: str = ""
) -> Turn:
    """The turn for one chunk `source` of the task's text; the rest as for `build_request`."""
    tuned = tuned_for(task, can)
    kind = asked_as(task) if tuned else task.prompt_type
    request = build_request(replace(task, prompt_type=kind), source, can, context, known)
    way: Way = "tuned" if tuned else "asked"
    trained = style_for(can, tuned) == "trained"
    regrouped = kind != task.prompt_type
    reader = partial(TriplesAsFacts, trained) if regrouped else partial(AnswerParser, kind, trained)
    return Turn(request, reader, curve_for(can.curves, kind, task.lang, way))

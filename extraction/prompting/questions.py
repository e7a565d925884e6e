"""What to ask a model about one chunk of the text: one turn or several, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol, cast

from errors import Unavailable
from extraction.answers.answer_parser import AnswerParser
from extraction.answers.confidence import Curve, Way, curve_for
from extraction.answers.triples_as_facts import TriplesAsFacts
from extraction.prompting.entity_typing import (
    MAX_NAMES,
    Candidate,
    TypingParser,
    candidates,
    typing_request,
)
from extraction.prompting.messages import (
    asked_as,
    build_request,
    labels_of,
    style_for,
    tuned_for,
)
from extraction.request.task import Task
from knowledge.classes import classes_by_label, common_label, described
from knowledge.raw import RawEntity, RawItem
from models.base import GenerateRequest, Mention, Model, Recognising
from wording import message


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


@dataclass(frozen=True)
class Turns:
    """All that is to be asked about a chunk, what is known without asking, and what is weaker."""

    turns: list[Turn]
    known: list[RawEntity] = field(default_factory=list)
    warning: str | None = None


def recognizes(task: Task, model: Model) -> bool:
    """Whether the model's recogniser has a say: over text alone, and not where examples do."""
    plain = task.prompt_type == "KE2" and not task.image and not task.examples
    return plain and model.capabilities.recognizes


def turns_for(
    task: Task, source: str, model: Model, context: str = "", known: str = "", alone: bool = False
) -> Turns:
    """The turns for one chunk `source` of the task's text; the rest as for `build_request`.

    `alone`: there is no language model to ask, only the recogniser; raises Unavailable without it.
    """

    def plain(task: Task) -> Turn:
        kind = asked_as(task) if tuned_for(task, model.capabilities) else task.prompt_type
        asked = replace(task, prompt_type=kind)
        request = build_request(asked, source, model.capabilities, context, known)
        way: Way = "tuned" if request.tuned else "asked"
        curve = curve_for(model.capabilities.curves, kind, task.lang, way)
        trained = style_for(model.capabilities, request.tuned != "") == "trained"
        if kind != task.prompt_type:
            return Turn(request, partial(TriplesAsFacts, trained), curve)
        return Turn(request, partial(AnswerParser, kind, trained), curve)

    if not recognizes(task, model) or (not alone and tuned_for(task, model.capabilities)):
        return Turns([plain(task)])
    try:
        mentions = cast(Recognising, model).recognize(source, task.lang, unsure=not alone)
    except Unavailable as error:
        if alone:
            raise
        warning = message("warnings.extraction_names_by_model_only", reason=error.message)
        return Turns([plain(task)], warning=warning)
    labels = described(labels_of(task), task.lang)
    if alone:
        return Turns([], _known(source, mentions, classes_by_label(labels)))
    return _entity_turns(task, source, model, mentions, labels, plain)


def _known(source: str, mentions: list[Mention], classes: Mapping[str, str]) -> list[RawEntity]:
    return [
        RawEntity(classes[m.label], source[m.start : m.end])
        for m in mentions
        if m.sure and m.label in classes
    ]


def _entity_turns(
    task: Task,
    source: str,
    model: Model,
    mentions: list[Mention],
    labels: Mapping[str, str],
    plain: Callable[[Task], Turn],
) -> Turns:
    trusted = frozenset(model.capabilities.trusted.get(task.lang, ()))
    classes = classes_by_label(labels)
    known = _known(source, mentions, {k: v for k, v in classes.items() if k in trusted})
    answered = {name for label, name in classes.items() if label in trusted}
    left = {name: note for name, note in labels.items() if name not in answered}
    own = [name for name in left if common_label(name) is None]
    # What is no name anywhere ("symptom") only the language model can find. English candidates,
    # all that is written with a capital, may also be names of a class of the user's own.
    if own and (task.lang == "zh" or len(own) == len(labels)):
        return Turns([plain(replace(task, labels=left))], known)
    judged = [m for m in mentions if not (m.sure and m.label in trusted and m.label in classes)]
    found = candidates(source, judged) if left else []
    batches = [found[at : at + MAX_NAMES] for at in range(0, len(found), MAX_NAMES)]
    return Turns([_typing_turn(task, source, left, batch, model) for batch in batches], known)


def _typing_turn(
    task: Task, source: str, labels: Mapping[str, str], batch: list[Candidate], model: Model
) -> Turn:
    names = [candidate.text for candidate in batch]
    request = typing_request(names, source, labels, task.lang, model.capabilities, task.max_tokens)
    curve = curve_for(model.capabilities.curves, "KE2", task.lang, "typed")
    return Turn(request, partial(TypingParser, batch, task.lang, curve), curve)

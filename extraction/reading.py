"""Reads one chunk: request → model → raw items, with one retry and, for services, one repair.

Runs in any thread. Knows nothing of the other chunks, nor where a string stands in the text.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace

from errors import DeadlineExceeded, KexError, ModelFailed
from extraction.answers.confidence import Tally, confidence
from extraction.answers.enumerations import taken_apart
from extraction.answers.loop_guard import RepeatGuard
from extraction.prompting.answer_grammar import MAX_ITEMS
from extraction.prompting.questions import Turn, turn_for
from extraction.request.task import Task
from knowledge.raw import RawItem
from knowledge.text.sentences import sentences
from models.base import Finish, Message, Model, Progress, Text, Usage
from models.progress import Stage, Standing, Token
from wording import message

log = logging.getLogger(__name__)

TRIES = 2  # of one chunk, where the model failed for a reason that may pass
MAX_QUOTE = 8_000  # characters of a broken answer that are sent back to be mended

_CIRCLED = message("warnings.extraction_repeats")
_NOT_JSON = message("errors.extraction_not_json")
_REPAIR = (
    "That is not valid JSON of the form that was asked for. Answer again: the same content, only "
    "as one JSON value that fits this JSON schema:\n"
)


@dataclass(frozen=True)
class Part:
    """A chunk's text and what is told with it; `number` counts from 1, of `count`."""

    text: str
    number: int
    count: int
    context: str = ""
    known: str = ""


@dataclass
class Done:
    """How the reading of a part ended; `error` where it failed."""

    usages: list[Usage] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    repairs: int = 0
    circled: bool = False  # it was ended where it began to repeat itself
    error: KexError | None = None


Read = Stage | Token | RawItem | Done


class Defect(ModelFailed):
    """An error of ours or of a library's while a part was read; `cause` is that error."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(message("errors.extraction_internal"))
        self.cause = cause


class _NotTheForm(ModelFailed):
    """The answer is none that can be read; `said` is all of it."""

    def __init__(self, said: str) -> None:
        super().__init__(_NOT_JSON)
        self.said = said


def read_part(task: Task, model: Model, part: Part) -> Generator[Read, None, None]:
    """The events of one part; the last is a Done, also where it failed."""
    done = Done()
    try:
        yield from _ask(task, model, part, done)
        pieces = sentences(part.text) if done.circled else []
        if len(pieces) > 1:
            # A model that circles leaves the rest of a text unread; in one sentence it seldom does.
            done.circled = False
            for piece in pieces:
                smaller = replace(part, text=part.text[piece.start : piece.end])
                yield from _ask(task, model, smaller, done)
        if done.circled:
            done.warnings.append(_CIRCLED)
    except KexError as error:
        done.error = error
    except Exception as error:
        # A defect that one part shows must not cost what the others gave.
        log.warning("A part of the text could not be read.", exc_info=error)
        done.error = Defect(error)
    yield done


def _ask(task: Task, model: Model, part: Part, done: Done) -> Iterator[Read]:
    """Ask; once more where the model failed for a reason that may pass."""
    turn = turn_for(task, part.text, model.capabilities, part.context, part.known)
    for attempt in range(1, TRIES + 1):
        try:
            yield from _ask_with_repair(task, model, turn, part, done)
            return
        except _NotTheForm:
            raise  # the same question would get the same answer
        except (ModelFailed, DeadlineExceeded):
            if attempt == TRIES:
                raise


def _ask_with_repair(
    task: Task, model: Model, turn: Turn, part: Part, done: Done
) -> Iterator[Read]:
    """Ask; a service that answered with something else is asked once to mend it."""
    try:
        yield from _stream_answer(task, model, turn, part, done)
    except _NotTheForm as error:
        if model.capabilities.constraint != "json_schema":
            raise
        done.repairs += 1
        request = turn.request
        schema = json.dumps(request.json_schema, ensure_ascii=False)
        turns = (Message("assistant", error.said[:MAX_QUOTE]), Message("user", _REPAIR + schema))
        again = replace(request, messages=(*request.messages, *turns))
        yield from _stream_answer(task, model, replace(turn, request=again), part, done)


def _stream_answer(task: Task, model: Model, turn: Turn, part: Part, done: Done) -> Iterator[Read]:
    reply = _Reply(task, turn, model.capabilities.constraint == "json_schema")
    standing = Standing(part.number, part.count)
    with closing(model.generate(turn.request)) as stream:
        for chunk in stream:
            if isinstance(chunk, Progress):
                yield standing.after(chunk)
            elif isinstance(chunk, Finish):
                reply.close(chunk, done)
            else:
                yield Token(chunk.text)
                yield from reply.take(chunk)
                if reply.circling:
                    done.circled = True
                    done.usages.append(Usage())  # said only at a whole answer's end
                    break
    if len(reply.guard.known) >= MAX_ITEMS:
        done.warnings.append(message("warnings.extraction_full", items=len(reply.guard.known)))


class _Reply:
    """One answer of the model on its way in."""

    def __init__(self, task: Task, turn: Turn, mendable: bool) -> None:
        self._task = task
        self._mendable = mendable
        self._curve = turn.curve
        self._parser = turn.reader()
        self._tally = Tally()
        self._said: list[str] = []
        self._broken = False
        self.guard = RepeatGuard()
        self.circling = False

    def take(self, text: Text) -> Iterator[RawItem]:
        """The items that the text completes."""
        self._said.append(text.text)
        self._tally.hear(text)
        if self._broken:
            return
        try:
            items = self._parser.feed(text.text, text.logprob)
        except ValueError as error:
            if not self._mendable:
                raise self._not_the_form() from error
            # Heard to its end: to be sent back whole, and to know what it cost.
            self._broken = True
            return
        if not items:
            return
        sure = confidence(self._tally.take(), self._curve)
        for raw in (part for item in items for part in taken_apart(item)):
            if raw.confidence is None:
                raw = replace(raw, confidence=sure)
            self.circling = self.circling or self.guard.circles(raw)
            yield raw

    def close(self, finish: Finish, done: Done) -> None:
        done.usages.append(finish.usage)
        if finish.warning:
            done.warnings.append(finish.warning)
        if self._broken or (self._mendable and self._parser.misshapen):
            raise self._not_the_form()
        if self._parser.ended:
            return
        if finish.reason == "length":
            done.warnings.append(
                message("warnings.extraction_length", max_tokens=self._task.max_tokens)
            )
        elif self._parser.begun:
            done.warnings.append(message("warnings.extraction_cut"))
        else:
            raise self._not_the_form()

    def _not_the_form(self) -> _NotTheForm:
        return _NotTheForm("".join(self._said))

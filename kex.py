"""Kex for Python programs: `kex.extract(text, "KE1")`, and `kex.open()` for many calls.

A face over the extraction that the page and the command line use. Importing it loads no model.
"""

from __future__ import annotations

import asyncio
import atexit
import html
import threading
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing, contextmanager
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, SkipValidation, TypeAdapter, ValidationError, with_config
from typing_extensions import Self, TypedDict, Unpack  # in typing from Python 3.11 and 3.12 on

from errors import InputError, KexError, Unavailable
from export.report.page import write_html
from extraction import extractor
from extraction.extractor import Found
from extraction.request.examples import read_examples
from extraction.request.labels import read_labels
from extraction.request.task import MAX_PASSES, Assertions, Grounding, Task, make_task
from knowledge.items import Card, Entity, Fact, Item, Located, PromptType, Triple
from knowledge.record import read_record
from models.progress import Stage
from models.registry import Registry
from settings import Settings, load_settings
from validation import input_error
from wording import message

__all__ = [
    "Answer",
    "Card",
    "Entity",
    "Fact",
    "Found",
    "InputError",
    "KexError",
    "Located",
    "Reader",
    "Stage",
    "Triple",
    "extract",
    "open",
]

_lock = threading.Lock()
_readers: dict[str, Reader] = {}  # what `extract` has opened, by the model's name


@with_config(ConfigDict(extra="forbid"))
class Options(TypedDict, total=False):
    """What a call can ask for, besides: the fields of `POST /get_response` of the same names.

    `schema`: names of relations (KE1), classes (KE2) or keys (KE3), or name → description.
    `entity`: whom KE3's facts are about. `examples`: few-shot examples.
    """

    lang: Literal["auto", "zh", "en"]
    entity: str | None
    schema: SkipValidation[str | Sequence[str] | Mapping[str, str]]  # read_labels checks it
    examples: SkipValidation[Sequence[Mapping[str, Any]]]  # read_examples does
    grounding: Grounding
    assertions: Assertions
    min_confidence: float
    passes: Annotated[int, Field(ge=1, le=MAX_PASSES)]
    max_tokens: Annotated[int, Field(ge=16)]


@dataclass(frozen=True)
class Answer(extractor.Answer):
    """An answer with its text. Iterating gives its items; `str()` the lines that the page shows."""

    text: str = ""

    @property
    def triples(self) -> tuple[Triple, ...]:
        """KE1's items."""
        return tuple(item for item in self.items if isinstance(item, Triple))

    @property
    def entities(self) -> tuple[Entity, ...]:
        """KE2's items."""
        return tuple(item for item in self.items if isinstance(item, Entity))

    @property
    def facts(self) -> tuple[Fact, ...]:
        """KE3's items; `cards` have them by entity."""
        return tuple(item for item in self.items if isinstance(item, Fact))

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __str__(self) -> str:
        return str(self.to_json()["response"])

    def to_html(self) -> str:
        """The report, a whole page: the text marked, the items as a table and as a graph."""
        return "".join(write_html([read_record({"text": self.text, **self.to_json()})]))

    def _repr_html_(self) -> str:
        """For notebooks: in a frame, so that neither style sheet reaches the other."""
        style = "width: 100%; height: 30em; border: 0; resize: vertical"
        return f'<iframe sandbox style="{style}" srcdoc="{html.escape(self.to_html())}"></iframe>'


Event = Stage | Found | Answer
# What callers give, with the names of our arguments.
_CHECKS: dict[str, TypeAdapter[Any]] = {
    "text": TypeAdapter(str),
    "prompt_type": TypeAdapter(PromptType),
}
_OPTIONS = TypeAdapter(Options)
_ARGUMENTS = {"user_input": "text", "model_type": "model"}  # the fields of the HTTP API


class Reader:
    """A model for many calls, from any thread. Close it, or use it in a `with` statement."""

    def __init__(self, model: str, settings: Settings, registry: Registry | None = None) -> None:
        self._settings = settings
        self._registry = registry or Registry(settings)
        self._closed = False
        with _our_names():
            self._model = self._registry.get(model)

    def extract(
        self, text: str, prompt_type: PromptType = "KE1", **options: Unpack[Options]
    ) -> Answer:
        """The triples (KE1), entities (KE2) or facts (KE3) of a text.

        Raises InputError, whose `field` names the wrong argument, and another KexError where the
        model cannot serve or could read no part of the text.
        """
        return _answer_of(list(self.stream(text, prompt_type, **options)))

    def stream(
        self, text: str, prompt_type: PromptType = "KE1", **options: Unpack[Options]
    ) -> Generator[Event, None, None]:
        """Stages, each item once it is complete (`Found`), and at last the `Answer`.

        Closing it stops the model. Raises as `extract`.
        """
        with _our_names():
            task = self._task(text, prompt_type, options)
        with closing(extractor.extract(task, self._model)) as events:
            for event in events:
                if isinstance(event, extractor.Answer):
                    values = {one.name: getattr(event, one.name) for one in fields(event)}
                    yield Answer(**values, text=text)
                elif isinstance(event, (Stage, Found)):
                    yield event

    async def aextract(
        self, text: str, prompt_type: PromptType = "KE1", **options: Unpack[Options]
    ) -> Answer:
        """`extract` for asyncio; to cancel it stops the model."""
        async with aclosing(self.astream(text, prompt_type, **options)) as events:
            return _answer_of([event async for event in events])

    async def astream(
        self, text: str, prompt_type: PromptType = "KE1", **options: Unpack[Options]
    ) -> AsyncGenerator[Event, None]:
        """`stream` for asyncio; each event is waited for in a thread."""
        events = self.stream(text, prompt_type, **options)
        waiting: asyncio.Future[Event | None] | None = None
        try:
            while True:
                waiting = asyncio.ensure_future(asyncio.to_thread(next, events, None))
                event = await asyncio.shield(waiting)
                if event is None:
                    return
                yield event
        finally:
            # A generator cannot be closed while a thread is inside it.
            if waiting is not None:
                await asyncio.wait([waiting])
            await asyncio.to_thread(events.close)

    def close(self) -> None:
        """Free the model."""
        self._closed = True
        self._registry.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _task(self, text: str, prompt_type: PromptType, options: Options) -> Task:
        if self._closed:
            raise Unavailable(message("errors.reader_closed"))
        for name, value in (("text", text), ("prompt_type", prompt_type)):
            try:
                _CHECKS[name].validate_python(value, strict=True)
            except ValidationError as error:
                raise input_error(error, default=name) from error
        try:
            _OPTIONS.validate_python(options)
        except ValidationError as error:
            raise input_error(error) from error
        lang = options.get("lang", "auto")
        return make_task(
            prompt_type,
            text,
            lang=None if lang == "auto" else lang,
            entity=options.get("entity"),
            labels=read_labels(_plain(options.get("schema"))),
            examples=read_examples(prompt_type, _plain(options.get("examples"))),
            max_tokens=options.get("max_tokens", self._settings.max_tokens),
            passes=options.get("passes", 1),
            grounding=options.get("grounding"),
            min_confidence=options.get("min_confidence", 0.0),
            assertions=options.get("assertions", "affirmed"),
        )


def open(model: str | None = None, **settings: Any) -> Reader:
    """A reader of the model (`Embedded`, `ChatGpt`, `Local-GLM`; none: KEX_DEFAULT_MODEL).

    `settings` are those of docs/settings.md for this reader, without `KEX_` and in small letters;
    the others come from the environment. Raises InputError for a wrong one.
    """
    own = load_settings(**settings)
    return Reader(model or own.default_model, own)


def extract(
    text: str,
    prompt_type: PromptType = "KE1",
    *,
    model: str | None = None,
    **options: Unpack[Options],
) -> Answer:
    """One call: see `Reader.extract`. The model stays loaded until the program ends."""
    name = model or load_settings().default_model
    with _lock:
        if name not in _readers:
            _readers[name] = open(name)
            atexit.register(_readers[name].close)
    return _readers[name].extract(text, prompt_type, **options)


@contextmanager
def _our_names() -> Iterator[None]:
    """InputError names our arguments instead of the fields of the HTTP API."""
    try:
        yield
    except InputError as error:
        if error.field not in _ARGUMENTS:
            raise
        raise InputError(error.message, field=_ARGUMENTS[error.field]) from error


def _answer_of(events: Sequence[Event]) -> Answer:
    answer = events[-1]
    if not isinstance(answer, Answer):
        raise TypeError(f"the extraction ended with {answer!r}")
    return answer


def _plain(value: Any) -> Any:
    """Lists and dicts of any sequence and mapping, which the checks take from JSON."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    return value

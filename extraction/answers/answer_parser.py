"""Reads a model's answer while it is being written and gives out each item once it is complete.

Takes what models really write: the compact arrays and the objects of `form`, in a code fence or
after a sentence of prose. Each character is looked at once. Knows nothing of the text or of places
in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from extraction.answers.json_stream import Closed, Event, JsonScanner, Key, Opened, Scalar
from knowledge.items import MARKS, Assertion, PromptType
from knowledge.raw import RawEntity, RawFact, RawItem, RawTriple

_NAMES = {"KE1": ("head", "relation", "tail"), "KE3": ("key", "value")}
_LIST = {"KE1": "triples", "KE3": "facts"}


@dataclass
class _Frame:
    """An array or an object that is still open; `key` is its own, `name` the last one inside."""

    array: bool
    key: str | None
    row: bool = False
    name: str | None = None
    values: list[str | None] = field(default_factory=list)  # of a row in an array
    fields: dict[str, str | None] = field(default_factory=dict)  # of a row or card as an object
    given: bool = False
    # facts before their entity's name
    early: list[tuple[tuple[str, ...], Assertion]] = field(default_factory=list)


class AnswerParser:
    """Feed it the pieces of an answer; it returns the items that each piece completed.

    `trained`: the arrays of KE1 are head, tail, relation, and those of KE1 and KE3 may end with an
    assertion. `ended` says whether the JSON value is closed; what follows it is ignored.
    """

    def __init__(self, prompt_type: PromptType, trained: bool = False) -> None:
        self._prompt_type = prompt_type
        self._trained = trained
        self._scanner = JsonScanner()
        self._stack: list[_Frame] = []
        self._items: list[RawItem] = []
        self._listed = False  # whether there was a list of items where one belongs
        self._rows = 0  # of any shape
        self._found = 0

    @property
    def begun(self) -> bool:
        """Whether any JSON has been seen."""
        return self._scanner.begun

    @property
    def ended(self) -> bool:
        return self._scanner.ended

    @property
    def misshapen(self) -> bool:
        """Whether the answer is JSON, but not of the form that was asked for."""
        return self.ended and (not self._listed or (self._rows > 0 and self._found == 0))

    def feed(self, piece: str, logprob: float | None = None) -> list[RawItem]:
        """Raises ValueError where the answer is not JSON."""
        self._items = []
        for event in self._scanner.feed(piece):
            self._take(event)
        if self._stack and self._stack[-1].row and not self._trained:
            # Complete as it stands, though its bracket is not there yet.
            self._give(self._stack[-1])
        return self._items

    def _take(self, event: Event) -> None:
        if isinstance(event, Opened):
            self._open(event.array)
        elif isinstance(event, Closed):
            frame = self._stack.pop()
            if frame.row:
                self._rows += 1
                self._give(frame)
        elif isinstance(event, Key):
            self._stack[-1].name = event.name
        elif isinstance(event, Scalar):
            self._value(self._stack[-1], event)

    def _open(self, array: bool) -> None:
        parent = self._stack[-1] if self._stack else None
        frame = _Frame(array, None if parent is None or parent.array else parent.name)
        if self._prompt_type == "KE2":
            self._listed = self._listed or not array
            self._rows += parent is not None and parent.array  # no name, but in the place of one
        elif array and (parent is None or frame.key in (_LIST[self._prompt_type], "entities")):
            self._listed = True
        frame.row = parent is not None and self._holds_rows(parent)
        if parent is not None and parent.row and parent.array:
            parent.values.append(None)  # no string: the row is of another shape
        self._stack.append(frame)

    def _holds_rows(self, frame: _Frame) -> bool:
        if self._prompt_type == "KE2" or not frame.array:
            return False
        if frame.key == _LIST[self._prompt_type]:
            return True
        return self._prompt_type == "KE1" and frame is self._stack[0]

    def _value(self, frame: _Frame, scalar: Scalar) -> None:
        text = None if scalar.null else scalar.text.strip()
        if self._prompt_type == "KE2":
            self._entity(frame, scalar)
        elif frame.row and frame.array:
            frame.values.append(text)
        elif not frame.array and frame.name is not None:
            frame.fields[frame.name] = text
            if frame.name == "entity" and text and scalar.string:
                self._items += [_fact(text, *early) for early in frame.early]
                self._found += len(frame.early)
                frame.early = []

    def _entity(self, frame: _Frame, scalar: Scalar) -> None:
        """A string in a list under its class: {class: [name]} or {"entities": {class: [name]}}."""
        depth = len(self._stack)
        nested = depth == 3 and self._stack[1].key == "entities" and not self._stack[1].array
        if not (frame.array and frame.key and (depth == 2 or nested)):
            return
        self._rows += 1
        if scalar.string and scalar.text.strip():
            self._found += 1
            self._items.append(RawEntity(frame.key, scalar.text.strip()))

    def _give(self, frame: _Frame) -> None:
        """Give out a row once all its strings are there and none is blank."""
        names = _NAMES[self._prompt_type]
        values = frame.values if frame.array else [frame.fields.get(name) for name in names]
        assertion: Assertion = "stated"
        if self._trained and len(values) == len(names) + 1 and values[-1] in MARKS:
            assertion = MARKS[MARKS.index(values[-1])]
            values = values[:-1]
        strings = tuple(value for value in values if value)
        if frame.given or len(values) != len(names) or len(strings) != len(names):
            return
        frame.given = True
        if self._prompt_type == "KE1":
            head, relation, tail = strings
            if frame.array and self._trained:
                relation, tail = tail, relation
            self._items.append(RawTriple(head, relation, tail, assertion=assertion))
            self._found += 1
            return
        card = self._card(frame)
        if card is None:
            return
        entity = card.fields.get("entity")
        if entity:
            self._items.append(_fact(entity, strings, assertion))
            self._found += 1
        else:
            card.early.append((strings, assertion))

    def _card(self, row: _Frame) -> _Frame | None:
        """The object whose list of facts the row stands in; the row may be closed already."""
        depth = len(self._stack) - (1 if self._stack and self._stack[-1] is row else 0)
        return self._stack[depth - 2] if depth >= 2 else None


def _fact(entity: str, pair: tuple[str, ...], assertion: Assertion) -> RawFact:
    key, value = pair
    return RawFact(entity, key, value, assertion=assertion)

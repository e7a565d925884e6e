"""Keeps out of an answer what the text does not hold: strings of the examples, and inventions.

A model under a grammar cannot write them where grounding is strict; one held to a JSON schema can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Literal

from extraction.request.task import Task
from knowledge.grounding.source import Source
from knowledge.items import HELD_BACK, Entity, Fact, Item, Located, PromptType, Triple
from knowledge.text.document import Document
from knowledge.text.language import holds_han
from knowledge.text.normalising import bare
from prompts.loader import load_prompt
from wording import message

MAX_LEFT_OUT = 200  # told one by one; beyond that they are only counted


@dataclass(frozen=True)
class Dropped:
    """How many items were left out, each counted once.

    `leaked`: a string stands in a worked example and not in the text. `not_in_text`: a string is
    not in the text though grounding is strict. `unsure`: less probable than was asked for.
    `unasked`: its relation, class, key or entity is none that was asked for. `negated`,
    `uncertain`: the text denies it, or doubts, supposes or asks it.
    """

    leaked: int = 0
    not_in_text: int = 0
    unsure: int = 0
    unasked: int = 0
    negated: int = 0
    uncertain: int = 0

    def to_json(self) -> dict[str, int]:
        return asdict(self)

    def warnings(self) -> Iterator[str]:
        for name, count in self.to_json().items():
            if count:
                yield message(f"warnings.left_out_{name}", count=count)


@dataclass(frozen=True)
class LeftOut:
    """An item that was left out, and why: the name of the count in `Dropped`.

    `strings` are those of the plain form: KE1 head, relation, tail; KE2 class, name; KE3 entity,
    key, value.
    """

    why: str
    strings: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        return {"why": self.why, "item": list(self.strings)}


class Filter:
    """Judges the located items of one task and counts what it refuses.

    `examples`: whether the model was shown the prompt file's; one that was trained for the task
    is not.
    """

    def __init__(self, task: Task, examples: bool = True) -> None:
        self._task = task
        self._examples = examples
        self._refused: dict[str, set[tuple[str, ...]]] = {
            one.name: set() for one in fields(Dropped)
        }
        self.left_out: list[LeftOut] = []
        self.keys: set[str] = set()  # of facts that were left out: the text may state them
        self._labels = {_key(label) for label in task.labels}

    @property
    def dropped(self) -> Dropped:
        return Dropped(**{why: len(keys) for why, keys in self._refused.items()})

    def takes(self, item: Item) -> bool:
        taken = self._takes(item)
        if not taken and isinstance(item, Fact):
            self.keys.add(item.key)
        return taken

    def _takes(self, item: Item) -> bool:
        strings = _strings(item)
        missing = [
            one.text
            for one in strings
            if one.status == "inferred" and not self._is_asked(item, one)
        ]
        key = tuple(_key(one.text) for one in strings)
        if any(map(self._is_shown, missing)):
            return self._refuse("leaked", key, item)
        if missing and self._task.grounding == "strict":
            return self._refuse("not_in_text", key, item)
        if not self._wanted(item):
            return self._refuse("unasked", (_label(item), *key), item)
        if item.confidence is not None and item.confidence < self._task.min_confidence:
            return self._refuse("unsure", key, item)
        return True

    def gives(self, item: Item) -> bool:
        """Whether it is given as the text has it: denied or doubted items only if asked for."""
        if isinstance(item, Entity) or self._task.assertions == "all":
            return True
        return item.assertion not in HELD_BACK

    def given(self, items: Iterable[Item]) -> tuple[Item, ...]:
        """Those of all that were taken that are given; the others are counted and listed."""
        return tuple(
            item
            for item in items
            if isinstance(item, Entity) or self.gives(item) or self._hold_back(item)
        )

    def _hold_back(self, item: Triple | Fact) -> Literal[False]:
        key = tuple(_key(one.text) for one in _strings(item))
        if isinstance(item, Fact):
            self.keys.add(item.key)
        return self._refuse(item.assertion, (_label(item), *key), item)

    def _refuse(self, why: str, key: tuple[str, ...], item: Item) -> Literal[False]:
        counted = self._refused[why]
        if key not in counted and len(self.left_out) < MAX_LEFT_OUT:
            self.left_out.append(LeftOut(why, _plain(item)))
        counted.add(key)
        return False

    def _wanted(self, item: Item) -> bool:
        """Whether its label and its entity are among those asked for; a service may name others."""
        if self._labels and _key(_label(item)) not in self._labels:
            return False
        if self._task.entity is None or not isinstance(item, Fact):
            return True
        # 鲁迅 for 鲁迅先生 is the one that was asked about.
        own, requested = _key(item.entity.text), _key(self._task.entity)
        return own in requested or requested in own

    def _is_asked(self, item: Item, one: Located) -> bool:
        """Whether it is the entity that the user asked about, which need not be in the text."""
        entity = self._task.entity
        return (
            entity is not None
            and isinstance(item, Fact)
            and one is item.entity
            and _key(one.text) == _key(entity)
        )

    def _is_shown(self, string: str) -> bool:
        """Whether it stands in a worked example: in its answer, or as whole words in its text.

        A paraphrase may well use a word or two of an example's text: grounding=free asks for more.
        """
        if _key(string) in self._answers:
            return True
        long = len(string.split()) > 1 or sum(map(holds_han, string)) >= 4
        return (long or self._task.grounding == "strict") and any(
            source.stands_whole(string) for source in self._texts
        )

    @cached_property
    def _answers(self) -> frozenset[str]:
        prompt_type = self._task.prompt_type
        return frozenset(
            _key(string) for _, answer in self._shown for string in _of_answer(prompt_type, answer)
        )

    @cached_property
    def _texts(self) -> tuple[Source, ...]:
        return tuple(Source(Document(text)) for text, _ in self._shown)

    @cached_property
    def _shown(self) -> list[tuple[str, object]]:
        """Text and answer of each worked example: the user's own, else those of the prompt file."""
        task = self._task
        own = [(example.text, example.answer) for example in task.examples]
        if own or not self._examples:
            return own
        prompt = load_prompt(task.prompt_type, task.lang)
        return [(example.text, example.answer) for example in prompt.examples]


def _label(item: Item) -> str:
    if isinstance(item, Entity):
        return item.label
    return item.key if isinstance(item, Fact) else item.relation


def _plain(item: Item) -> tuple[str, ...]:
    if isinstance(item, Entity):
        return item.label, item.place.text
    if isinstance(item, Fact):
        return item.entity.text, item.key, item.value.text
    return item.head.text, item.relation, item.tail.text


def _strings(item: Item) -> tuple[Located, ...]:
    if isinstance(item, Entity):
        return (item.place,)
    if isinstance(item, Fact):
        return item.entity, item.value
    return item.head, item.tail


def _key(string: str) -> str:
    return bare(string)[0] or string


def _of_answer(prompt_type: PromptType, answer: object) -> Iterator[str]:
    """The strings of an example's answer that come from its text: no classes, relations, keys."""
    if prompt_type == "KE2" and isinstance(answer, dict):
        for names in answer.values():
            yield from names
    elif prompt_type == "KE1" and isinstance(answer, list):
        for head, _, tail in answer:
            yield from (head, tail)
    elif prompt_type == "KE3":
        for card in answer if isinstance(answer, list) else [answer]:
            if isinstance(card, dict):
                yield card["entity"]
                yield from (value for _, value in card["facts"])

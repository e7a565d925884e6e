"""KE2 with a recogniser: it finds the candidates, the language model says what each of them is.

A small model finds names badly and sorts given names well, in half the time (docs/prompts.md).
Knows nothing of how the candidates were found.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jiter

from extraction.answers.confidence import Curve, confidence
from extraction.prompting.answer_grammar import literal
from knowledge.raw import RawEntity, RawItem
from knowledge.text.spans import Lang
from models.base import Capabilities, GenerateRequest, Mention, Message
from prompts.loader import TypingPrompt, load_typing_prompt

LEAST = 0.8  # probability of its class below which a candidate that nobody is sure of is dropped
MAX_NAMES = 40  # per request: a list that a small model keeps in step with
# What recognisers find beside names; nobody asks a language model what kind of name "two" is.
_NO_NAMES = frozenset({"CARDINAL", "ORDINAL", "PERCENT", "QUANTITY", "MONEY"})


@dataclass(frozen=True)
class Candidate:
    """A string of the text that may be a name; `sure` when the recogniser had no doubt."""

    text: str
    sure: bool


def candidates(text: str, mentions: Iterable[Mention]) -> list[Candidate]:
    """The different names among the mentions that a model has to judge, in order of the text."""
    found: dict[str, bool] = {}
    for mention in mentions:
        if mention.label != "TIME" and mention.label not in _NO_NAMES:
            name = text[mention.start : mention.end]
            if name.isprintable():  # a name over a line's end is none
                found[name] = found.get(name, False) or mention.sure
    return [Candidate(name, sure) for name, sure in found.items()]


def typing_request(
    names: Sequence[str],
    source: str,
    labels: Mapping[str, str],
    lang: Lang,
    can: Capabilities,
    max_tokens: int,
) -> GenerateRequest:
    """Asks for the class of each of the names; the grammar fixes all but the classes."""
    prompt = load_typing_prompt(lang)
    messages = [Message("system", prompt.system)]
    for example in prompt.examples:
        turn = _turn(prompt, example.labels, example.text, example.answer)
        answer = {name: label or prompt.none for name, label in example.answer.items()}
        messages += [Message("user", turn), Message("assistant", _compact(answer))]
    if can.nfkc:
        names = [unicodedata.normalize("NFKC", name) for name in names]
    messages.append(Message("user", _turn(prompt, labels, source, names)))
    return GenerateRequest(
        messages=tuple(messages),
        max_tokens=max_tokens,
        grammar=_grammar(names, [*labels, prompt.none]),
        logprobs=True,
    )


def _turn(prompt: TypingPrompt, labels: Mapping[str, str], text: str, names: Iterable[str]) -> str:
    listed = [
        prompt.note.replace("{name}", name).replace("{note}", note) if note else name
        for name, note in {**labels, prompt.none: prompt.none_note}.items()
    ]
    fields = {
        "{labels}": prompt.separator.join(listed),
        "{text}": text,
        "{names}": prompt.names_separator.join(names),
    }
    return "\n".join(
        _filled(line, fields) for line in prompt.user.splitlines()
    )  # one field a line: a text that spells another field stays as it is


def _filled(line: str, fields: Mapping[str, str]) -> str:
    for field, value in fields.items():
        if field in line:
            return line.replace(field, value, 1)
    return line


def _grammar(names: Sequence[str], labels: Sequence[str]) -> str:
    pairs = ' "," '.join(f'"\\"" {literal(name)} "\\":\\"" label "\\""' for name in names)
    choices = " | ".join(literal(label) for label in labels)
    return f'%llguidance {{}}\nstart: "{{" {pairs} "}}"\nlabel: {choices}\n'


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class TypingParser:
    """Reads {"name":"class",…} while it is written; an entity is out when its class is complete.

    The same to use as `parse.AnswerParser`.
    """

    def __init__(
        self, pending: Sequence[Candidate], lang: Lang, curve: Curve | None = None
    ) -> None:
        self._pending = pending
        self._curve = curve
        self._none = load_typing_prompt(lang).none
        self._buffer = ""
        self._given = 0
        self._logprob: float | None = None  # of the class being written
        self._class_begins = self._next_class(1)
        self.ended = False

    @property
    def begun(self) -> bool:
        return bool(self._buffer)

    @property
    def misshapen(self) -> bool:
        return False  # the grammar leaves no room for another shape

    def feed(self, piece: str, logprob: float | None = None) -> list[RawItem]:
        """Raises ValueError where the answer is not JSON."""
        self._buffer += piece
        if logprob is not None and len(self._buffer) > self._class_begins:
            self._logprob = logprob + (self._logprob or 0.0)
        self.ended = self._buffer.endswith('"}')
        pairs = jiter.from_json(self._buffer.encode(), partial_mode=not self.ended)
        new = list(pairs.values())[self._given :]
        return [entity for label in new if (entity := self._judged(label)) is not None]

    def _judged(self, label: str) -> RawEntity | None:
        candidate = self._pending[self._given]
        own, logprob = None, self._logprob
        if logprob is not None:
            own = math.exp(logprob)
        self._given += 1
        self._logprob = None
        if self._given < len(self._pending):
            written = json.dumps(label, ensure_ascii=False)
            end = self._buffer.rindex(written) + len(written)
            self._class_begins = self._next_class(end + 1)
        doubtful = not candidate.sure and own is not None and own < LEAST
        if label == self._none or doubtful:
            return None
        return RawEntity(label, candidate.text, confidence(logprob, self._curve))

    def _next_class(self, pair_begins: int) -> int:
        """Where in the answer the class of the next name begins, behind its opening quote."""
        name = json.dumps(self._pending[self._given].text, ensure_ascii=False)
        return pair_begins + len(name) + 2

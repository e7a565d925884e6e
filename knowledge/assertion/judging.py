"""Who decides whether an item is stated: the mark of the model, or the rule over its sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeVar

from knowledge.assertion.cues import cues_of
from knowledge.assertion.scope import STATED, Reading, read
from knowledge.assertion.traditional import simplified
from knowledge.items import HELD_BACK, Assertion, Cue, Entity, Fact, Item, Located, Triple
from knowledge.text.language import detect
from knowledge.text.spans import Span

# "either": what one of them denies or doubts is not stated. The rule alone misses what no word of
# its lists says, and only the models trained for this mark items (docs/quality.md has figures).
DECIDES: Literal["rule", "model", "either"] = "either"

T = TypeVar("T", Triple, Fact)


def judged(item: Item, text: str) -> Item:
    """The item with its assertion, and with the words of the text that show it."""
    if isinstance(item, Entity):
        return item
    if isinstance(item, Triple):
        return _judged(item, (item.head, item.tail), item.relation, text)
    return _judged(item, (item.entity, item.value), item.key, text)


def decide(mark: Assertion, reading: Reading) -> Reading:
    """Of the model's mark and the rule's reading, by `DECIDES`; the mark has no cue of its own.

    Denied or doubted goes before planned; of two such the rule's, since it can show its words.
    """
    if DECIDES == "rule":
        return reading
    if mark == reading.assertion:
        return reading
    marked = Reading(mark)
    if DECIDES == "model" or reading.assertion == "stated":
        return marked
    return marked if mark in HELD_BACK and reading.assertion not in HELD_BACK else reading


def _judged(item: T, ends: tuple[Located, Located], label: str, text: str) -> T:
    if item.evidence is None:
        return item
    places = [_place(end) for end in ends]
    plain = simplified(text)
    reading = decide(item.assertion, read(plain, item.evidence, places, simplified(label)))
    cue = reading.cue or _shown(plain, item.evidence, reading.assertion)
    return replace(
        item,
        assertion=reading.assertion,
        cue=None if cue is None else Cue(text[cue.start : cue.end], cue.start, cue.end),
    )


def _place(end: Located) -> Span | None:
    return None if end.start is None or end.end is None else Span(end.start, end.end)


def _shown(text: str, sentence: Span, assertion: Assertion) -> Span | None:
    """For a mark of the model: the first word of the sentence that says the same."""
    if assertion == STATED.assertion:
        return None
    said = text[sentence.start : sentence.end]
    found = (word.span for word in cues_of(detect(said), said) if word.says == assertion)
    first = next(found, None)
    return first and Span(sentence.start + first.start, sentence.start + first.end)

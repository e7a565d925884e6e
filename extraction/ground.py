"""Finds the strings of an answer in the source text: offsets, status, evidence.

By character, Chinese and English alike. Knows nothing of models or prompts.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from itertools import product

from extraction.knowledge import Entity, Fact, Item, Located, Span, Triple
from extraction.parse import RawEntity, RawFact, RawItem
from extraction.split import sentences

# Marks that NFKC leaves apart though people type one for the other.
_SAME = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "—": "-", "–": "-", "－": "-"})
_LATIN = re.compile(r"[^\W_]")
_HAN_LIKE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_MANY = 200  # occurrences looked at per string: enough to place it, bounded on "aaaa…"


def fold(text: str, start: int = 0) -> tuple[str, list[int]]:
    """`text[start:]` with width, case and quotes folded and white space dropped.

    The list gives, for each folded character, the offset in `text` that it came from.
    """
    folded: list[str] = []
    origin: list[int] = []
    for offset in range(start, len(text)):
        for char in unicodedata.normalize("NFKC", text[offset]).translate(_SAME).casefold():
            if not char.isspace():
                folded.append(char)
                origin.append(offset)
    return "".join(folded), origin


class Source:
    """A text to find strings in, from `start` on. Sentences and folding are worked out once."""

    def __init__(self, text: str, start: int = 0) -> None:
        self.text = text
        self.start = start
        self.sentences = sentences(text, start)
        self._starts = [span.start for span in self.sentences]
        self._folded: tuple[str, list[int]] | None = None

    def locate(self, string: str, within: Span | None = None) -> tuple[str, list[Span]]:
        """The status of `string` and its places, only those inside `within` where there are any.

        Whole words are preferred: "US" is found in "USA" only when it stands nowhere alone.
        """
        status, spans = "verbatim", self._exact(string)
        if not spans:
            status, spans = "normalised", self._normalised(string)
        if not spans:
            return "inferred", []
        near = [s for s in spans if within and within.start <= s.start and s.end <= within.end]
        return status, near or spans

    def sentence_at(self, offset: int) -> int:
        """The index of the sentence that holds the character at `offset`."""
        return max(0, bisect_right(self._starts, offset) - 1)

    def _exact(self, string: str) -> list[Span]:
        spans: list[Span] = []
        at = self.text.find(string, self.start) if string else -1
        while at >= 0 and len(spans) < _MANY:
            spans.append(Span(at, at + len(string)))
            at = self.text.find(string, at + len(string))
        return self._whole_words(spans)

    def _normalised(self, string: str) -> list[Span]:
        needle, _ = fold(string)
        if not needle:
            return []
        if self._folded is None:
            self._folded = fold(self.text, self.start)
        haystack, origin = self._folded
        spans: list[Span] = []
        at = haystack.find(needle)
        while at >= 0 and len(spans) < _MANY:
            spans.append(Span(origin[at], origin[at + len(needle) - 1] + 1))
            at = haystack.find(needle, at + len(needle))
        return self._whole_words(spans)

    def _whole_words(self, spans: list[Span]) -> list[Span]:
        return [s for s in spans if not self._cuts_word(s)] or spans

    def _cuts_word(self, span: Span) -> bool:
        return self._joined(span.start) or self._joined(span.end)

    def _joined(self, border: int) -> bool:
        """Whether letters of one word stand on both sides of `border`."""
        pair = self.text[max(0, border - 1) : border + 1]
        return (
            border > 0
            and len(pair) == 2
            and all(_LATIN.match(char) and not _HAN_LIKE.match(char) for char in pair)
        )


def ground(raw: RawItem, source: Source, chunk: Span) -> Item:
    """The item with every string located, near the chunk that the model read it from."""
    if isinstance(raw, RawEntity):
        status, spans = source.locate(raw.text)
        return Entity(raw.label, _located(raw.text, status, spans), tuple(spans), raw.confidence)
    if isinstance(raw, RawFact):
        entity, value, evidence = _pair(raw.entity, raw.value, source, chunk)
        return Fact(entity, raw.key, value, evidence, raw.confidence)
    head, tail, evidence = _pair(raw.head, raw.tail, source, chunk)
    return Triple(head, raw.relation, tail, evidence, raw.confidence)


def _pair(
    head: str, tail: str, source: Source, chunk: Span
) -> tuple[Located, Located, Span | None]:
    """Two strings that belong together, each where it stands nearest to the other.

    The evidence is the sentence of the tail: where the head is only a pronoun there, that is
    still the sentence that states the fact.
    """
    head_status, heads = source.locate(head, chunk)
    tail_status, tails = source.locate(tail, chunk)
    if heads and tails:
        best = min(product(heads, tails), key=lambda pair: _distance(pair, source))
        heads, tails = [best[0]], [best[1]]
    anchor = tails or heads
    evidence = source.sentences[source.sentence_at(anchor[0].start)] if anchor else None
    return _located(head, head_status, heads), _located(tail, tail_status, tails), evidence


def _distance(pair: tuple[Span, Span], source: Source) -> tuple[int, bool, int]:
    head, tail = pair
    apart = abs(source.sentence_at(head.start) - source.sentence_at(tail.start))
    overlap = head.start < tail.end and tail.start < head.end
    return apart, overlap, abs(head.start - tail.start)


def _located(string: str, status: str, spans: Sequence[Span]) -> Located:
    if not spans:
        return Located(string, None, None, "inferred")
    where = spans[0]
    if status == "verbatim":
        return Located(string, where.start, where.end, "verbatim")
    return Located(string, where.start, where.end, "normalised")

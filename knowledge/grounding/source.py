"""Finds the strings of an answer in the source text: offsets, status, evidence.

By character, Chinese and English alike. Knows nothing of models or prompts.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

from knowledge.items import Entity, Fact, Item, Located, Status, Triple
from knowledge.raw import RawEntity, RawFact, RawItem
from knowledge.text.borders import CUT, TORN
from knowledge.text.document import Document
from knowledge.text.normalising import Folded, bare, fold
from knowledge.text.spans import Span

_ACRONYM = re.compile("[A-Z]{2,5}")
_MANY = 200  # places of a string that are paired with another's: enough, and bounded on "aaaa…"

Pair = tuple[Span, Span]


class _Places:
    """The places of one string, in order, with their borders in lists of their own for bisection.

    `first` and `last` narrow them to a part of the text.
    """

    def __init__(self, status: Status, spans: list[Span]) -> None:
        self.status = status
        self.spans = spans
        self.starts = [span.start for span in spans]
        self.ends = [span.end for span in spans]

    def range(self, within: Span) -> tuple[int, int]:
        """From and to which place they stand `within`; all of them where none does."""
        first = bisect_left(self.starts, within.start)
        last = bisect_right(self.ends, within.end)
        return (first, last) if first < last else (0, len(self.spans))

    def around(self, one: Span, first: int, last: int) -> list[Span]:
        """Those next to `one` on both sides, and one that overlaps it."""
        before = bisect_right(self.ends, one.start, first, last)
        after = bisect_left(self.starts, one.end, first, last)
        near = self.spans[before - 1 : before] if before > first else []
        if before < after:
            near.append(self.spans[before])
        return near + self.spans[after : min(after + 1, last)]


class Source:
    """A document to find strings in; what was found once is remembered."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.text = document.text
        self.sentences = document.sentences
        self._starts = [span.start for span in self.sentences]
        self._borders = document.borders
        self._found: dict[str, _Places] = {}
        self._name_of: dict[str, str] = {}
        self._named: dict[str, _Places] = {}  # under the entity's own name or another
        self._near: dict[tuple[str, str, Span], tuple[Pair, dict[int, Pair]]] = {}
        self._chosen: dict[tuple[str, str, str, Span], Pair] = {}

    def locate(self, string: str, within: Span | None = None) -> tuple[Status, list[Span]]:
        """The status of `string` and all its places, only those `within` where there are any.

        Places do not overlap. A string that stands free is not looked for in longer words: "US" is
        found in "USA" only when it stands nowhere alone. A piece of a number is never a place:
        "12" does not stand in "2012".
        """
        places = self._places(string)
        if within is None:
            return places.status, places.spans
        first, last = places.range(within)
        return places.status, places.spans[first:last]

    def stands_whole(self, string: str) -> bool:
        """Whether it stands somewhere as more than a piece of a word ("art" of "party")."""
        spans = self.locate(string)[1]
        return bool(spans) and self._borders.grade(spans[0].start, spans[0].end) < TORN

    def learn(self, name: str, aliases: Mapping[str, Sequence[Span]]) -> None:
        """Other names of an entity and where they stand.

        Its facts are sought near these too, and what is said of another name is said of it.
        """
        self._name_of |= dict.fromkeys(aliases, name)
        ends = -1
        apart: list[Span] = []
        others = (span for spans in aliases.values() for span in spans)
        for span in sorted((*self.locate(name)[1], *others), key=lambda s: (s.start, -s.end)):
            if span.start >= ends:
                apart.append(span)
                ends = span.end
        self._named[name] = _Places("inferred", apart)

    def name_of(self, name: str) -> str:
        """The name under which the entity of `name` was learnt, else `name` itself."""
        return self._name_of.get(name, name)

    def known(self, name: str) -> bool:
        """Whether it stands in the text, itself or under another name that was learnt."""
        return bool(self._named_places(name).spans)

    def place(self, name: str) -> Located:
        """Where an entity stands first; `normalised` where only under another name learnt."""
        status, spans = self.locate(name)
        if spans:
            return _located(name, status, spans)
        return _located(name, "normalised", self._named_places(name).spans)

    def sentence_at(self, offset: int) -> int:
        """The index of the sentence that holds the character at `offset`."""
        return max(0, bisect_right(self._starts, offset) - 1)

    def together(self, head: str, relation: str, tail: str, within: Span) -> Pair:
        """The places of two strings (both are known) that belong together.

        In one sentence before in two, side by side before one inside the other, then where the
        sentence of the tail says the relation, then where they stand nearest.
        """
        key = (head, relation, tail, within)
        if key not in self._chosen:
            if (head, tail, within) not in self._near:
                self._near[head, tail, within] = self._nearest(head, tail, within)
            best, by_sentence = self._near[head, tail, within]
            said = [*map(self.sentence_at, _finds(self.text, relation, within.start, within.end))]
            stating = [by_sentence[sentence] for sentence in said if sentence in by_sentence]
            self._chosen[key] = min(stating, key=_apart, default=best)
        return self._chosen[key]

    def _named_places(self, name: str) -> _Places:
        return self._named.get(name) or self._places(name)

    def _places(self, string: str) -> _Places:
        if string not in self._found:
            self._found[string] = _Places(*self._locate(string))
        return self._found[string]

    def _locate(self, string: str) -> tuple[Status, list[Span]]:
        """As it stands before folded before without marks; a piece of a word comes last."""
        torn: list[Span] = []
        if not string.strip():
            return "inferred", []
        for status, ends in self._ways(string):
            grades = [self._borders.grade(start, end) for start, end in ends]
            best = min(grades, default=CUT)
            spans = [Span(*pair) for pair, grade in zip(ends, grades, strict=True) if grade == best]
            if best < TORN:
                return status, spans
            if best == TORN and status == "verbatim":
                torn = spans
        return ("verbatim", torn) if torn else ("inferred", [])

    def _ways(self, string: str) -> Iterator[tuple[Status, list[tuple[int, int]]]]:
        yield (
            "verbatim",
            [(at, at + len(string)) for at in _finds(self.text, string, self._document.start)],
        )
        # What folding leaves as it is has just been looked for.
        document = self._document
        plain = document.plain, string
        folded = document.folded[0], fold(string)[0]
        if folded != plain:
            yield "normalised", self._alike(string, folded[1], document.folded)
        without = document.bare[0], bare(string)[0]
        if without not in (plain, folded):
            yield "normalised", self._alike(string, without[1], document.bare)

    def _alike(self, string: str, wanted: str, haystack: Folded) -> list[tuple[int, int]]:
        text, origin = haystack
        ends: list[tuple[int, int]] = []
        for at in _finds(text, wanted):
            end = at + len(wanted)
            # One character may fold into several: half of it is no place.
            whole_start = at == 0 or origin[at - 1] != origin[at]
            if whole_start and (end == len(origin) or origin[end] != origin[end - 1]):
                ends.append((origin[at], origin[end - 1] + 1))
        if _ACRONYM.fullmatch(string):  # "WHO" is not the word "who"
            ends = [(start, end) for start, end in ends if not self.text[start:end].islower()]
        return ends

    def _nearest(self, head: str, tail: str, within: Span) -> tuple[Pair, dict[int, Pair]]:
        """The best pair of all, and the best of each sentence (of the tail) that is as good."""
        heads, tails = self._named_places(head), self._places(tail)
        turned = len(tails.spans) < len(heads.spans)
        few, many = (tails, heads) if turned else (heads, tails)
        first, last = few.range(within)
        last = min(last, first + _MANY)
        among = many.range(within)
        best: dict[int, tuple[tuple[int, bool, int], Pair]] = {}
        for one in few.spans[first:last]:
            for other in many.around(one, *among):
                pair = (other, one) if turned else (one, other)
                at_head, at_tail = pair
                sentence = self.sentence_at(at_tail.start)
                apart = abs(self.sentence_at(at_head.start) - sentence)
                overlap = at_head.start < at_tail.end and at_tail.start < at_head.end
                rank = (apart, overlap, _apart(pair))
                if sentence not in best or rank < best[sentence][0]:
                    best[sentence] = rank, pair
        least, chosen = min(best.values(), key=lambda one: (one[0], one[1][1].start))
        return chosen, {at: pair for at, (rank, pair) in best.items() if rank[:2] == least[:2]}


def _finds(text: str, string: str, start: int = 0, end: int | None = None) -> list[int]:
    """Where `string` stands in `text[start:end]`, without overlaps; nowhere when it is empty."""
    found: list[int] = []
    at = text.find(string, start, end) if string else -1
    while at >= 0:
        found.append(at)
        at = text.find(string, at + len(string), end)
    return found


def _apart(pair: Pair) -> int:
    return abs(pair[0].start - pair[1].start)


def ground(raw: RawItem, source: Source, chunk: Span) -> Item:
    """The item with every string located, near the chunk that the model read it from."""
    if isinstance(raw, RawEntity):
        status, spans = source.locate(raw.text)
        return Entity(raw.label, _located(raw.text, status, spans), tuple(spans), raw.confidence)
    if isinstance(raw, RawFact):
        name = source.name_of(raw.entity)
        entity, value, evidence = _pair(name, raw.key, raw.value, source, chunk)
        if entity.status == "inferred":
            entity = source.place(name)
        return Fact(entity, raw.key, value, evidence, raw.confidence, assertion=raw.assertion)
    head, tail, evidence = _pair(raw.head, raw.relation, raw.tail, source, chunk)
    return Triple(head, raw.relation, tail, evidence, raw.confidence, assertion=raw.assertion)


def _pair(
    head: str, relation: str, tail: str, source: Source, chunk: Span
) -> tuple[Located, Located, Span | None]:
    """Two strings that belong together, each where it stands nearest to the other.

    The evidence is the sentence of the tail: where the head is only a pronoun there, that is
    still the sentence that states the fact.
    """
    head_status, heads = source.locate(head, chunk)
    tail_status, tails = source.locate(tail, chunk)
    if tails and source.known(head):
        at_head, at_tail = source.together(head, relation, tail, chunk)
        # A head that stands there under another name keeps the place of its own.
        heads, tails = [at_head] if at_head in heads else heads, [at_tail]
    anchor = tails or heads
    evidence = source.sentences[source.sentence_at(anchor[0].start)] if anchor else None
    return _located(head, head_status, heads), _located(tail, tail_status, tails), evidence


def _located(string: str, status: Status, spans: Sequence[Span]) -> Located:
    if not spans:
        return Located(string, None, None, "inferred")
    return Located(string, spans[0].start, spans[0].end, status)

"""Facts of every entity of a text, read from an answer that lists triples.

A model that was trained for triples, and for the facts of one entity, has no wording for those of
all: they are the triples, entity by entity.
"""

from __future__ import annotations

from extraction.answers.answer_parser import AnswerParser
from knowledge.raw import RawFact, RawItem, RawTriple


class TriplesAsFacts:
    """An AnswerParser of triples that gives out facts; the same otherwise."""

    def __init__(self, trained: bool) -> None:
        self._parser = AnswerParser("KE1", trained)

    @property
    def begun(self) -> bool:
        return self._parser.begun

    @property
    def ended(self) -> bool:
        return self._parser.ended

    @property
    def misshapen(self) -> bool:
        return self._parser.misshapen

    def feed(self, piece: str, logprob: float | None = None) -> list[RawItem]:
        return [
            RawFact(item.head, item.relation, item.tail, item.confidence, item.assertion)
            if isinstance(item, RawTriple)
            else item
            for item in self._parser.feed(piece, logprob)
        ]

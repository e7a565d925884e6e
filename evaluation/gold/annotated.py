"""Texts of which everything that they state is annotated, and what each task has of it as gold.

How such a text is written: training/gold/GUIDELINE.md. Must not know files, nor the rows that are
made of a text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from knowledge.text.spans import Lang

Name = Annotated[str, Field(min_length=1)]
Text = Annotated[str, Field(pattern=r"\S")]
Triples = tuple[tuple[Name, Name, Name], ...]
Listed = dict[Name, tuple[Name, ...]]  # class → names, or key → values

CORE_CLASSES: dict[Lang, tuple[str, ...]] = {
    "zh": ("人物", "地点", "机构", "时间", "作品", "产品"),
    "en": ("person", "place", "organisation", "time", "work", "product"),
}
CARDS = 2  # entities of a text whose facts are asked for
FEWEST_FACTS = 3  # of such an entity


class Marked(BaseModel):
    """A triple that the text denies, doubts or plans; `cue` are the words that decide."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    triple: tuple[Name, Name, Name]
    assertion: Literal["negated", "uncertain", "planned"]
    cue: Name


class AnnotatedText(BaseModel):
    """One line of such a file.

    An entity is (string, core class or None, fine class). `facts` has what is stated of an entity
    that is no head of `triples`. `unstated` are relations that one would expect and that the text
    does not state. `marked` None: not annotated.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Name
    lang: Lang
    domain: str = ""
    genre: str = ""
    text: Text
    entities: tuple[tuple[Name, Name | None, Name], ...]
    triples: Triples
    facts: dict[Name, tuple[tuple[Name, Name], ...]]
    unstated: tuple[Name, ...]
    marked: tuple[Marked, ...] | None = None

    def given(self) -> Triples:
        """What an answer gives: the stated triples, then the planned ones, which are given, too."""
        planned = (one.triple for one in self.marked or () if one.assertion == "planned")
        return (*self.triples, *planned)

    def by_class(self) -> Listed:
        """The entities of the core classes."""
        return _listed((label, name) for name, label, _ in self.entities if label is not None)

    def cards(self) -> list[tuple[str, Listed]]:
        """The entities with the most facts, as far as these are enough to ask for."""
        facts: dict[str, list[tuple[str, str]]] = {}
        for head, relation, tail in self.given():
            facts.setdefault(head, []).append((relation, tail))
        for entity, listed in self.facts.items():
            facts.setdefault(entity, []).extend(listed)
        most = sorted(facts.items(), key=lambda item: -len(item[1]))[:CARDS]
        return [(entity, _listed(known)) for entity, known in most if len(known) >= FEWEST_FACTS]


def _listed(pairs: Iterable[tuple[str, str]]) -> Listed:
    listed: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        listed[name] = (*listed.get(name, ()), value)
    return listed
